"""Admission: slots and bytes are never over-admitted, and all of them are released."""

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


class Occupancy:
    """Counts the work that is inside a budget at the same time."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.inside: list[int] = []
        self.most = 0
        self.most_bytes = 0

    def enter(self, size: int) -> None:
        with self.lock:
            self.inside.append(size)
            self.most = max(self.most, len(self.inside))
            # A size above the capacity is admitted alone, by contract.
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
def test_a_budget_never_over_admits_and_releases_everything(
    slots: int, capacity: int, sizes: list[int], failing: set[int]
) -> None:
    """Given work of any sizes, when some of it fails, then slots and bytes hold and
    all are released.
    """
    occupancy = Occupancy()
    threads = OcrThreads(slots, Budget(slots, lambda: capacity))

    def one(index: int) -> bool:
        def work() -> None:
            occupancy.enter(sizes[index])
            try:
                if index in failing:
                    raise RuntimeError("the engine failed")
            finally:
                occupancy.leave(sizes[index])

        try:
            threads.run(work, size=sizes[index], admit_by=soon(), deadline=soon())
        except RuntimeError:
            return False
        return True

    with ThreadPoolExecutor(len(sizes)) as callers:
        done = list(callers.map(one, range(len(sizes))))
    threads.close()
    assert done == [index not in failing for index in range(len(sizes))]
    assert occupancy.most <= slots
    assert occupancy.most_bytes <= capacity
    assert threads.budget.admitted == (0, 0)
    assert threads.budget.waiting == 0


def test_large_work_is_not_overtaken() -> None:
    """Given large work first in the queue, when small work that fits arrives, then
    it waits behind.
    """
    budget = Budget(4, lambda: 100)
    first = budget.admit(60, admit_by=soon())
    order: list[str] = []

    def wait_for(name: str, size: int) -> None:
        release_bytes = budget.admit(size, admit_by=soon())
        order.append(name)
        release_bytes()

    large = threading.Thread(target=wait_for, args=("large", 90))
    large.start()
    wait_until(lambda: budget.waiting == 1)
    small = threading.Thread(target=wait_for, args=("small", 10))
    small.start()
    wait_until(lambda: budget.waiting == 2)
    assert order == []
    first()
    large.join(10)
    small.join(10)
    assert order == ["large", "small"]


def test_work_above_the_capacity_is_admitted_alone() -> None:
    """Given a size above the capacity, when nothing else is inside, then it is admitted."""
    budget = Budget(3, lambda: 100)
    release_bytes = budget.admit(1000, admit_by=soon())
    with pytest.raises(OverloadedError):
        budget.admit(1, admit_by=soon(0.05))
    release_bytes()
    budget.admit(1, admit_by=soon())()
    assert budget.admitted == (0, 0)


def test_exclusive_work_runs_alone() -> None:
    """Given work that must run alone, when other work is inside or arrives later, then one waits
    for the other.
    """
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


def test_a_wait_that_times_out_is_overload() -> None:
    """Given a full budget, when a wait times out, then it is an OverloadedError and
    the queue is empty.
    """
    budget = Budget(1, lambda: 100)
    release_bytes = budget.admit(10, admit_by=soon())
    with pytest.raises(OverloadedError, match="1 of 1 OCR slots"):
        budget.admit(10, admit_by=soon(0.05))
    assert budget.waiting == 0
    release_bytes()
    release_bytes()
    assert budget.admitted == (0, 0)


def test_memory_that_the_process_keeps_counts() -> None:
    """Given a process that grew while idle, when work asks for that memory, then it
    is not admitted.
    """
    spare = [100]
    budget = Budget(2, lambda: spare[0])
    budget.admit(50, admit_by=soon())()
    spare[0] = 60
    release_bytes = budget.admit(50, admit_by=soon())
    with pytest.raises(OverloadedError, match="50 of 60 bytes"):
        budget.admit(50, admit_by=soon(0.05))
    release_bytes()
    assert budget.capacity == 60


def test_memory_that_is_missing_now_is_not_admitted() -> None:
    """Given a process that grew during work, when work fits by the count but not by
    memory, then it waits.
    """
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
    """Given any machine, when slots are computed, then at least one exists and they
    fit the cores and memory.
    """
    slots = slots_for(cores, room, least)
    assert 1 <= slots <= cores + 1
    assert slots == 1 or slots * least <= room
    if slots <= cores:
        assert (slots + 1) * least > room


def test_late_work_keeps_its_slot_until_it_ends() -> None:
    """Given work past its deadline, when the caller gets the error, then the slot stays taken until
    the work ends.
    """
    threads = OcrThreads(1, Budget(1, lambda: 100))
    release = threading.Event()
    with pytest.raises(DeadlineExceededError):
        threads.run(lambda: release.wait(30), size=10, admit_by=soon(), deadline=soon(0.05))
    assert threads.budget.admitted == (1, 10)
    release.set()
    assert threads.run(lambda: "next", size=10, admit_by=soon(), deadline=soon()) == "next"
    threads.close()
    assert threads.budget.admitted == (0, 0)


def test_on_stuck_is_called_for_stuck_work_only() -> None:
    """Given late work, when it exceeds the grace time, then `on_stuck` is called; when it ends
    before, then not.
    """
    stuck = threading.Event()
    release = threading.Event()
    hung = OcrThreads(1, Budget(1, lambda: 100), grace_seconds=0.01, on_stuck=stuck.set)
    with pytest.raises(DeadlineExceededError):
        hung.run(lambda: release.wait(30), size=10, admit_by=soon(), deadline=soon(0.01))
    assert stuck.wait(10)
    late_reported = threading.Event()
    late = OcrThreads(1, Budget(1, lambda: 100), grace_seconds=30, on_stuck=late_reported.set)
    with pytest.raises(DeadlineExceededError):
        late.run(lambda: release.wait(30), size=10, admit_by=soon(), deadline=soon(0.01))
    release.set()
    late.close()
    hung.close()
    wait_until(lambda: not any(thread.name == "watch" for thread in threading.enumerate()))
    assert not late_reported.is_set()


def test_work_for_every_thread_runs_on_each() -> None:
    """Given three threads, when work is for every thread, then it runs once on each."""
    threads = OcrThreads(3, Budget(3, lambda: 1))
    names: list[str] = []
    threads.on_every_thread(lambda: names.append(threading.current_thread().name))
    threads.close()
    assert len(set(names)) == 3


def wait_until(condition: Callable[[], bool]) -> None:
    limit = soon(10)
    while not condition():
        assert time.monotonic() < limit, "the condition did not become true in 10 s"
        time.sleep(0.001)
