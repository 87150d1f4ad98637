"""The state of uploads, from the listings of both buckets alone."""

import heapq
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from pipeline.models import ObjectRef, Status, Upload
from pipeline.outcomes.document import KEPT_BYTES, document_name
from pipeline.outcomes.results_bucket import CODE, LANGUAGES, STATUS, source_generation


class State(StrEnum):
    """The state of an upload."""

    DONE = "done"
    """Its document exists."""
    FAILED = "failed"
    """Its document exists and says why."""
    WAITING = "waiting"
    """It has no document: it is in work, or waits, or its message is lost."""
    STALE = "stale"
    """The same, and the document of an older generation exists."""
    MISSING = "missing"
    """There is neither an object of that name nor a document of it."""

    @property
    def is_settled(self) -> bool:
        """Whether waiting changes nothing."""
        return self not in {State.WAITING, State.STALE}


@dataclass(frozen=True, slots=True)
class UploadStatus:
    """The state of one upload.

    `since` is the time of the document for `done` and `failed`, else that of the upload.
    `status`, `languages` and `code` are those of its document, `document` is the address.
    """

    source: ObjectRef
    state: State
    since: datetime | None = None
    status: str = ""
    languages: str = ""
    code: str = ""
    document: str = ""


def status_of(source: ObjectRef, upload: Upload | None, document: Upload | None) -> UploadStatus:
    """The state of an upload, given the live object and its document, where there are any.

    The document of a deleted upload still counts.
    """
    metadata = document.metadata if document else {}
    standing = source_generation(metadata)
    if document is None or standing == 0:
        state = State.WAITING if upload else State.MISSING
        return UploadStatus(source, state, upload.uploaded_at if upload else None)
    if upload and standing < upload.ref.generation:
        uri = document.ref.uri
        return UploadStatus(source, State.STALE, upload.uploaded_at, document=uri)
    status = metadata.get(STATUS, "")
    return UploadStatus(
        source,
        State.FAILED if status == Status.FAILED else State.DONE,
        document.uploaded_at,
        status,
        metadata.get(LANGUAGES, ""),
        metadata.get(CODE, ""),
        document.ref.uri,
    )


def statuses(uploads: Iterable[Upload], documents: Iterable[Upload]) -> Iterator[UploadStatus]:
    """The state of every upload; both listings are read as streams, side by side.

    Args:
        uploads: the objects of the uploads bucket, by name.
        documents: the objects of the results bucket, by name; others than documents are
            passed over.
    """
    remaining = iter(documents)
    document = next(remaining, None)
    for name, upload in _in_document_order(uploads):
        while document and document.ref.name.encode() < name:
            document = next(remaining, None)
        is_its = document is not None and document.ref.name.encode() == name
        yield status_of(upload.ref, upload, document if is_its else None)


def document_prefix(prefix: str) -> str:
    """A prefix of the document of every object under `prefix`; long names are shortened."""
    return prefix.encode()[:KEPT_BYTES].decode("utf-8", "ignore")


def _in_document_order(uploads: Iterable[Upload]) -> Iterator[tuple[bytes, Upload]]:
    """Uploads by the name of their document, as UTF-8, instead of by their own.

    The orders differ where one name begins with another: `a` comes before `a-b`, and
    `a-b.json` before `a.json`. So an upload is held until no later one can come before it:
    a later document begins with the first bytes of the upload read now, or comes after them.
    """
    held: list[tuple[bytes, Upload]] = []
    for upload in uploads:
        if upload.ref.name.endswith("/"):
            continue
        least = upload.ref.name.encode()[:KEPT_BYTES]
        while held and held[0][0] < least:
            yield heapq.heappop(held)
        heapq.heappush(held, (document_name(upload.ref.name).encode(), upload))
    while held:
        yield heapq.heappop(held)
