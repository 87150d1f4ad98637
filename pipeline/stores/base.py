"""What an object store promises."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from pipeline.models import ObjectRef


@dataclass(frozen=True, slots=True)
class StoredObject:
    """What is known of an object without its bytes."""

    ref: ObjectRef
    size: int
    metadata: Mapping[str, str]


class Store(Protocol):
    """Buckets of objects with generations and custom metadata.

    Threading: every method may be called from several threads at once.
    """

    def stat(self, bucket: str, name: str) -> StoredObject | None:
        """The live generation, or None.

        Raises:
            StoreUnavailableError: the store did not answer, or refused.
        """
        ...

    def download(self, ref: ObjectRef) -> bytes:
        """Exactly that generation's bytes, checked against the store's checksum.

        Raises:
            ObjectGoneError: deleted or overwritten.
            StoreUnavailableError: the store did not answer, or refused.
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
        """Writes where the live generation is `if_generation_match` (0: no object yet).

        Raises:
            PreconditionFailedError: the live generation is another.
            StoreUnavailableError: the store did not answer, or refused.
        """
        ...
