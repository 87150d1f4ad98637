"""Pages of a long file: as many as the time until the deadline allows."""

import time
from collections.abc import Callable

import pytest

from pipeline.delivery.page_reading import read_pages
from pipeline.delivery.recognition import RecognizedPage
from pipeline.errors import EngineUnavailableError, OverloadedError

Clock = Callable[[float], None]


@pytest.fixture
def pass_time(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """A clock that stands still; the fixture moves it by seconds."""
    now = 1000.0

    def advance(seconds: float) -> None:
        nonlocal now
        now += seconds

    monkeypatch.setattr(time, "monotonic", lambda: now)
    return advance


def page(index: int) -> RecognizedPage:
    return RecognizedPage(index, 10, 10, 0, [], [], None)


def pages_read(recognize: Callable[[int, float], RecognizedPage], count: int) -> list[int]:
    """The pages read of a delivery that began at 1000 and has 100 seconds, 70 for reading."""
    read = read_pages(recognize, count, admit_by=1050.0, deadline=1100.0)
    return [each.index for each in read]


@pytest.mark.parametrize(
    ("seconds", "count", "expected"),
    [(1, 20, 20), (1, 100, 70), (10, 100, 7), (36, 3, 1), (90, 3, 1)],
)
def test_pages_are_read_while_they_end_in_time(
    pass_time: Clock, seconds: float, count: int, expected: int
) -> None:
    """Given pages that take so long, then exactly those are read that end in the reading time."""

    def recognize(index: int, _: float) -> RecognizedPage:
        pass_time(seconds)
        return page(index)

    assert pages_read(recognize, count) == list(range(expected))


def test_the_slowest_page_so_far_is_what_a_page_may_take(pass_time: Clock) -> None:
    """Given one slow page, when little time is left, then no other page is begun."""
    durations = [1, 30, *[1] * 11]

    def recognize(index: int, _: float) -> RecognizedPage:
        pass_time(durations[index])
        return page(index)

    # After the eleventh page 40 of the 70 seconds are gone, after the twelfth 41.
    assert pages_read(recognize, 13) == list(range(12))


def test_later_pages_may_wait_until_the_reading_time_ends() -> None:
    """Given several pages, then the first may wait as given, and the others until 70 %."""
    waits = []

    def recognize(index: int, admit_by: float) -> RecognizedPage:
        waits.append(admit_by)
        return page(index)

    started = time.monotonic()
    read_pages(recognize, 3, admit_by=started + 50, deadline=started + 100)
    assert waits[0] == started + 50
    assert waits[1:] == pytest.approx([started + 70] * 2, abs=1)


def test_a_page_that_got_no_slot_in_time_ends_the_reading(pass_time: Clock) -> None:
    """Given a busy instance, when a later page gets no slot in the time, the others stand."""

    def recognize(index: int, _: float) -> RecognizedPage:
        if index == 2:
            pass_time(70)
            raise OverloadedError("all slots are taken")
        return page(index)

    assert pages_read(recognize, 5) == [0, 1]


@pytest.mark.parametrize(
    ("index", "error"), [(0, OverloadedError), (2, OverloadedError), (2, EngineUnavailableError)]
)
def test_other_failures_fail_the_delivery(index: int, error: type[Exception]) -> None:
    """Given a failure that is no lack of time, when a page is read, then it is raised."""

    def recognize(at: int, _: float) -> RecognizedPage:
        if at == index:
            raise error("planted")
        return page(at)

    started = time.monotonic()
    with pytest.raises(error):
        read_pages(recognize, 5, admit_by=started + 50, deadline=started + 100)
