"""Percentiles by nearest rank."""

from tests.support.percentiles import percentiles


def test_percentiles_are_of_the_nearest_rank() -> None:
    """Given 1 to 200 milliseconds, when computed, then the percentiles are 100, 190 and 198."""
    assert percentiles(range(200, 0, -1)) == "p50 100 ms, p95 190 ms, p99 198 ms"
    assert percentiles([]) == "none"
