"""Writes a report: a folder of files that a browser opens from disk."""

import hashlib
import re
from collections import Counter, deque
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

from pipeline.capacity.cpu import available_cores
from pipeline.errors import UsageError
from pipeline.models import PageText
from pipeline.outcomes.document_reader import Document
from pipeline.presentation.exports.output_files import check_target, complete_file
from pipeline.presentation.report.entries import Entry, ShownPicture, entry_of, search_text
from pipeline.presentation.report.pages import (
    ASSETS,
    POLICY,
    Gallery,
    Neighbours,
    asset,
    gallery_page,
    image_page,
    search_script,
)
from pipeline.presentation.report.picture_files import PictureFiles, PictureSource, make_pictures
from pipeline.presentation.report.totals import Totals
from pipeline.presentation.report.views import ImageView, image_view

INDEX = "index.html"
"""The file of a report that a person opens."""

_PAGES, _PICTURES = "pages", "pictures"
_PREVIEWS_VERSION = 1
"""To be raised when previews are made in another way, so that earlier ones are not kept."""
_OUR_FILES = re.compile(r"[0-9a-f]{16}(-[a-z0-9-]+)?\.(html|jpg)")


@dataclass(frozen=True, slots=True)
class _Prepared:
    """A document whose pictures are written."""

    document: Document
    identifier: str
    pictures: PictureFiles

    @property
    def page(self) -> str:
        return f"{self.identifier}.html"


@dataclass(slots=True)
class _Gathered:
    """The parts of the gallery, gathered while the pages are written."""

    entries: list[Entry] = field(default_factory=list)
    texts: dict[str, str] = field(default_factory=dict)
    totals: Totals = field(default_factory=Totals)
    files: set[str] = field(default_factory=set)


def write_report(
    documents: Iterable[Document],
    out: Path,
    *,
    gallery: Gallery,
    source: PictureSource,
    unreadable: Sequence[tuple[str, str]] = (),
    force: bool = False,
) -> int:
    """Writes the pages of all documents to the folder `out`; returns the number of documents.

    Only a few documents are held at a time. A picture that an earlier report has made is
    kept, and the files of documents that are gone are removed. `unreadable` is read after
    the last document: it may be filled by the stream.

    Raises:
        UsageError: `out` has files and `force` is not set, or the disk does not take a file.
    """
    check_target(out, force=force)
    gathered = _Gathered()
    try:
        for folder in (out / _PAGES, out / _PICTURES):
            folder.mkdir(parents=True, exist_ok=True)
        _write_pages(documents, out, source, gathered)
        for name in ASSETS:
            (out / name).write_bytes(asset(name))
        (out / gallery.search).write_bytes(search_script(gathered.texts))
        _remove_others(out, gathered.files)
    except OSError as error:
        raise UsageError(f"cannot write {error.filename or out}: {error.strerror}") from error
    page = gallery_page(gallery, gathered.entries, gathered.totals, unreadable, policy=POLICY)
    with complete_file(out / INDEX, force=True) as file:
        file.write(page)
    return gathered.totals.documents


def _write_pages(
    documents: Iterable[Document], out: Path, source: PictureSource, gathered: _Gathered
) -> None:
    previous = ""
    for each, following in _with_next(_prepared(documents, out / _PICTURES, source)):
        entry = _entry(each)
        neighbours = Neighbours(f"../{INDEX}", previous, following.page if following else "")
        page = image_page(_view(each, entry), neighbours, assets="../", policy=POLICY)
        (out / _PAGES / each.page).write_bytes(page)
        gathered.entries.append(entry)
        gathered.texts[each.identifier] = search_text(each.document)
        gathered.totals.add(entry.status, entry.lines, each.document.content)
        gathered.files |= {each.page, *each.pictures.names}
        previous = each.page


def _prepared(
    documents: Iterable[Document], folder: Path, source: PictureSource
) -> Iterator[_Prepared]:
    """The documents in their order; pictures are made beside each other, a few ahead."""
    seen = Counter[str]()
    ahead: deque[tuple[Document, str, Future[PictureFiles]]] = deque()
    threads = available_cores()
    with ThreadPoolExecutor(threads) as pool:
        try:
            for document in documents:
                identifier = _identifier(document, seen)
                future = pool.submit(make_pictures, document, identifier, folder, source)
                ahead.append((document, identifier, future))
                if len(ahead) > 2 * threads:
                    yield _await(*ahead.popleft())
            while ahead:
                yield _await(*ahead.popleft())
        finally:
            pool.shutdown(cancel_futures=True)


def _await(document: Document, identifier: str, future: Future[PictureFiles]) -> _Prepared:
    return _Prepared(document, identifier, future.result())


def _identifier(document: Document, seen: Counter[str]) -> str:
    """A name for the files of a document; it changes with the picture and the settings."""
    source = document.source
    named = f"{source.uri}\n{source.generation}\n{document.fingerprint}\n{_PREVIEWS_VERSION}"
    digest = hashlib.sha256(named.encode("utf-8", "surrogatepass")).hexdigest()[:16]
    seen[digest] += 1
    return digest if seen[digest] == 1 else f"{digest}-again-{seen[digest]}"


def _with_next(items: Iterator[_Prepared]) -> Iterator[tuple[_Prepared, _Prepared | None]]:
    current = next(items, None)
    while current:
        following = next(items, None)
        yield current, following
        current = following


def _entry(each: _Prepared) -> Entry:
    thumbnail = each.pictures.thumbnail
    return entry_of(
        each.document,
        identifier=each.identifier,
        href=f"{_PAGES}/{each.page}",
        thumbnail=ShownPicture(
            f"{_PICTURES}/{thumbnail}" if thumbnail else "", each.pictures.problem
        ),
    )


def _view(each: _Prepared, entry: Entry) -> ImageView:
    def picture(page: PageText) -> ShownPicture:
        preview = each.pictures.previews.get(page.index)
        return ShownPicture(f"../{_PICTURES}/{preview}" if preview else "", each.pictures.problem)

    def renderings(page: PageText) -> dict[str, str]:
        return {
            language: f"../{_PICTURES}/{name}"
            for (index, language), name in each.pictures.renderings.items()
            if index == page.index
        }

    return image_view(
        each.document, entry, pages=each.pictures.pages, picture=picture, renderings=renderings
    )


def _remove_others(out: Path, files: set[str]) -> None:
    """Removes the files of an earlier report that this one does not have."""
    for folder in (out / _PAGES, out / _PICTURES):
        for path in folder.iterdir():
            if _OUR_FILES.fullmatch(path.name) and path.name not in files:
                path.unlink()
