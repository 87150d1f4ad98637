"""The admission of recognitions: slots and bytes are never over-admitted, and all return."""

import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.capacity.admission import Budget, OcrThreads, slots_for
from pipeline.errors import DeadlineExceededError, OverloadedError


def soon(seconds: float = 30) -> float:
    return time.monotonic() + seconds


class Watched:
    """Counts what is inside a budget at the same time."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.inside: list[int] = []
        self.most = 0
        self.most_bytes = 0

    def enter(self, size: int) -> None:
        with self.lock:
            self.inside.append(size)
            self.most = max(self.most, len(self.inside))
            # One larger than everything is admitted alone, by contract.
            if len(self.inside) > 1:
                self.most_bytes = max(self.most_bytes, sum(self.inside))

    def leave(self, size: int) -> None:
        with self.lock:
            self.inside.remove(size)


@settings(max_examples=60, deadline=None)
@given(
    slots=st.integers(1, 4),
    capacity=st.integers(1, 100),
    sizes=st.lists(st.integers(0, 150), min_size=1, max_size=25),
    failing=st.sets(st.integers(0, 24)),
)
def test_a_budget_never_over_admits_and_returns_everything(
    slots: int, capacity: int, sizes: list[int], failing: set[int]
) -> None:
    """Given any sizes, some of whose work fails, slots and bytes hold, all end, all comes back."""
    watched = Watched()
    threads = OcrThreads(slots, Budget(slots, lambda: capacity))

    def one(index: int) -> bool:
        def work() -> None:
            watched.enter(sizes[index])
            try:
                if index in failing:
                    raise RuntimeError("the engine failed")
            finally:
                watched.leave(sizes[index])

        try:
            threads.run(work, size=sizes[index], admit_by=soon(), deadline=soon())
        except RuntimeError:
            return False
        return True

    with ThreadPoolExecutor(len(sizes)) as callers:
        done = list(callers.map(one, range(len(sizes))))
    threads.close()
    assert done == [index not in failing for index in range(len(sizes))]
    assert watched.most <= slots
    assert watched.most_bytes <= capacity
    assert threads.budget.admitted == (0, 0)
    assert threads.budget.waiting == 0


def test_a_large_one_is_not_overtaken() -> None:
    """Given a large one at the head of the queue, small ones that would fit wait behind it."""
    budget = Budget(4, lambda: 100)
    first = budget.admit(60, admit_by=soon())
    order: list[str] = []

    def wait_for(name: str, size: int) -> None:
        release_bytes = budget.admit(size, admit_by=soon())
        order.append(name)
        release_bytes()

    large = threading.Thread(target=wait_for, args=("large", 90))
    large.start()
    until(lambda: budget.waiting == 1)
    small = threading.Thread(target=wait_for, args=("small", 10))
    small.start()
    until(lambda: budget.waiting == 2)
    assert order == []
    first()
    large.join(10)
    small.join(10)
    assert order == ["large", "small"]


def test_one_larger_than_everything_is_admitted_alone() -> None:
    """Given a size beyond the capacity, it is admitted when nothing else is inside."""
    budget = Budget(3, lambda: 100)
    release_bytes = budget.admit(1000, admit_by=soon())
    with pytest.raises(OverloadedError):
        budget.admit(1, admit_by=soon(0.05))
    release_bytes()
    budget.admit(1, admit_by=soon())()
    assert budget.admitted == (0, 0)


def test_one_alone_has_nothing_beside_it() -> None:
    """Given one that must be alone, it waits for who is inside, and who comes later for it."""
    budget = Budget(3, lambda: 100)
    release_bytes = budget.admit(10, admit_by=soon())
    with pytest.raises(OverloadedError):
        budget.admit(10, admit_by=soon(0.05), alone=True)
    release_bytes()
    release_bytes = budget.admit(10, admit_by=soon(), alone=True)
    with pytest.raises(OverloadedError):
        budget.admit(10, admit_by=soon(0.05))
    release_bytes()
    both = budget.admit(10, admit_by=soon()), budget.admit(10, admit_by=soon())
    assert budget.admitted == (2, 20)
    for each in both:
        each()


def test_impatience_is_overload_and_leaves_nothing_behind() -> None:
    """Given a full budget, who waits too long is told so, and the next one is not held up."""
    budget = Budget(1, lambda: 100)
    release_bytes = budget.admit(10, admit_by=soon())
    with pytest.raises(OverloadedError, match="1 of 1 OCR slots"):
        budget.admit(10, admit_by=soon(0.05))
    assert budget.waiting == 0
    release_bytes()
    release_bytes()
    assert budget.admitted == (0, 0)


def test_memory_kept_for_good_counts() -> None:
    """Given a process that grew while nothing ran, what it keeps is not admitted again."""
    spare = [100]
    budget = Budget(2, lambda: spare[0])
    budget.admit(50, admit_by=soon())()
    spare[0] = 60
    release_bytes = budget.admit(50, admit_by=soon())
    with pytest.raises(OverloadedError, match="50 of 60 bytes"):
        budget.admit(50, admit_by=soon(0.05))
    release_bytes()
    assert budget.capacity == 60


def test_memory_that_is_not_there_now_is_not_admitted() -> None:
    """Given a process that grew while something ran, what fits by the count still waits."""
    spare = [100]
    budget = Budget(2, lambda: spare[0])
    release_bytes = budget.admit(50, admit_by=soon())
    spare[0] = 30
    with pytest.raises(OverloadedError):
        budget.admit(40, admit_by=soon(0.05))
    budget.admit(20, admit_by=soon())()
    release_bytes()
    assert budget.admitted == (0, 0)


@given(st.integers(1, 64), st.integers(-(10**9), 10**11), st.integers(1, 10**9))
def test_automatic_slots_fit_memory_and_cores(cores: int, room: int, least: int) -> None:
    """Given any machine, there is a slot, none more than the cores use, none memory cannot hold."""
    slots = slots_for(cores, room, least)
    assert 1 <= slots <= cores + 1
    assert slots == 1 or slots * least <= room
    if slots <= cores:
        assert (slots + 1) * least > room


def test_work_that_outlives_the_deadline_keeps_its_slot_until_it_ends() -> None:
    """Given work past the deadline, its caller is told, and the slot returns when it ends."""
    threads = OcrThreads(1, Budget(1, lambda: 100))
    release = threading.Event()
    with pytest.raises(DeadlineExceededError):
        threads.run(lambda: release.wait(30), size=10, admit_by=soon(), deadline=soon(0.05))
    assert threads.budget.admitted == (1, 10)
    release.set()
    assert threads.run(lambda: "next", size=10, admit_by=soon(), deadline=soon()) == "next"
    threads.close()
    assert threads.budget.admitted == (0, 0)


def test_work_that_never_ends_is_told_of_and_work_that_is_late_is_not() -> None:
    """Given work past deadline and grace, `on_stuck` is called; ended within it, it is not."""
    stuck = threading.Event()
    release = threading.Event()
    hung = OcrThreads(1, Budget(1, lambda: 100), grace_seconds=0.01, on_stuck=stuck.set)
    with pytest.raises(DeadlineExceededError):
        hung.run(lambda: release.wait(30), size=10, admit_by=soon(), deadline=soon(0.01))
    assert stuck.wait(10)
    late_told = threading.Event()
    late = OcrThreads(1, Budget(1, lambda: 100), grace_seconds=30, on_stuck=late_told.set)
    with pytest.raises(DeadlineExceededError):
        late.run(lambda: release.wait(30), size=10, admit_by=soon(), deadline=soon(0.01))
    release.set()
    late.close()
    hung.close()
    until(lambda: not any(thread.name == "watch" for thread in threading.enumerate()))
    assert not late_told.is_set()


def test_every_thread_is_reached() -> None:
    """Given three threads, work for every thread runs once on each."""
    threads = OcrThreads(3, Budget(3, lambda: 1))
    names: list[str] = []
    threads.on_every_thread(lambda: names.append(threading.current_thread().name))
    threads.close()
    assert len(set(names)) == 3


def until(condition: Callable[[], bool]) -> None:
    limit = soon(10)
    while not condition():
        assert time.monotonic() < limit, "the condition never came to hold"
        time.sleep(0.001)
