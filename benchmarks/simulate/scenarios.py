"""Loads, settings and assumptions that are simulated against each other."""

import math
from collections.abc import Mapping

from benchmarks.simulate.model import Load
from benchmarks.simulate.rules import Assumptions, Settings

DAY = 86_400
_PEAKS = ((10 * 3600, 3600 * 1.5), (15 * 3600, 3600 * 2.0))
_DUMPS = {8 * 3600: 20_000, 12 * 3600: 20_000, 20 * 3600: 60_000}
_NIGHT_SHARE = 0.25

PUSH = Settings()
PULL = Settings(delivery="pull", min_instances=1)

SETTINGS: Mapping[str, Settings] = {
    "push, the defaults": PUSH,
    "pull, the defaults": PULL,
    "push, 4 instances": Settings(max_instances=4),
    "push, 20 attempts": Settings(max_attempts=20),
}

ASSUMPTIONS: Mapping[str, Assumptions] = {
    "backoff honoured": Assumptions(),
    "backoff ignored": Assumptions(honours_backoff=False),
    "3,000 always outstanding": Assumptions(adapts_window=False),
    "both at their worst": Assumptions(honours_backoff=False, adapts_window=False),
}

BURSTS = (10_000, 100_000, 1_000_000)


def burst(images: int) -> Load:
    """All images in the first second."""
    return lambda now: images if now == 0 else 0


def day(images: int) -> Load:
    """A day with a quiet night, two peaks and three dumps of files.

    The dumps are fixed, and the rest is spread over the peaks and an even share.
    """
    spread = images - sum(_DUMPS.values())
    shape = [
        _NIGHT_SHARE + sum(math.exp(-(((now - at) / width) ** 2)) for at, width in _PEAKS)
        for now in range(DAY)
    ]
    scale = spread / sum(shape)
    carried = 0.0
    counts = []
    for share in shape:
        carried += share * scale
        counts.append(int(carried))
        carried -= counts[-1]
    return lambda now: counts[now] + _DUMPS.get(now, 0)


def settings_for(images_per_second: float, *, delivery: str, cpu_seconds: float) -> Settings:
    """Terraform's `max_instances` for a `peak_load`."""
    instances = math.ceil(images_per_second * cpu_seconds / (PUSH.cpu * 0.6))
    return Settings(
        delivery=delivery,
        max_instances=instances,
        min_instances=1 if delivery == "pull" else 0,
    )
