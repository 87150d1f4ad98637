"""The crash journal: which pages were being recognised when a process died.

A crash ends every delivery inside the process, and Pub/Sub delivers the same images
together again. So a page that was under way is recognised alone the next time, and a page
that goes on killing the process is not tried again.
"""

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from pipeline.errors import EngineUnavailableError
from pipeline.models import ObjectRef

MAX_CRASHES = 3
"""The first crash may have been a neighbour's; in the others the page was alone."""

_RUNNING = ".running"


class CrashJournal:
    """One small file for each recognition under way, in a folder that outlives the worker.

    A file is named `<page key>.<crashes>`, with `.running` behind it while the page is
    being recognised.

    Threading: may be shared. One process at a time uses a folder. Without a folder
    nothing is recorded.
    """

    def __init__(self, folder: Path | None = None) -> None:
        """Loads the pages that the previous process was recognising when it died."""
        self._crashes: dict[str, int] = {}
        self._folder = folder
        if folder is None:
            return
        try:
            folder.mkdir(exist_ok=True)
            for path in list(folder.iterdir()):
                self._load(path)
        except OSError:  # not writable: nothing is recorded
            self._folder = None

    def _load(self, path: Path) -> None:
        key, _, crashes_before = path.name.removesuffix(_RUNNING).partition(".")
        if not (crashes_before.isascii() and crashes_before.isdigit()):
            return  # not ours: the folder lies among temporary files
        crashes = int(crashes_before) + path.name.endswith(_RUNNING)
        self._crashes[key] = max(crashes, self._crashes.get(key, 0))
        path.replace(path.with_name(f"{key}.{crashes}"))

    def crash_count(self, ref: ObjectRef, page: int) -> int:
        """How often a process died while it recognised that page.

        Raises:
            EngineUnavailableError: MAX_CRASHES times; the page is not tried again here.
        """
        crashes = self._crashes.get(_key(ref, page), 0)
        if crashes >= MAX_CRASHES:
            raise EngineUnavailableError(
                f"recognising page {page} ended the process {crashes} times, the last time alone:"
                " not tried again on this instance"
            )
        return crashes

    @contextmanager
    def recording(self, ref: ObjectRef, page: int) -> Iterator[None]:
        """If the process dies inside the block, the crash is counted against that page."""
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

    def clear(self, ref: ObjectRef, page: int) -> None:
        """Forgets the crashes of a page: it ended, or it is late and the process lives."""
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
