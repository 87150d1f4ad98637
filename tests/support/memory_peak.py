"""The peak memory of a piece of work, with its child processes."""

import threading
from collections.abc import Callable

from pipeline.capacity.process_memory import resident_bytes


def peak_of(work: Callable[[], object]) -> int:
    """Bytes of memory that this process and its children add at their peak during `work`."""
    seen, done = [resident_bytes()], threading.Event()

    def watch() -> None:
        while not done.is_set():
            seen.append(resident_bytes())

    watcher = threading.Thread(target=watch)
    watcher.start()
    try:
        work()
    finally:
        done.set()
        watcher.join()
    return max(seen) - seen[0]
