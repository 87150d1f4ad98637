"""The pictures of documents, page by page, for the formats that show them."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from pipeline.delivery.recognition import target_long_side
from pipeline.errors import ObjectGoneError
from pipeline.images.jpeg import encode_jpeg
from pipeline.images.page_file import OpeningLimits, PageFile, open_file
from pipeline.images.pdf import POINTS_AN_INCH
from pipeline.models import ObjectRef, PageText
from pipeline.outcomes.document_reader import Document


@dataclass(frozen=True, slots=True)
class Jpeg:
    """A page's picture; its pixels may be fewer than the page's."""

    content: bytes
    width: int
    height: int


class Pictures(Protocol):
    """Where a format gets the pages of a document's picture from."""

    def page(self, document: Document, page: PageText) -> Jpeg:
        """The page as a person sees it.

        Raises:
            ObjectGoneError: the picture is gone, or another one is in its place.
            PermanentError: it is no picture that can be read.
            TransientError: the store did not answer, or there is no memory.
        """
        ...


class StoredPictures:
    """Downloads each document's picture once, for all its pages; not for use by several threads."""

    def __init__(self, download: Callable[[ObjectRef], bytes], *, max_pixels: int) -> None:
        """`download` raises ObjectGoneError where the picture is gone."""
        self._download = download
        self._max_pixels = max_pixels
        self._last: tuple[ObjectRef, PageFile] | None = None

    def page(self, document: Document, page: PageText) -> Jpeg:
        """See `Pictures.page`."""
        image = self._opened(document)
        return page_jpeg(image, page, document.source)

    def close(self) -> None:
        """Closes the picture that is open."""
        if self._last:
            self._last[1].close()
        self._last = None

    def _opened(self, document: Document) -> PageFile:
        source = document.source
        if self._last is None or self._last[0] != source:
            self.close()
            content = self._download(source)
            pages = max(1, len(document.pages))
            limits = OpeningLimits(self._max_pixels, pages, pdf_dpi=dpi_of(document))
            self._last = source, open_file(content, limits)
        return self._last[1]


def dpi_of(document: Document) -> int:
    """The PDF_DPI at which a PDF was read; its largest page tells it exactly enough."""
    sides = (
        (max(page.width, page.height), max(page.points)) for page in document.pages if page.points
    )
    pixels, points = max(sides, default=(1, 1.0))
    return round(POINTS_AN_INCH * pixels / points)


def page_jpeg(image: PageFile, page: PageText, source: ObjectRef) -> Jpeg:
    """The picture of a document's page.

    Raises:
        ObjectGoneError: `image` has another size there: it is not the picture that was read.
        CorruptImageError, TransientError: as `PageFile.page` has them.
    """
    check_same_picture(image, page, source)
    min_long_side = target_long_side(page.width, page.height)
    pixels = image.page(page.index, min_long_side=min_long_side).pixels
    height, width, _ = pixels.shape
    return Jpeg(encode_jpeg(pixels), width, height)


def check_same_picture(image: PageFile, page: PageText, source: ObjectRef) -> None:
    """Checks that `image` has the document's page, by its size.

    Raises:
        ObjectGoneError: it is another picture.
    """
    size = image.page_size(page.index) if page.index < image.page_count else (0, 0)
    if size != (page.width, page.height):
        raise ObjectGoneError(
            f"{source.uri} is another picture now: page {page.index + 1} has"
            f" {size[0]} x {size[1]} pixels instead of {page.width} x {page.height}"
        )
