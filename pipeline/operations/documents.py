"""Outcome documents of a folder or of a `gs://` prefix, as a stream of one at a time."""

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from pipeline.errors import (
    ImageTranslationError,
    InvalidDocumentError,
    ObjectGoneError,
    StoreUnavailableError,
    UsageError,
)
from pipeline.models import Upload
from pipeline.outcomes.document_reader import Document, parse_document

Skipped = Callable[[str, ImageTranslationError], None]
"""Is given the place of a document that could not be used, and why."""

_SUFFIX = ".json"


@dataclass(frozen=True, slots=True)
class Location:
    """A folder or a file, or a bucket and a prefix."""

    path: Path | None
    bucket: str = ""
    prefix: str = ""

    @classmethod
    def parse(cls, text: str) -> "Location":
        """`gs://BUCKET/PREFIX`, or a path.

        Raises:
            UsageError: there is no such path, or no bucket in the address.
        """
        if text.startswith("gs://"):
            bucket, _, prefix = text.removeprefix("gs://").partition("/")
            if not bucket:
                raise UsageError(
                    f"{text!r} names no bucket: type gs://BUCKET or gs://BUCKET/PREFIX"
                )
            return cls(None, bucket, prefix)
        path = Path(text)
        if not path.exists():
            raise UsageError(f"{text} does not exist: name a folder of documents or gs://BUCKET")
        return cls(path)


def read_documents(location: Location, skipped: Skipped) -> Iterator[Document]:
    """Every document of the location, by name; only one is held at a time.

    Files that do not end in `.json` are left out. One that cannot be read is passed to
    `skipped`, and the stream goes on.

    Raises:
        StoreUnavailableError: the bucket does not answer.
    """
    return (document for _, document in _parsed(location, skipped))


def index_documents(location: Location, skipped: Skipped) -> Callable[[str], Document | None]:
    """A function from an object's name to its document; keeps the names, not the documents.

    Raises:
        StoreUnavailableError: the bucket does not answer.
    """
    reads = {document.source.name: read for read, document in _parsed(location, skipped)}

    def find(name: str) -> Document | None:
        return parse_document(reads[name]()) if name in reads else None

    return find


def _parsed(location: Location, skipped: Skipped) -> Iterator[tuple[Callable[[], bytes], Document]]:
    contents = _files(location.path) if location.path else _objects(location)
    for place, read in contents:
        try:
            document = parse_document(read())
        except (InvalidDocumentError, ObjectGoneError) as error:
            skipped(place, error)
            continue
        yield read, document


def _files(path: Path) -> Iterator[tuple[str, Callable[[], bytes]]]:
    if path.is_file():
        yield str(path), lambda: _read_file(path)
        return
    for folder, folders, names in os.walk(path):
        # Hidden folders hold a store's own records, no objects.
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for name in sorted(names):
            file = Path(folder, name)
            if name.endswith(_SUFFIX) and not name.startswith(".") and file.is_file():
                yield str(file), lambda file=file: _read_file(file)  # type: ignore[misc]


def _read_file(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except FileNotFoundError as error:
        raise ObjectGoneError("is gone") from error
    except OSError as error:
        raise StoreUnavailableError(f"{file}: {error.strerror}") from error


def _objects(location: Location) -> Iterator[tuple[str, Callable[[], bytes]]]:
    from pipeline.stores.gcs import GcsStore  # noqa: PLC0415 - loads the cloud clients

    store = GcsStore.from_environment()

    def read(listed: Upload) -> bytes:
        try:
            return store.download(listed.ref)
        except ObjectGoneError:
            # It was overwritten after it was listed: the newer one is as good.
            found = store.stat(listed.ref.bucket, listed.ref.name)
            if found is None:
                raise
            return store.download(found.ref)

    for listed in store.uploads(location.bucket, prefix=location.prefix):
        if listed.ref.name.endswith(_SUFFIX):
            yield listed.ref.uri, lambda listed=listed: read(listed)  # type: ignore[misc]
