"""The time of an instance, divided among the deliveries that are in it."""

import threading
import time
from collections.abc import Callable


class InstanceTime:
    """A platform bills an instance while at least one delivery is in it.

    Each moment with n deliveries counts 1/n for each of them, so the shares of all deliveries
    add up to the time that the instance was in use.

    Threading: may be shared.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        """`clock` returns seconds."""
        self._clock = clock
        self._lock = threading.Lock()
        self._inside = 0
        self._read_at = 0.0
        self._per_delivery = 0.0

    def enter(self) -> float:
        """Counts a delivery in; returns the reading that `leave` needs."""
        with self._lock:
            self._advance()
            self._inside += 1
            return self._per_delivery

    def leave(self, entered: float) -> float:
        """Counts a delivery out; returns its share in seconds."""
        with self._lock:
            self._advance()
            self._inside -= 1
            return self._per_delivery - entered

    def _advance(self) -> None:
        now = self._clock()
        if self._inside:
            self._per_delivery += (now - self._read_at) / self._inside
        self._read_at = now
