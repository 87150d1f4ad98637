"""Shares of an instance's time: they add up to the time in which it had deliveries."""

from hypothesis import given
from hypothesis import strategies as st

from pipeline.capacity.instance_time import InstanceTime


class Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def test_a_delivery_alone_has_its_whole_time() -> None:
    """Given one delivery of three seconds after an idle minute, then its share is three seconds."""
    clock = Clock()
    instance = InstanceTime(clock)
    clock.now += 60
    entered = instance.enter()
    clock.now += 3
    assert instance.leave(entered) == 3


def test_deliveries_at_once_share_the_time() -> None:
    """Given a delivery beside another for half of its time, then that half is shared."""
    clock = Clock()
    instance = InstanceTime(clock)
    first = instance.enter()
    clock.now += 2
    second = instance.enter()
    clock.now += 2
    assert instance.leave(first) == 3
    clock.now += 1
    assert instance.leave(second) == 2


@given(st.lists(st.tuples(st.booleans(), st.integers(0, 1000)), max_size=60))
def test_shares_add_up_to_the_time_in_use(steps: list[tuple[bool, int]]) -> None:
    """Given any order of arrivals and ends, then the shares sum to the time with deliveries."""
    clock = Clock()
    instance, inside, shares, used = InstanceTime(clock), list[float](), 0.0, 0.0
    for is_arrival, seconds in steps:
        if is_arrival:
            inside.append(instance.enter())
        elif inside:
            shares += instance.leave(inside.pop(0))
        clock.now += seconds
        used += seconds if inside else 0
    shares += sum(instance.leave(entered) for entered in inside)
    assert abs(shares - used) < 1e-6 * max(1, used)
