"""The pictures of documents: in their store, or in files that a person names."""

from collections.abc import Mapping
from functools import cached_property
from pathlib import Path

from pipeline.errors import (
    ConfigurationError,
    ImageTranslationError,
    ObjectGoneError,
    StoreUnavailableError,
)
from pipeline.models import ObjectRef
from pipeline.outcomes.document_reader import Document
from pipeline.stores.base import Store
from pipeline.stores.directory import DirectoryStore, path_of


class FoundPictures:
    """See `PictureSource`. A store that did not answer once is not asked again."""

    def __init__(
        self,
        documents: Path | None,
        *,
        images: Path | None = None,
        files: Mapping[str, Path] | None = None,
    ) -> None:
        """Looks in `files` by object name, then in the folder `images`, then in the store.

        `documents` is the folder of the documents, where translated pictures may be too.
        """
        self._documents = documents
        self._images = images
        self._files = files or {}
        self._unavailable: ImageTranslationError | None = None

    def picture(self, document: Document) -> bytes:
        """See `PictureSource.picture`."""
        source = document.source
        if any("\ud800" <= each <= "\udfff" for each in source.name):
            raise ObjectGoneError("no file can have the name of the picture")
        path = self._files.get(source.name)
        if path is None and self._images:
            path = path_of(str(self._images), source.name)
        content = _read(path) if path else self._download(source)
        size = document.content["source"].get("size")
        if path and size != len(content):
            raise ObjectGoneError(
                f"{path} is another picture now: it has {len(content)} bytes instead of {size}"
            )
        return content

    def rendering(self, document: Document, uri: str) -> bytes:  # noqa: ARG002 - part of the Protocol
        """See `PictureSource.rendering`."""
        scheme, _, place = uri.partition("://")
        bucket, _, name = place.partition("/")
        if self._documents:
            folder = self._documents.resolve()
            path = Path(f"/{name}") if scheme == "file" else path_of(str(folder), name)
            # A document may name any file of this machine, so only this folder is read.
            if path.resolve().is_relative_to(folder) and path.is_file():
                return _read(path)
        if scheme != "gs":
            raise ObjectGoneError(f"{uri} is not in the folder of the documents")
        found = self._cloud.stat(bucket, name)
        if found is None:
            raise ObjectGoneError(f"{uri} does not exist")
        return self._download(found.ref)

    def _download(self, ref: ObjectRef) -> bytes:
        if ref.bucket.startswith("/"):
            return DirectoryStore().download(ref)
        if self._unavailable:
            raise self._unavailable
        try:
            return self._cloud.download(ref)
        except (ConfigurationError, StoreUnavailableError) as error:
            self._unavailable = error
            raise

    @cached_property
    def _cloud(self) -> Store:
        from pipeline.stores.gcs import GcsStore  # noqa: PLC0415 - loads the cloud clients

        return GcsStore.from_environment()


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise ObjectGoneError(f"{path} is not there: {error.strerror}") from error
