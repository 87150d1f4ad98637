"""Files through the same processor, without broker or cloud: `image-translation run`."""

import json
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from pipeline import app
from pipeline.cli.image_files import as_unicode
from pipeline.config import Settings
from pipeline.delivery.subscriber import Subscriber
from pipeline.errors import ObjectGoneError, StoreUnavailableError
from pipeline.models import ObjectRef, Upload
from pipeline.outcomes.document import document_name
from pipeline.outcomes.results_bucket import ResultsBucket
from pipeline.stores.directory import DirectoryStore
from pipeline.telemetry import Timings


def translate_files(
    settings: Settings, pictures: Sequence[tuple[Path, str]], out: Path
) -> Iterator[dict[str, Any]]:
    """The document of each picture, as it is written to `out`.

    A picture whose document is there already, made with the same settings, is not done again.

    Raises:
        ConfigurationError: the engine or the translator cannot do its work.
        TransientError: the translator or the disk failed; what is done is kept.
    """
    out = out.resolve()
    store = _FilesAndFolder({name: file for file, name in pictures}, out)
    threads, processor = app.make_processor(settings, store)
    subscriber = Subscriber(settings, processor=processor, results=ResultsBucket(store, str(out)))

    def translate(file: Path, name: str) -> dict[str, Any]:
        subscriber.settle(_as_upload(file, name), Timings())
        written = store.stat(str(out), document_name(name))
        if written is None:
            raise ObjectGoneError(f"{file} is gone, or was changed meanwhile")
        document: dict[str, Any] = json.loads(store.download(written.ref))
        return document

    with ThreadPoolExecutor(threads.budget.slots) as callers:
        futures = [callers.submit(translate, file, name) for file, name in pictures]
        try:
            for future in as_completed(futures):
                yield future.result()
        finally:
            callers.shutdown(cancel_futures=True)
            threads.close()
            processor.close()


class _FilesAndFolder(DirectoryStore):
    """Reads the files that were named, whatever their names; writes to a folder."""

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
            raise ObjectGoneError(f"{self._files[ref.name]} is gone") from error
        except OSError as error:
            raise StoreUnavailableError(f"{error.filename}: {error.strerror}") from error


def _as_upload(file: Path, name: str) -> Upload:
    status = file.stat()
    # The object is named by where it was found; a link's target may lie elsewhere.
    folder = as_unicode(str(file.absolute().parents[name.count("/")]))
    return Upload(
        ref=ObjectRef(folder, name, status.st_mtime_ns),
        size=status.st_size,
        uploaded_at=datetime.fromtimestamp(status.st_mtime, UTC),
    )
