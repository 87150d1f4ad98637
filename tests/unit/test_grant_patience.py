"""The bucket check at the start: it waits for grants that have not taken effect yet."""

import time
from collections.abc import Iterator
from typing import Any

import pytest
from google.api_core.exceptions import Forbidden
from google.api_core.retry import Retry

from pipeline.errors import ConfigurationError
from pipeline.stores.gcs import GRANT_PATIENCE_SECONDS, GcsStore

NEVER = float("inf")


class Clock:
    """A clock that only sleeping moves."""

    def __init__(self) -> None:
        self.now = 0.0

    def monotonic(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds


class ForbiddingClient:
    """Lists a bucket only once its grant has taken effect."""

    def __init__(self, clock: Clock, granted_at: dict[str, float]) -> None:
        self._clock = clock
        self._granted_at = granted_at

    def list_blobs(self, bucket: str, *, retry: Retry, **_: Any) -> Iterator[str]:
        def request() -> list[str]:
            if self._clock.now < self._granted_at[bucket]:
                raise Forbidden(f"no access to {bucket}")  # type: ignore[no-untyped-call]  # api_core has no types here
            return []

        yield from retry(request)()


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(time, "monotonic", clock.monotonic)
    monkeypatch.setattr(time, "sleep", clock.sleep)
    return clock


def verify(clock: Clock, granted_at: dict[str, float]) -> None:
    GcsStore(ForbiddingClient(clock, granted_at)).verify(*granted_at)  # type: ignore[arg-type]  # a fake with the one method used


def test_late_grants_are_waited_for(clock: Clock) -> None:
    """Given grants that take effect after two and three minutes, both buckets are accepted."""
    verify(clock, {"uploads": 120, "results": 185})
    assert clock.now >= 185


@pytest.mark.parametrize(
    "granted_at",
    [
        {"uploads": NEVER, "results": NEVER},
        {"uploads": 0.8 * GRANT_PATIENCE_SECONDS, "results": NEVER},
    ],
    ids=["neither", "only the first"],
)
def test_the_wait_is_for_all_buckets_together(clock: Clock, granted_at: dict[str, float]) -> None:
    """Given a grant that never takes effect, the check fails before the startup probe does."""
    with pytest.raises(ConfigurationError, match="no access to"):
        verify(clock, granted_at)
    assert 0.9 * GRANT_PATIENCE_SECONDS <= clock.now <= GRANT_PATIENCE_SECONDS
