"""Admission control: a budget of slots and bytes, and the OCR threads that it limits."""

import threading
import time
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

from pipeline.errors import DeadlineExceededError, OverloadedError

T = TypeVar("T")

_WAITING_SHARE = 0.5
"""Share of the time until the deadline that work may wait for its admission."""


class Budget:
    """Admits work in order of arrival while slots and bytes are free.

    No work overtakes the head of the queue, so small work cannot starve large work. Work
    larger than the whole capacity is admitted when nothing else is.

    Threading: may be shared.
    """

    def __init__(self, slots: int, spare: Callable[[], int]) -> None:
        """`spare` measures the bytes that are free now.

        When idle, `spare()` defines the capacity, so memory kept since start (another
        language pair, a cache) is excluded. When busy, it must also cover each new admission.
        """
        self._slots = slots
        self._spare = spare
        self._capacity = spare()
        self._changed = threading.Condition()
        self._queue: deque[object] = deque()
        self._admitted = 0
        self._bytes = 0
        self._is_closed = False

    @property
    def capacity(self) -> int:
        """Bytes that are free while nothing is admitted, as last measured in that state."""
        with self._changed:
            if self._admitted == 0:
                self._capacity = self._spare()
            return self._capacity

    @property
    def slots(self) -> int:
        """The number of admissions at the same time."""
        return self._slots

    @property
    def admitted(self) -> tuple[int, int]:
        """The slots and the bytes taken now."""
        with self._changed:
            return self._admitted, self._bytes

    @property
    def waiting(self) -> int:
        """The length of the queue."""
        with self._changed:
            return len(self._queue)

    def state(self) -> dict[str, int]:
        """The fields of a log line that describe the budget."""
        with self._changed:
            return {
                "slots_taken": self._admitted,
                "budget_mb": self._capacity // 2**20,
                "budget_taken_mb": self._bytes // 2**20,
                "waiting": len(self._queue),
            }

    def admit(self, size: int, *, admit_by: float, alone: bool = False) -> Callable[[], None]:
        """Waits for a slot and `size` bytes; returns the function that releases both.

        `admit_by` is a reading of `time.monotonic()`. With `alone` nothing else is
        admitted until the release.

        Raises:
            OverloadedError: not admitted by `admit_by`.
        """
        ticket = object()
        with self._changed:
            self._queue.append(ticket)
            try:
                while not (self._queue[0] is ticket and self._fits(size, alone)):
                    remaining = admit_by - time.monotonic()
                    if remaining <= 0:
                        raise OverloadedError(
                            f"{self._admitted} of {self._slots} OCR slots and"
                            f" {self._bytes} of {self._capacity} bytes are taken,"
                            f" {len(self._queue) - 1} wait"
                        )
                    # Memory also becomes free without a release, so measure it every second.
                    self._changed.wait(min(remaining, 1.0))
                self._admitted += 1
                self._bytes += size
                self._is_closed = alone
            finally:
                self._queue.remove(ticket)
                self._changed.notify_all()
        released = threading.Event()

        def release() -> None:
            with self._changed:
                if not released.is_set():
                    released.set()
                    self._admitted -= 1
                    self._bytes -= size
                    self._is_closed = False
                    self._changed.notify_all()

        return release

    def _fits(self, size: int, alone: bool) -> bool:
        if self._admitted == 0:
            self._capacity = self._spare()
            return True
        if alone or self._is_closed:
            return False
        if self._admitted >= self._slots or self._bytes + size > self._capacity:
            return False
        return size <= self._spare()


def latest_admission(deadline: float) -> float:
    """The latest admission of work with this deadline; both are readings of `time.monotonic()`."""
    now = time.monotonic()
    return now + (deadline - now) * _WAITING_SHARE


def slots_for(cores: int, spare: int, smallest: int) -> int:
    """The slots that keep the cores busy and fit `spare` bytes at `smallest` bytes each.

    One slot more than cores, because one recognition computes while another decodes.
    """
    return max(1, min(cores + 1, spare // smallest))


class OcrThreads:
    """The dedicated OCR threads; a budget admits the work to them.

    Threading: may be shared.
    """

    def __init__(
        self,
        threads: int,
        budget: Budget,
        *,
        grace_seconds: float = 60,
        on_stuck: Callable[[], None] = lambda: None,
    ) -> None:
        """`on_stuck` is called if work still runs `grace_seconds` after its deadline.

        A thread cannot be stopped from outside, so `on_stuck` should replace the process.
        """
        self._executor = ThreadPoolExecutor(threads, thread_name_prefix="ocr")
        self._threads = threads
        self._grace_seconds = grace_seconds
        self._on_stuck = on_stuck
        self.budget = budget

    def run(
        self,
        work: Callable[[], T],
        *,
        size: int,
        admit_by: float,
        deadline: float,
        alone: bool = False,
    ) -> T:
        """Runs `work` on an OCR thread once `size` bytes and a slot are free.

        `admit_by` and `deadline` are readings of `time.monotonic()`. Work that is late
        continues, and keeps its slot and bytes until it ends.

        Raises:
            OverloadedError: not admitted by `admit_by`.
            DeadlineExceededError: admitted, but not finished by the deadline.
        """
        release = self.budget.admit(size, admit_by=min(admit_by, deadline), alone=alone)

        def admitted() -> T:
            # Released before `run` returns, so that a caller's next page finds the slot free.
            try:
                return work()
            finally:
                release()

        try:
            future = self._executor.submit(admitted)
        except BaseException:
            release()
            raise
        try:
            return future.result(timeout=max(0.0, deadline - time.monotonic()))
        except TimeoutError as error:
            if future.done():
                raise  # the work itself raised TimeoutError
            if future.cancel():
                release()
            else:
                self._watch(future)
            raise DeadlineExceededError("recognition did not finish in time") from error

    def _watch(self, future: Future[T]) -> None:
        ended = threading.Event()
        future.add_done_callback(lambda _: ended.set())

        def watch() -> None:
            if not ended.wait(self._grace_seconds):
                self._on_stuck()

        threading.Thread(target=watch, name="watch", daemon=True).start()

    def on_every_thread(self, work: Callable[[], None]) -> None:
        """Runs `work` once on each thread, for engines that load one instance per thread."""
        all_started = threading.Barrier(self._threads)

        def once() -> None:
            all_started.wait()
            work()

        for future in [self._executor.submit(once) for _ in range(self._threads)]:
            future.result()

    def close(self) -> None:
        """Waits for running work, then ends the threads."""
        self._executor.shutdown(wait=True)
