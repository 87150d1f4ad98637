"""One piece of a results bucket for the review page: listed by prefix, read, described."""

import hashlib
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from functools import partial
from typing import Any
from urllib.parse import urlencode

from pipeline.errors import InvalidDocumentError, ObjectGoneError
from pipeline.models import Upload
from pipeline.outcomes.document_reader import Document
from pipeline.presentation.report.entries import Entry, ShownPicture, entry_of, search_text
from pipeline.presentation.report.shown_names import shown_name
from pipeline.presentation.report.totals import Totals

DOCUMENTS_IN_A_PIECE = 48
_OBJECTS_LISTED = 2000
"""At most, for one piece: a bucket may hold a million objects that are no documents."""
_SUFFIX = ".json"
_READERS = 8


@dataclass(slots=True)
class Piece:
    """The documents of one piece; `last` is the name to go on after, "" at the end."""

    entries: list[Entry] = field(default_factory=list)
    texts: dict[str, str] = field(default_factory=dict)
    totals: Totals = field(default_factory=Totals)
    unreadable: list[tuple[str, str]] = field(default_factory=list)
    last: str = ""


def list_documents(objects: Iterator[Upload], after: str) -> tuple[list[Upload], str]:
    """The next documents of a listing that starts at `after`, and the name to go on after."""
    found: list[Upload] = []
    for count, each in enumerate(objects, start=1):
        if each.ref.name.endswith(_SUFFIX) and each.ref.name != after:
            found.append(each)
        if len(found) == DOCUMENTS_IN_A_PIECE or count == _OBJECTS_LISTED:
            return found, each.ref.name
    return found, ""


def read_piece(
    listed: list[Upload], last: str, read: Callable[[Upload], AbstractContextManager[Document]]
) -> Piece:
    """Reads the listed documents beside each other; one that cannot be read is named.

    Raises:
        TransientError: the bucket did not answer, or may not be read.
    """
    piece = Piece(last=last)
    with ThreadPoolExecutor(_READERS) as pool:
        for each, found in zip(listed, pool.map(partial(_attempt, read), listed), strict=True):
            if isinstance(found, str):
                piece.unreadable.append((shown_name(each.ref.name), found))
                continue
            piece.entries.append(found.entry)
            piece.texts[found.entry.identifier] = found.text
            piece.totals.add(found.entry.status, found.entry.lines, found.counted)
    return piece


@dataclass(frozen=True, slots=True)
class _Read:
    """The parts of a document that a piece keeps."""

    entry: Entry
    text: str
    counted: Mapping[str, Any]


def _attempt(
    read: Callable[[Upload], AbstractContextManager[Document]], listed: Upload
) -> _Read | str:
    try:
        with read(listed) as document:
            counted = {key: document.content.get(key) for key in ("usage", "timings_ms")}
            entry = entry_from_bucket(listed.ref.name, document)
            return _Read(entry, search_text(document), counted)
    except (InvalidDocumentError, ObjectGoneError) as error:
        return str(error)


def entry_from_bucket(name: str, document: Document) -> Entry:
    """The view of the document in the object `name`."""
    return entry_of(
        document,
        identifier=hashlib.sha256(name.encode()).hexdigest()[:16],
        href=link("image", name=name),
        thumbnail=ShownPicture(picture_link(document, page=0, size="thumbnail")),
    )


def picture_link(document: Document, *, page: int, size: str) -> str:
    """The address of a page's picture; `size` is `page` or `thumbnail`."""
    source = document.source
    return link("picture", name=source.name, generation=source.generation, page=page, size=size)


def link(path: str, **parameters: str | int) -> str:
    """An address of the review page, relative to its root."""
    given: Mapping[str, str | int] = {
        key: value for key, value in parameters.items() if value != ""
    }
    return f"{path}?{urlencode(given)}" if given else path
