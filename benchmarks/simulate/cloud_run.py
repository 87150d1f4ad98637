"""Cloud Run in the model: instances that start, take requests and are stopped, and the queue."""

import math
from collections import deque
from dataclasses import dataclass, field

import numpy as np

from benchmarks.simulate import rules
from benchmarks.simulate.rules import Assumptions, Settings

Counts = np.ndarray
"""Messages by the number of their attempts so far: index 0 to max_attempts."""


@dataclass(slots=True)
class Instances:
    """The instances of the subscriber; one step is a second."""

    settings: Settings
    assumptions: Assumptions
    ready: int = 0
    starting: deque[tuple[int, int]] = field(default_factory=deque)
    load: deque[float] = field(
        default_factory=lambda: deque(maxlen=rules.SCALING_WINDOW_SECONDS // rules.SCALING_SECONDS)
    )
    _sampled: list[float] = field(default_factory=list)
    _needed: deque[int] = field(
        default_factory=lambda: deque(maxlen=int(rules.IDLE_SECONDS // rules.SCALING_SECONDS))
    )

    def __post_init__(self) -> None:
        self.ready = self.settings.min_instances

    @property
    def rate(self) -> float:
        """Images a second that the ready instances finish when they are full."""
        return self.ready * self.settings.cpu / self.assumptions.cpu_seconds

    @property
    def places(self) -> int:
        """Requests that the ready instances take at the same time."""
        return self.ready * self.settings.concurrency

    @property
    def patience_seconds(self) -> float:
        """How long a request is held for which there is no room."""
        if not self.starting:
            return rules.QUEUE_SECONDS
        return max(rules.QUEUE_SECONDS, rules.STARTS_OF_PATIENCE * self.assumptions.start_seconds)

    def step(self, now: int, demand: float, busy: float) -> None:
        """Scales by the requests inside and waiting, and by the share of CPU in use."""
        while self.starting and self.starting[0][0] <= now:
            self.ready += self.starting.popleft()[1]
        self._sampled.append(busy)
        if now % rules.SCALING_SECONDS:
            return
        self.load.append(sum(self._sampled) / len(self._sampled))
        self._sampled.clear()
        needed = math.ceil(self.ready * (sum(self.load) / len(self.load)) / rules.TARGET)
        if self.settings.delivery == "push":
            needed = max(needed, math.ceil(demand / (rules.TARGET * self.settings.concurrency)))
        needed = min(max(needed, self.settings.min_instances), self.settings.max_instances)
        self._needed.append(needed)
        coming = self.ready + sum(count for _, count in self.starting)
        if needed > coming:
            self.starting.append((now + self.assumptions.start_seconds, needed - coming))
        elif self.ready > max(self._needed):
            # The others have been idle for all that time.
            self.ready = max(self._needed)


@dataclass(slots=True)
class Queue:
    """The requests that Cloud Run holds because no instance has room, oldest first."""

    size: int
    length: int = 0
    held: deque[tuple[int, Counts, int]] = field(default_factory=deque)

    def add(self, now: int, counts: Counts, number: int) -> None:
        """Holds `number` requests that arrive now."""
        if number:
            self.length += number
            self.held.append((now, counts, number))

    def take(self, room: int, random: np.random.Generator) -> Counts:
        """Removes the oldest requests, at most `room`."""
        taken = np.zeros(self.size, np.int64)
        while room > 0 and self.held:
            at, counts, number = self.held.popleft()
            part = some_of(counts, number, room, random)
            taken += part
            if number > room:
                self.held.appendleft((at, counts - part, number - room))
            self.length -= min(room, number)
            room -= number
        return taken

    def expire(self, now: int, patience_seconds: float) -> Counts:
        """Removes the requests that have waited for too long."""
        gone = np.zeros(self.size, np.int64)
        while self.held and now - self.held[0][0] >= patience_seconds:
            _, counts, number = self.held.popleft()
            gone += counts
            self.length -= number
        return gone


def some_of(counts: Counts, total: int, number: int, random: np.random.Generator) -> Counts:
    """`number` of the `total` messages, chosen at random."""
    if number >= total:
        return counts.copy()
    chosen = np.zeros_like(counts)
    if number > 0:
        (present,) = counts.nonzero()
        chosen[present] = random.multivariate_hypergeometric(
            counts[present], number, method="marginals"
        )
    return chosen
