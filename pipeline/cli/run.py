"""Translates files of this machine with the subscriber of the service: `image-translation run`."""

import json
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from pipeline import app
from pipeline.config import Settings
from pipeline.errors import ObjectGoneError, StoreUnavailableError
from pipeline.images.file_names import as_unicode
from pipeline.models import ObjectRef, Upload
from pipeline.outcomes.document import document_name
from pipeline.stores.directory import DirectoryStore
from pipeline.telemetry import Timings


def translate_files(
    settings: Settings, image_files: Sequence[tuple[Path, str]], out: Path
) -> Iterator[dict[str, Any]]:
    """Writes the document of each file to `out` and yields it.

    A document that was written with the same settings is not made again.

    Raises:
        ConfigurationError: the engine or the translator cannot do its work.
        TransientError: the translator or the disk failed; written documents stay.
    """
    out = out.resolve()
    store = _FilesAndFolder({name: file for file, name in image_files}, out)
    application = app.compose(settings.model_copy(update={"results_bucket": str(out)}), store)

    def translate(file: Path, name: str) -> dict[str, Any]:
        application.subscriber.handle_upload(_as_upload(file, name), Timings())
        written = store.stat(str(out), document_name(name))
        if written is None:
            raise ObjectGoneError(f"{file} was deleted or changed during the translation")
        document: dict[str, Any] = json.loads(store.download(written.ref))
        return document

    with ThreadPoolExecutor(application.budget.slots) as callers:
        futures = [callers.submit(translate, file, name) for file, name in image_files]
        try:
            for future in as_completed(futures):
                yield future.result()
        finally:
            callers.shutdown(cancel_futures=True)
            application.close()


class _FilesAndFolder(DirectoryStore):
    """Reads uploads from any files and keeps documents in a folder."""

    def __init__(self, files: Mapping[str, Path], out: Path) -> None:
        self._files = files
        self._out = str(out)

    def download(self, ref: ObjectRef) -> bytes:
        """See `Store.download`."""
        if ref.bucket == self._out:
            return super().download(ref)
        try:
            return self._files[ref.name].read_bytes()
        except FileNotFoundError as error:
            raise ObjectGoneError(f"{self._files[ref.name]} was deleted") from error
        except OSError as error:
            raise StoreUnavailableError(f"{error.filename}: {error.strerror}") from error


def _as_upload(file: Path, name: str) -> Upload:
    status = file.stat()
    # absolute(), not resolve(): a link inside the folder may lead to a file elsewhere.
    folder = as_unicode(str(file.absolute().parents[name.count("/")]))
    return Upload(
        ref=ObjectRef(folder, name, status.st_mtime_ns),
        size=status.st_size,
        uploaded_at=datetime.fromtimestamp(status.st_mtime, UTC),
    )
