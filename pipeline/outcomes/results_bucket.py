"""The results bucket: one document per object, always of the object's newest generation."""

from collections import Counter
from collections.abc import Mapping
from enum import StrEnum

from pipeline.errors import PreconditionFailedError, StoreUnavailableError
from pipeline.language.tags import UNDETERMINED
from pipeline.models import Disposition, ObjectRef, Outcome, Status
from pipeline.outcomes import document
from pipeline.stores.base import Store, StoredObject

GENERATION, FINGERPRINT, STATUS = "source-generation", "fingerprint", "status"
LANGUAGES, CODE = "languages", "code"
"""The document's custom metadata: a listing has it, so a bucket is read without its documents."""

_ATTEMPTS = 10
_MOST_LANGUAGES = 20


class ResultsBucket:
    """Writes outcome documents by compare-and-set: duplicate and late deliveries do no harm.

    Threading: may be shared.
    """

    def __init__(self, store: Store, bucket: str) -> None:
        self._store = store
        self._bucket = bucket

    def find(self, source: ObjectRef) -> StoredObject | None:
        """The live document of the object, which may describe any of its generations.

        Raises:
            StoreUnavailableError: the bucket did not answer.
        """
        return self._store.stat(self._bucket, document.document_name(source.name))

    def uri(self, source: ObjectRef) -> str:
        """The address of the object's document."""
        return ObjectRef(self._bucket, document.document_name(source.name), 0).uri

    def write(self, outcome: Outcome, existing: StoredObject | None = None) -> Disposition:
        """Writes the document, unless a newer or an equal one exists.

        A failure never replaces a good document of the same generation. `existing` is the
        result of `find`, if it was called. If the live document is another by now, the
        store answers 412; then the document is read again and the write retried.

        Raises:
            StoreUnavailableError: the bucket did not answer, or other writers were faster
                every time.
        """
        name = document.document_name(outcome.upload.ref.name)
        return self._compare_and_set(
            outcome, name, document.render(outcome), document.CONTENT_TYPE, existing
        )

    def write_file(
        self, outcome: Outcome, suffix: str, content: bytes, *, content_type: str
    ) -> ObjectRef:
        """Writes a file beside the document, as `write` writes the document; returns its place.

        `suffix` follows the uploaded object's name. The place has no generation (0), because
        another delivery may have written the file.

        Raises:
            StoreUnavailableError: the bucket did not answer, or other writers were faster
                every time.
        """
        name = document.result_name(outcome.upload.ref.name, suffix)
        self._compare_and_set(outcome, name, content, content_type, None)
        return ObjectRef(self._bucket, name, 0)

    def _compare_and_set(
        self,
        outcome: Outcome,
        name: str,
        content: bytes,
        content_type: str,
        existing: StoredObject | None,
    ) -> Disposition:
        source = outcome.upload.ref
        is_failure = outcome.status is Status.FAILED
        for _ in range(_ATTEMPTS):
            settled = disposition_if_settled(existing, source, outcome.fingerprint)
            if settled:
                return settled
            if is_failure and _is_good(existing, source):
                return Disposition.ALREADY_DONE
            try:
                self._store.write(
                    self._bucket,
                    name,
                    content,
                    content_type=content_type,
                    metadata=document_metadata(outcome),
                    if_generation_match=existing.ref.generation if existing else 0,
                )
            except PreconditionFailedError:
                existing = self._store.stat(self._bucket, name)
                continue
            return Disposition.FAILED if is_failure else Disposition.DONE
        raise StoreUnavailableError(f"{name}: another writer came first {_ATTEMPTS} times in a row")


def document_metadata(outcome: Outcome) -> dict[str, str]:
    """The custom metadata of the document of an outcome.

    `languages` are those that were identified, the one with the most lines first.
    """
    lines = Counter[str]()
    for page in outcome.pages:
        for paragraph in page.paragraphs:
            if paragraph.language != UNDETERMINED:
                lines[paragraph.language] += len(paragraph.lines)
    metadata = {
        GENERATION: str(outcome.upload.ref.generation),
        FINGERPRINT: outcome.fingerprint,
        STATUS: str(outcome.status),
        LANGUAGES: ",".join(language for language, _ in lines.most_common(_MOST_LANGUAGES)),
    }
    return metadata | ({CODE: outcome.error.code} if outcome.error else {})


class Pending(StrEnum):
    """Why an upload has no good document."""

    MISSING = "missing"
    """There is no document of this generation or a newer one."""
    FAILED = "failed"
    """The document says that the upload failed."""


def pending_reason(metadata: Mapping[str, str], source: ObjectRef) -> Pending | None:
    """Why `source` has no good document, given the document's custom metadata; else None."""
    generation = source_generation(metadata)
    if generation < source.generation:
        return Pending.MISSING
    failed = generation == source.generation and metadata.get(STATUS) == Status.FAILED
    return Pending.FAILED if failed else None


def source_generation(metadata: Mapping[str, str]) -> int:
    """The generation that a document describes; 0 for an object without our metadata."""
    raw = metadata.get(GENERATION, "")
    return int(raw) if raw.isascii() and raw.isdigit() and len(raw) < 20 else 0


def disposition_if_settled(
    existing: StoredObject | None, source: ObjectRef, fingerprint: str
) -> Disposition | None:
    """The disposition if `existing` is newer than `source` or equal to its outcome, else None."""
    if existing is None or source_generation(existing.metadata) < source.generation:
        return None
    if source_generation(existing.metadata) > source.generation:
        return Disposition.STALE
    same = existing.metadata.get(FINGERPRINT) == fingerprint
    return Disposition.ALREADY_DONE if same else None


def _is_good(existing: StoredObject | None, source: ObjectRef) -> bool:
    return existing is not None and pending_reason(existing.metadata, source) is None
