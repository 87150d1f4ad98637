"""The daily quota of translated characters."""

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import date

from pipeline.translation.daily_quota import DailyQuota


def test_allowance_between_threads() -> None:
    """Given twenty threads, when all take of one allowance, then no more than it is taken."""
    allowance = DailyQuota(1000, lambda: date(2026, 1, 1))
    start = threading.Barrier(20)

    def take(_: int) -> int:
        start.wait()
        return sum(7 for _ in range(50) if allowance.take(7))

    with ThreadPoolExecutor(20) as threads:
        taken = sum(threads.map(take, range(20)))
    assert 1000 - 7 < taken <= 1000


def test_no_allowance_is_no_limit() -> None:
    """Given no cap, when anything is taken, then it is granted."""
    assert DailyQuota(None, lambda: date(2026, 1, 1)).take(10**12)
