"""The daily quota of translated characters."""

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import date

from pipeline.translation.daily_quota import DailyQuota


def test_threads_share_one_quota() -> None:
    """Given twenty threads, when all take from one quota, then together they take no
    more than it has.
    """
    allowance = DailyQuota(1000, lambda: date(2026, 1, 1))
    start = threading.Barrier(20)

    def take(_: int) -> int:
        start.wait()
        return sum(7 for _ in range(50) if allowance.take(7))

    with ThreadPoolExecutor(20) as threads:
        taken = sum(threads.map(take, range(20)))
    assert 1000 - 7 < taken <= 1000


def test_no_quota_is_no_limit() -> None:
    """Given no quota, when any number is taken, then it is granted."""
    assert DailyQuota(None, lambda: date(2026, 1, 1)).take(10**12)
