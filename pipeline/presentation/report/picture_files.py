"""The pictures of a report as files: a preview of each page, one thumbnail, translated pictures."""

from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from pipeline.errors import ImageTranslationError
from pipeline.images.page_file import OpeningLimits, PageFile, open_file
from pipeline.models import PageText
from pipeline.outcomes.document_reader import Document
from pipeline.presentation.exports.pictures import check_same_picture, dpi_of
from pipeline.presentation.report.previews import (
    decode,
    page_jpeg,
    page_size,
    thumbnail_jpeg,
    thumbnail_size,
)
from pipeline.presentation.report.renderings import renderings_of

Place = tuple[int, str]
"""A page's index and a target language."""

MAX_PIXELS = 250_000_000
"""A report shows no picture with more pixels; it only describes it."""


class PictureSource(Protocol):
    """Where a report gets the bytes of pictures from.

    Threading: both methods may be called from several threads at once.
    """

    def picture(self, document: Document) -> bytes:
        """The picture that was read.

        Raises:
            ImageTranslationError: it is gone, or its store does not answer.
        """
        ...

    def rendering(self, document: Document, uri: str) -> bytes:
        """A translated picture that the document names.

        Raises:
            ImageTranslationError: as `picture`.
        """
        ...


@dataclass(frozen=True, slots=True)
class PictureFiles:
    """File names in the pictures' folder, and the reason why some are missing.

    `pages` has those of the document; for a failed one, the first page of its picture.
    """

    pages: tuple[PageText, ...]
    problem: str = ""
    thumbnail: str = ""
    previews: Mapping[int, str] = field(default_factory=dict)
    renderings: Mapping[Place, str] = field(default_factory=dict)

    @property
    def names(self) -> set[str]:
        """All files."""
        return {self.thumbnail, *self.previews.values(), *self.renderings.values()} - {""}


def make_pictures(
    document: Document, identifier: str, folder: Path, source: PictureSource
) -> PictureFiles:
    """Writes the pictures of a document to `folder`; a missing picture is no error.

    Raises:
        OSError: the disk does not take a file.
    """
    pages = document.pages
    try:
        limits = OpeningLimits(MAX_PIXELS, max(1, len(pages)), pdf_dpi=dpi_of(document))
        with closing(open_file(source.picture(document), limits)) as image:
            pages = pages or (PageText(0, *image.page_size(0), 0, ()),)
            thumbnail, previews = f"{identifier}-thumbnail.jpg", {}
            for page in pages:
                check_same_picture(image, page, document.source)
                previews[page.index] = f"{identifier}-{page.index + 1}.jpg"
                small = folder / thumbnail if page.index == pages[0].index else None
                _write_page(image, page, folder / previews[page.index], small)
    except ImageTranslationError as error:
        return PictureFiles(document.pages, problem=str(error))
    renderings = _write_renderings(document, identifier, folder, source)
    return PictureFiles(pages, "", thumbnail, previews, renderings)


def _write_page(image: PageFile, page: PageText, preview: Path, thumbnail: Path | None) -> None:
    """Writes the files that are not there: an identifier stands for one picture for ever."""
    wanted = [path for path in (preview, thumbnail) if path and not path.exists()]
    if not wanted:
        return
    size = page_size((page.width, page.height))
    small = thumbnail_size((page.width, page.height)) if thumbnail else size
    pixels = decode(image, page.index, max(size, small, key=max))
    _write(preview, page_jpeg(pixels, size))
    if thumbnail:
        _write(thumbnail, thumbnail_jpeg(pixels, small))


def _write(path: Path, content: bytes) -> None:
    """Writes a file that appears only when it is complete, since the next report keeps it."""
    unfinished = path.with_name(f".{path.name}")
    unfinished.write_bytes(content)
    unfinished.replace(path)


def _write_renderings(
    document: Document, identifier: str, folder: Path, source: PictureSource
) -> dict[Place, str]:
    """The translated pictures that can be read; the page draws the text of the others."""
    pages = {page.index: page for page in document.pages}
    written = {}
    for number, rendering in enumerate(renderings_of(document)):
        page = pages.get(rendering.page)
        if page is None:
            continue
        path = folder / f"{identifier}-translated-{number}.jpg"
        try:
            content = source.rendering(document, rendering.uri)
            size = page_size((page.width, page.height))
            with closing(open_file(content, OpeningLimits(MAX_PIXELS))) as image:
                _write(path, page_jpeg(decode(image, 0, size), size))
        except ImageTranslationError:
            continue
        written[rendering.page, rendering.language] = path.name
    return written
