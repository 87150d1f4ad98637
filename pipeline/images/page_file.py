"""The Protocol of opened uploads, and `open_file`, which opens one by its content."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from pipeline.images import headers
from pipeline.images.image_file import open_image
from pipeline.images.pdf import open_pdf
from pipeline.models import OutcomeWarning, Page

Size = tuple[int, int]


class PageFile(Protocol):
    """An upload whose headers are within the limits; `page` decodes.

    Threading: one thread at a time reads; any thread may close.
    """

    @property
    def format(self) -> str:
        """JPEG, PNG, WEBP, GIF, BMP, TIFF, HEIC, AVIF or PDF."""
        ...

    @property
    def pages_skipped(self) -> int:
        """Number of pages beyond the limit."""
        ...

    @property
    def warnings(self) -> Sequence[OutcomeWarning]:
        """About content of the file that no page shows."""
        ...

    @property
    def page_count(self) -> int:
        """Number of pages to read: at least 1, at most the limit."""
        ...

    def page_size(self, index: int) -> Size:
        """Width and height in pixels of the page as a person sees it."""
        ...

    def decoded_size(self, index: int, *, min_long_side: int | None = None) -> Size:
        """Width and height of the pixels that `page` returns for the same arguments."""
        ...

    def decode_peak_bytes(self, index: int, *, min_long_side: int | None = None) -> int:
        """An upper bound of the peak memory of `page` for the same arguments."""
        ...

    def page(self, index: int, *, min_long_side: int | None = None) -> Page:
        """Decodes one page; callers should hold only one at a time.

        Args:
            index: from 0 to `page_count` - 1.
            min_long_side: the result may be smaller, but its longer side keeps at least this
                many pixels; None: of full size.

        Raises:
            CorruptImageError: the page is damaged.
            TransientError: a decoder process lacked memory or time.
        """
        ...

    def close(self) -> None:
        """Ends the process that decodes, if there is one."""
        ...


@dataclass(frozen=True, slots=True)
class OpeningLimits:
    """How uploads are opened.

    Attributes:
        max_pixels: of each page.
        max_pages: further pages of a TIFF or PDF are counted and skipped.
        pdf_dpi: pixels an inch of a PDF's rendered pages.
        pdf_text_layer: whether pages have the text layer of a PDF too.
    """

    max_pixels: int
    max_pages: int = 1
    pdf_dpi: int = 200
    pdf_text_layer: bool = False


def open_file(content: bytes, limits: OpeningLimits) -> PageFile:
    """Reads the headers of an upload; `close` the result.

    Raises:
        UnsupportedImageError: the format is not supported, or a PDF is encrypted.
        CorruptImageError: the headers are damaged.
        ImageTooLargeError: a page is over the limits.
        TransientError: the decoder process lacked memory or time.
    """
    if headers.image_format(content) == "PDF":
        return open_pdf(
            content,
            max_pixels=limits.max_pixels,
            max_pages=limits.max_pages,
            dpi=limits.pdf_dpi,
            text_layer=limits.pdf_text_layer,
        )
    return open_image(content, max_pixels=limits.max_pixels, max_pages=limits.max_pages)
