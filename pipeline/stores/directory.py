"""An object store in the file system, for `image-translation run`: buckets are folders."""

import fcntl
import hashlib
import json
import os
import re
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from stat import S_ISREG

from pipeline.errors import ObjectGoneError, PreconditionFailedError, StoreUnavailableError
from pipeline.models import ObjectRef
from pipeline.stores.base import StoredObject

_SIDECARS = ".outcomes"
_LONGEST_NAME = 255
"""Bytes in one component of a path, on every common file system."""
_SUBSTITUTE = re.compile(r"%[^/]*~[0-9a-f]{16}(\.[^./]*)?", re.DOTALL)


class DirectoryStore:
    """Buckets are folders, named by their absolute path.

    An object's generation is its file's modification time in nanoseconds, so an edited
    file is a new generation. A hidden folder in the bucket holds the custom metadata.

    Threading and processes: a lock file serialises the writes to one bucket.
    """

    def stat(self, bucket: str, name: str) -> StoredObject | None:
        """See `Store.stat`."""
        path = path_of(bucket, name)
        with _store_errors():
            status = _status(path)
            if status is None:
                return None
            ref = ObjectRef(bucket, name, status.st_mtime_ns)
            return StoredObject(ref, status.st_size, _metadata(bucket, ref))

    def download(self, ref: ObjectRef) -> bytes:
        """See `Store.download`."""
        path = path_of(ref.bucket, ref.name)
        with _store_errors():
            if _status(path) is None:
                raise ObjectGoneError(f"{path} does not exist")
            try:
                with path.open("rb") as file:
                    content = file.read()
                    generation = os.fstat(file.fileno()).st_mtime_ns
            except (FileNotFoundError, NotADirectoryError) as error:
                raise ObjectGoneError(f"{path} does not exist") from error
        if generation != ref.generation:
            raise ObjectGoneError(f"{path} was changed")
        return content

    def write(
        self,
        bucket: str,
        name: str,
        content: bytes,
        *,
        content_type: str,  # noqa: ARG002 - part of the Protocol; files have no content type
        metadata: Mapping[str, str],
        if_generation_match: int,
    ) -> ObjectRef:
        """See `Store.write`."""
        path = path_of(bucket, name)
        with _store_errors():
            path.parent.mkdir(parents=True, exist_ok=True)
            with _locked(Path(bucket)):
                found = self.stat(bucket, name)
                live = found.ref.generation if found else 0
                if live != if_generation_match:
                    raise PreconditionFailedError(f"{path} is at generation {live}")
                replace_file(path, content)
                _advance(path, live)
                ref = ObjectRef(bucket, name, path.stat().st_mtime_ns)
                described = {"generation": ref.generation, "metadata": dict(metadata)}
                replace_file(_sidecar(bucket, name), json.dumps(described).encode())
        return ref


def path_of(bucket: str, name: str) -> Path:
    """The path of an object; for any name it is inside the bucket.

    A component that a file system cannot hold (`..`, an over-long name) or that is reserved
    (the hidden folder) is replaced by a substitute with a digest. A component that has the
    form of a substitute is replaced too, so two objects never share a path.

    Raises:
        StoreUnavailableError: a symbolic link leads out of the bucket.
    """
    return _inside(Path(bucket).resolve(), *map(_component, name.split("/")))


def _status(path: Path) -> os.stat_result | None:
    try:
        status = path.stat()
    except (FileNotFoundError, NotADirectoryError):
        return None
    # Folders are no objects, and reading a pipe might never end.
    return status if S_ISREG(status.st_mode) else None


def _inside(root: Path, *parts: str) -> Path:
    path = root.joinpath(*parts)
    try:
        leads_out = not path.resolve().is_relative_to(root)
    except (OSError, RuntimeError) as error:  # RuntimeError: links that lead to each other
        raise StoreUnavailableError(f"{path} cannot be resolved: {error}") from error
    if leads_out:
        raise StoreUnavailableError(f"{path} leads out of {root} through a symbolic link")
    return path


def _component(part: str) -> str:
    is_plain = part not in {"", ".", "..", _SIDECARS} and "\0" not in part
    if is_plain and len(_bytes(part)) <= _LONGEST_NAME and not _SUBSTITUTE.fullmatch(part):
        return part
    digest = hashlib.sha256(_bytes(part)).hexdigest()[:16]
    kept = _bytes(part.replace("\0", ""))[:160].decode("utf-8", "ignore")
    return f"%{kept}~{digest}{PurePosixPath(part.replace(chr(0), '')).suffix[-16:]}"


def _bytes(text: str) -> bytes:
    """The bytes of a file name; surrogate escapes stand for bytes that are not UTF-8."""
    return text.encode("utf-8", "surrogateescape")


def _sidecar(bucket: str, name: str) -> Path:
    return _inside(Path(bucket).resolve(), _SIDECARS, hashlib.sha256(_bytes(name)).hexdigest())


def _metadata(bucket: str, ref: ObjectRef) -> dict[str, str]:
    try:
        described = json.loads(_sidecar(bucket, ref.name).read_bytes())
    except (FileNotFoundError, ValueError):
        return {}
    # The sidecar of an older generation does not describe a file that was edited since.
    return dict(described["metadata"]) if described["generation"] == ref.generation else {}


def replace_file(path: Path, content: bytes) -> None:
    """Writes a file that appears under its name only when it is complete."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile(dir=path.parent, prefix=".", delete=False) as file:
        temporary = Path(file.name)
        try:
            file.write(content)
            file.flush()
            temporary.chmod(0o644)
            temporary.replace(path)
        except OSError:
            temporary.unlink()
            raise


def _advance(path: Path, live: int) -> None:
    """Makes the new generation larger than `live` even within the clock's resolution."""
    if path.stat().st_mtime_ns <= live:
        os.utime(path, ns=(live + 1, live + 1))


@contextmanager
def _locked(folder: Path) -> Iterator[None]:
    lock = _inside(folder.resolve(), _SIDECARS, "lock")
    lock.parent.mkdir(parents=True, exist_ok=True)
    with lock.open("a") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


@contextmanager
def _store_errors() -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise StoreUnavailableError(f"{error.filename}: {error.strerror}") from error
