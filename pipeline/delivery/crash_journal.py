"""The crash journal: the pages that were being recognised when a process died.

A crash ends every delivery in the process, and Pub/Sub delivers the same images together
again. Therefore a page of the journal is recognised alone the next time, and a page that
crashed the process MAX_CRASHES times is refused.
"""

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from pipeline.errors import EngineUnavailableError
from pipeline.models import ObjectRef

MAX_CRASHES = 3
"""Another page may have caused the first crash; in the later ones the page was alone."""

_RUNNING = ".running"
_HANGS = ".hangs"


class CrashJournal:
    """Keeps one small file for each running recognition, in a folder that outlives the worker.

    A file is named `<page key>.<crashes>`, and `<page key>.<crashes>.running` while the
    page is being recognised. `<page key>.hangs` stands for a page that outlived a deadline.
    Without a folder only hangs are recorded, for this process.

    Threading: may be shared by threads, but only one process may use a folder.
    """

    def __init__(self, folder: Path | None = None) -> None:
        """Loads the pages that the previous process was recognising when it died."""
        self._crashes: dict[str, int] = {}
        self._hangs: set[str] = set()
        self._folder = folder
        if folder is None:
            return
        try:
            folder.mkdir(exist_ok=True)
            for path in list(folder.iterdir()):
                self._load(path)
        except OSError:  # a folder that cannot be written counts as none
            self._folder = None

    def _load(self, path: Path) -> None:
        if path.suffix == _HANGS:
            self._hangs.add(path.stem)
            return
        key, _, crashes_before = path.name.removesuffix(_RUNNING).partition(".")
        if not (crashes_before.isascii() and crashes_before.isdigit()):
            return  # a file of another program: the folder is among the temporary files
        crashes = int(crashes_before) + path.name.endswith(_RUNNING)
        self._crashes[key] = max(crashes, self._crashes.get(key, 0))
        path.replace(path.with_name(f"{key}.{crashes}"))

    def crash_count(self, ref: ObjectRef, page: int) -> int:
        """How many times a process died while it recognised the page.

        Raises:
            EngineUnavailableError: after MAX_CRASHES; this instance refuses the page.
        """
        crashes = self._crashes.get(_key(ref, page), 0)
        if crashes >= MAX_CRASHES:
            raise EngineUnavailableError(
                f"recognising page {page} ended the process {crashes} times, the last time alone:"
                " this instance does not try it again"
            )
        return crashes

    @contextmanager
    def recording(self, ref: ObjectRef, page: int) -> Iterator[None]:
        """Records that the page is being recognised; a crash in the block counts against it."""
        if self._folder is None:
            yield
            return
        key = _key(ref, page)
        running = self._folder / f"{key}.{self._crashes.get(key, 0)}{_RUNNING}"
        with suppress(OSError):
            running.touch()
        try:
            yield
        finally:
            self.clear(ref, page)

    def hangs(self, ref: ObjectRef, page: int) -> bool:
        """Whether a recognition of the page outlived its deadline in this instance."""
        return _key(ref, page) in self._hangs

    def record_hang(self, ref: ObjectRef, page: int) -> None:
        """Records that the page hangs, which is no crash."""
        self.clear(ref, page)
        self._hangs.add(_key(ref, page))
        if self._folder:
            with suppress(OSError):
                (self._folder / f"{_key(ref, page)}{_HANGS}").touch()

    def clear(self, ref: ObjectRef, page: int) -> None:
        """Removes the crashes of a page, because its recognition ended or only hangs."""
        key = _key(ref, page)
        crashes = self._crashes.pop(key, 0)
        if self._folder:
            names = {f"{key}.{crashes}{_RUNNING}"}
            if crashes:
                names.add(f"{key}.{crashes}")
            for name in names:
                with suppress(OSError):
                    (self._folder / name).unlink()


def _key(ref: ObjectRef, page: int) -> str:
    return hashlib.sha256(f"{ref.uri}\n{ref.generation}\n{page}".encode()).hexdigest()[:32]
