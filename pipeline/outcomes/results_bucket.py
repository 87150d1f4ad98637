"""The results bucket: one document an object, always of its newest generation."""

from collections.abc import Mapping
from enum import StrEnum

from pipeline.errors import PreconditionFailedError, StoreUnavailableError
from pipeline.models import Disposition, ObjectRef, Outcome, Status
from pipeline.outcomes import document
from pipeline.stores.base import Store, StoredObject

_GENERATION, _FINGERPRINT, _STATUS = "source-generation", "fingerprint", "status"
_ATTEMPTS = 10


class ResultsBucket:
    """Files outcome documents by compare-and-set, so duplicates and latecomers are harmless."""

    def __init__(self, store: Store, bucket: str) -> None:
        self._store = store
        self._bucket = bucket

    def find(self, source: ObjectRef) -> StoredObject | None:
        """The document that stands for the object now, of whichever generation.

        Raises:
            StoreUnavailableError: the bucket did not answer.
        """
        return self._store.stat(self._bucket, document.document_name(source.name))

    def write(self, outcome: Outcome, seen: StoredObject | None = None) -> Disposition:
        """Writes the document unless a newer or an equal one is there.

        A failure never replaces a good document of the same generation. `seen` is what a
        `look` found, None where nothing was found or nobody looked: while it still stands,
        one request does, and where it does not the write is refused and this looks again.

        Raises:
            StoreUnavailableError: the bucket did not answer, or never held still.
        """
        source = outcome.upload.ref
        name = document.document_name(source.name)
        content = document.render(outcome)
        existing = seen
        for _ in range(_ATTEMPTS):
            found = disposition_if_settled(existing, source, outcome.fingerprint)
            if found or (outcome.status is Status.FAILED and _is_good(existing, source)):
                return found or Disposition.ALREADY_DONE
            try:
                self._store.write(
                    self._bucket,
                    name,
                    content,
                    content_type=document.CONTENT_TYPE,
                    metadata={
                        _GENERATION: str(source.generation),
                        _FINGERPRINT: outcome.fingerprint,
                        _STATUS: str(outcome.status),
                    },
                    if_generation_match=existing.ref.generation if existing else 0,
                )
            except PreconditionFailedError:
                existing = self.find(source)
                continue
            failed = outcome.status is Status.FAILED
            return Disposition.FAILED if failed else Disposition.DONE
        raise StoreUnavailableError(f"{name}: another writer came first {_ATTEMPTS} times in a row")


class Pending(StrEnum):
    """Why an upload is not settled."""

    MISSING = "missing"
    """There is no document of this generation or a newer one."""
    FAILED = "failed"
    """There is one, and it says that the upload failed."""


def pending_reason(metadata: Mapping[str, str], source: ObjectRef) -> Pending | None:
    """What a document of such custom metadata lacks to settle `source`; None for nothing."""
    generation = _generation(metadata)
    if generation < source.generation:
        return Pending.MISSING
    failed = generation == source.generation and metadata.get(_STATUS) == Status.FAILED
    return Pending.FAILED if failed else None


def _generation(metadata: Mapping[str, str]) -> int:
    told = metadata.get(_GENERATION, "")
    # A document that is not ours tells no generation: older than everything.
    return int(told) if told.isascii() and told.isdigit() else 0


def disposition_if_settled(
    existing: StoredObject | None, source: ObjectRef, fingerprint: str
) -> Disposition | None:
    """Why there is nothing to do for `source` where `existing` stands, or None where there is."""
    if existing is None or _generation(existing.metadata) < source.generation:
        return None
    if _generation(existing.metadata) > source.generation:
        return Disposition.STALE
    same = existing.metadata.get(_FINGERPRINT) == fingerprint
    return Disposition.ALREADY_DONE if same else None


def _is_good(existing: StoredObject | None, source: ObjectRef) -> bool:
    return existing is not None and pending_reason(existing.metadata, source) is None
