"""An object store in the memory of this process, for tests."""

import threading
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import count

from pipeline.errors import ObjectGoneError, PreconditionFailedError
from pipeline.models import ObjectRef
from pipeline.stores.base import StoredObject


@dataclass(frozen=True, slots=True)
class _Object:
    stored: StoredObject
    content: bytes


class InMemoryStore:
    """Keeps the live generation of every object in this process."""

    def __init__(self) -> None:
        self._objects: dict[tuple[str, str], _Object] = {}
        self._generations = count(1)
        self._lock = threading.Lock()

    def stat(self, bucket: str, name: str) -> StoredObject | None:
        """See `Store.stat`."""
        with self._lock:
            found = self._objects.get((bucket, name))
        return found.stored if found else None

    def download(self, ref: ObjectRef) -> bytes:
        """See `Store.download`."""
        with self._lock:
            found = self._objects.get((ref.bucket, ref.name))
        if found is None or found.stored.ref != ref:
            raise ObjectGoneError(f"{ref.uri} has no generation {ref.generation} any more")
        return found.content

    def write(
        self,
        bucket: str,
        name: str,
        content: bytes,
        *,
        content_type: str,  # noqa: ARG002 - part of the Protocol; no test reads it
        metadata: Mapping[str, str],
        if_generation_match: int,
    ) -> ObjectRef:
        """See `Store.write`."""
        with self._lock:
            found = self._objects.get((bucket, name))
            live = found.stored.ref.generation if found else 0
            if live != if_generation_match:
                raise PreconditionFailedError(f"{bucket}/{name} is at generation {live}")
            ref = ObjectRef(bucket, name, next(self._generations))
            stored = StoredObject(ref, len(content), dict(metadata))
            self._objects[bucket, name] = _Object(stored, content)
        return ref

    def delete(self, bucket: str, name: str) -> None:
        """Deletes an object, as the owner of a bucket may."""
        with self._lock:
            self._objects.pop((bucket, name), None)
