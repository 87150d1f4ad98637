"""The object store Protocol: generations, custom metadata, conditional writes."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from pipeline.models import ObjectRef


@dataclass(frozen=True, slots=True)
class StoredObject:
    """An object's generation, size in bytes and custom metadata, without its content."""

    ref: ObjectRef
    size: int
    metadata: Mapping[str, str]


class Store(Protocol):
    """Buckets of objects with generations and custom metadata.

    Threading: every method may be called from several threads at once.
    """

    def stat(self, bucket: str, name: str) -> StoredObject | None:
        """The live generation, or None if there is no object.

        Raises:
            StoreUnavailableError: the store did not answer, or refused the request.
        """
        ...

    def download(self, ref: ObjectRef) -> bytes:
        """The bytes of exactly that generation, checked against the store's checksum.

        Raises:
            ObjectGoneError: the generation was deleted or overwritten.
            StoreUnavailableError: the store did not answer, or refused the request.
        """
        ...

    def write(
        self,
        bucket: str,
        name: str,
        content: bytes,
        *,
        content_type: str,
        metadata: Mapping[str, str],
        if_generation_match: int,
    ) -> ObjectRef:
        """Writes if the live generation is `if_generation_match` (0: no object exists).

        Raises:
            PreconditionFailedError: the object has another live generation.
            StoreUnavailableError: the store did not answer, or refused the request.
        """
        ...
