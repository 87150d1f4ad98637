"""Uploads the images that land in a folder and puts their documents beside them."""

import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from mimetypes import guess_type
from pathlib import Path

from watchfiles import watch

from pipeline.errors import (
    ConfigurationError,
    ObjectGoneError,
    PreconditionFailedError,
    StoreUnavailableError,
)
from pipeline.images.file_names import as_unicode
from pipeline.local.complete_files import (
    FileState,
    named_as_images,
    read_complete,
    reason_to_leave_out,
)
from pipeline.models import ObjectRef
from pipeline.outcomes.document import document_name
from pipeline.outcomes.results_bucket import Pending, pending_reason
from pipeline.stores.base import Store
from pipeline.stores.directory import replace_file

QUIET_SECONDS = 1.0
"""A file is uploaded when it did not change for so long, and no program has it open for writing."""

_TICK_MS = 250
_RESCAN_SECONDS = 10.0
"""A scan finds changes that no event reported, such as files in a folder that was moved in."""
_UPLOADS_AT_ONCE, _LOOKUPS_AT_ONCE = 20, 50


@dataclass(frozen=True, slots=True)
class Buckets:
    """The store and the names of its two buckets."""

    store: Store
    uploads: str
    results: str


@dataclass(frozen=True, slots=True)
class _Seen:
    path: Path
    state: FileState


class DropFolder:
    """A folder whose images are uploaded under their path in it, each content once.

    A file that has a newer document beside it at the start counts as uploaded. Links are
    not followed, hidden files and folders are left out.

    Threading: for one thread.
    """

    def __init__(
        self,
        folder: Path,
        buckets: Buckets,
        report: Callable[[str], None],
        *,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """`report` gets one printable line for each upload, document and file left out."""
        self.folder = folder
        self._buckets = buckets
        self._report = report
        self._clock = clock
        self._next_scan = clock()
        self._failure = ""
        self._reported: dict[str, str] = {}
        self._quiet_since: dict[str, tuple[_Seen, float]] = {}
        self._awaited: dict[str, ObjectRef] = {}
        self._uploaded = {
            name: seen for name, seen in self._scan().items() if _has_newer_document(seen.path)
        }

    def look(self, *, has_changed: bool) -> None:
        """Uploads files that are complete, and fetches documents that have come.

        If the store does not answer, the next call tries again.

        Args:
            has_changed: something in the folder changed since the last call.
        """
        try:
            self._move(self._clock(), has_changed=has_changed)
        except StoreUnavailableError as error:
            if str(error) != self._failure:
                self._failure = str(error)
                self._report(f"{_printable(self._failure)}; trying again")

    def _move(self, now: float, *, has_changed: bool) -> None:
        if has_changed or now >= self._next_scan:
            self._compare(self._scan(), now)
            self._next_scan = now + (QUIET_SECONDS if self._quiet_since else _RESCAN_SECONDS)
        quiet = [n for n, (_, since) in self._quiet_since.items() if now >= since + QUIET_SECONDS]
        for name in quiet[:_UPLOADS_AT_ONCE]:
            self._upload(name, now)
        for name in list(self._awaited)[:_LOOKUPS_AT_ONCE]:
            self._fetch(name)

    def _scan(self) -> dict[str, _Seen]:
        found, left_out = {}, {}
        for path, status in named_as_images(self.folder):
            name = as_unicode(path.relative_to(self.folder).as_posix())
            reason = reason_to_leave_out(name, status)
            if reason:
                left_out[name] = reason
            else:
                found[name] = _Seen(path, FileState.of(status))
        for name in self._reported.keys() - found.keys() - left_out.keys():
            del self._reported[name]
        for name, reason in left_out.items():
            self._report_once(name, f"left out: {reason}")
        return found

    def _compare(self, found: Mapping[str, _Seen], now: float) -> None:
        """Starts the quiet time of new and changed files; forgets files that are gone."""
        for files in (self._uploaded, self._awaited):
            for name in files.keys() - found.keys():
                del files[name]
        before = self._quiet_since
        self._quiet_since = {
            name: before[name] if name in before and before[name][0] == seen else (seen, now)
            for name, seen in found.items()
            if self._uploaded.get(name) != seen
        }

    def _upload(self, name: str, now: float) -> None:
        seen, _ = self._quiet_since[name]
        self._quiet_since[name] = (seen, now)
        try:
            content = read_complete(seen.path, seen.state)
        except FileNotFoundError:
            return
        except OSError as error:
            self._report_once(name, f"cannot be read: {error.strerror}")
            return
        if content is None:
            return
        try:
            self._awaited[name] = self._write(name, content)
        except PreconditionFailedError:
            return  # someone else uploaded an object of this name at the same time
        self._failure = ""
        self._uploaded[name] = seen
        del self._quiet_since[name]
        self._report(f"uploaded {_printable(name)}")

    def _write(self, name: str, content: bytes) -> ObjectRef:
        store, bucket = self._buckets.store, self._buckets.uploads
        live = store.stat(bucket, name)
        return store.write(
            bucket,
            name,
            content,
            content_type=guess_type(name)[0] or "application/octet-stream",
            metadata={},
            if_generation_match=live.ref.generation if live else 0,
        )

    def _fetch(self, name: str) -> None:
        upload = self._awaited.pop(name)
        self._awaited[name] = upload  # now the last, so that each name has its turn
        found = self._buckets.store.stat(self._buckets.results, document_name(name))
        if found is None or pending_reason(found.metadata, upload) is Pending.MISSING:
            return
        try:
            content = self._buckets.store.download(found.ref)
        except ObjectGoneError:
            return  # a newer document replaced it
        del self._awaited[name]
        seen = self._uploaded[name]
        try:
            if FileState.of(seen.path.lstat()) != seen.state:
                return  # the new content will have its own document
            replace_file(_document_beside(seen.path), content)
        except FileNotFoundError:
            return  # the picture was removed
        except OSError as error:
            self._report(f"{_printable(name)}: cannot write its document: {error.strerror}")
        else:
            self._report(f"{_printable(name)}: {found.metadata.get('status')}")

    def _report_once(self, name: str, message: str) -> None:
        if self._reported.get(name) != message:
            self._reported[name] = message
            self._report(f"{_printable(name)}: {message}")


def _document_beside(picture: Path) -> Path:
    return picture.with_name(f"{picture.name}.json")


def _has_newer_document(picture: Path) -> bool:
    # Not the modification time, which a file keeps when it is moved into the folder.
    try:
        return _document_beside(picture).lstat().st_ctime_ns >= picture.lstat().st_ctime_ns
    except OSError:
        return False


def _printable(text: str) -> str:
    return "".join(c if c.isprintable() else "\ufffd" for c in text)


def watch_folder(drop: DropFolder, stop: threading.Event) -> None:
    """Calls `look` when the folder changes, and often enough for quiet times and documents.

    Returns soon after `stop` is set.

    Raises:
        ConfigurationError: the system cannot watch the folder.
    """
    try:
        for changes in watch(
            drop.folder,
            watch_filter=None,
            debounce=_TICK_MS,
            rust_timeout=_TICK_MS,
            yield_on_timeout=True,
            stop_event=stop,
            raise_interrupt=False,
            ignore_permission_denied=True,
        ):
            drop.look(has_changed=bool(changes))
    except OSError as error:
        raise ConfigurationError(
            f"{drop.folder} cannot be watched: {error};"
            " set WATCHFILES_FORCE_POLLING=true to look at it three times a second instead"
        ) from error
