"""What was being recognised when a process died, so that one image cannot take others along.

A crash ends every delivery the process has inside, and Pub/Sub brings the same ones back
together. So what was under way is recognised alone the next time, and what went on killing
the process is not tried again.
"""

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from pipeline.errors import EngineUnavailableError
from pipeline.models import ObjectRef

MOST_DEATHS = 3
"""The first may have been a neighbour's; the others were its own."""

_RUNNING = ".running"


class Casualties:
    """One small file for each recognition under way, in a folder that outlives the worker.

    Threading: may be shared. One process at a time uses a folder; without one nothing is kept.
    """

    def __init__(self, folder: Path | None = None) -> None:
        """Takes what the process before left under way in `folder` for its casualties."""
        self._deaths: dict[str, int] = {}
        self._folder = folder
        if folder is None:
            return
        try:
            folder.mkdir(exist_ok=True)
            for path in list(folder.iterdir()):
                key, _, told = path.name.removesuffix(_RUNNING).partition(".")
                if not (told.isascii() and told.isdigit()):
                    continue  # somebody else's: the folder is among temporary files
                deaths = int(told) + path.name.endswith(_RUNNING)
                self._deaths[key] = max(deaths, self._deaths.get(key, 0))
                path.replace(folder / f"{key}.{deaths}")
        except OSError:  # nowhere to write: as if there had been none
            self._folder = None

    def deaths(self, ref: ObjectRef, page: int) -> int:
        """How often a process ended while it recognised that page.

        Raises:
            EngineUnavailableError: as often as is tried.
        """
        deaths = self._deaths.get(_key(ref, page), 0)
        if deaths >= MOST_DEATHS:
            raise EngineUnavailableError(
                f"recognising page {page} ended the process {deaths} times, alone at the last:"
                " not tried again on this instance"
            )
        return deaths

    @contextmanager
    def under_way(self, ref: ObjectRef, page: int) -> Iterator[None]:
        """While the block runs, the end of the process would be blamed on that page."""
        if self._folder is None:
            yield
            return
        key = _key(ref, page)
        running = self._folder / f"{key}.{self._deaths.get(key, 0)}{_RUNNING}"
        with suppress(OSError):
            running.touch()
        try:
            yield
        finally:
            self.spare(ref, page)

    def spare(self, ref: ObjectRef, page: int) -> None:
        """Takes the blame off a page: it ended, or is late, and the process lives."""
        key = _key(ref, page)
        deaths = self._deaths.pop(key, 0)
        if self._folder:
            names = {f"{key}.{deaths}{_RUNNING}"}
            if deaths:
                names.add(f"{key}.{deaths}")
            for name in names:
                with suppress(OSError):
                    (self._folder / name).unlink()


def _key(ref: ObjectRef, page: int) -> str:
    return hashlib.sha256(f"{ref.uri}\n{ref.generation}\n{page}".encode()).hexdigest()[:32]
