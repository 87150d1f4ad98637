"""The pictures of documents, page by page, for the formats that show them."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from pipeline.delivery.recognition import target_long_side
from pipeline.errors import ObjectGoneError
from pipeline.images.image_file import ImageFile, open_image
from pipeline.images.jpeg import encode_jpeg
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
        self._last: tuple[ObjectRef, ImageFile] | None = None

    def page(self, document: Document, page: PageText) -> Jpeg:
        """See `Pictures.page`."""
        image = self._opened(document.source, len(document.pages))
        return page_jpeg(image, page, document.source)

    def _opened(self, source: ObjectRef, pages: int) -> ImageFile:
        if self._last is None or self._last[0] != source:
            content = self._download(source)
            image = open_image(content, max_pixels=self._max_pixels, max_pages=max(1, pages))
            self._last = source, image
        return self._last[1]


def page_jpeg(image: ImageFile, page: PageText, source: ObjectRef) -> Jpeg:
    """The picture of a document's page.

    Raises:
        ObjectGoneError: `image` has another size there: it is not the picture that was read.
        CorruptImageError, TransientError: as `ImageFile.page` has them.
    """
    check_same_picture(image, page, source)
    min_long_side = target_long_side(page.width, page.height)
    pixels = image.page(page.index, min_long_side=min_long_side).pixels
    height, width, _ = pixels.shape
    return Jpeg(encode_jpeg(pixels), width, height)


def check_same_picture(image: ImageFile, page: PageText, source: ObjectRef) -> None:
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
