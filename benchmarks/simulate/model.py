"""The model: second by second, from the backlog through push or pull to documents or dead letters.

Messages are counted by the number of their attempts, so a million of them cost as much time as
ten thousand. No image is at fault: every dead letter is a healthy image that was turned away.
"""

from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from benchmarks.simulate import rules
from benchmarks.simulate.cloud_run import Counts, Instances, Queue, some_of
from benchmarks.simulate.rules import Assumptions, Settings

Load = Callable[[int], int]
"""The number of images uploaded in a second."""


@dataclass(slots=True)
class Result:
    """The course and the end of a simulation; the lists have one value a minute."""

    images: int = 0
    done: int = 0
    dead_lettered: int = 0
    refusals: int = 0
    most_attempts: int = 0
    seconds: int = 0
    most_instances: int = 0
    busy_seconds: float = 0.0
    alive_seconds: float = 0.0
    backlog: list[int] = field(default_factory=list)
    instances: list[int] = field(default_factory=list)

    def usd(self, settings: Settings) -> float:
        """Cloud Run's price for the instances."""
        is_push = settings.delivery == "push"
        cpu, memory = rules.PUSH_PRICE if is_push else rules.PULL_PRICE
        seconds = self.busy_seconds if is_push else self.alive_seconds
        return seconds * (settings.cpu * cpu + settings.memory_gib * memory)


class Simulation:
    """One load on one set of settings, under one set of assumptions."""

    def __init__(
        self, settings: Settings, assumptions: Assumptions, load: Load, *, seconds: int, seed: int
    ) -> None:
        """Images are uploaded for `seconds`; the simulation lasts until all have ended."""
        self._settings, self._assumptions = settings, assumptions
        self._load, self._upload_seconds = load, seconds
        self._random = np.random.default_rng(seed)
        self._size = settings.max_attempts + 1
        self._ready = self._zeros()
        self._inside = self._zeros()
        self._admitted = 0
        self._returning: defaultdict[int, Counts] = defaultdict(self._zeros)
        self._queue = Queue(self._size)
        self._instances = Instances(settings, assumptions)
        self._window = float(rules.FIRST_WINDOW)
        self._finished = 0
        self._result = Result()

    def run(self, *, longest: int = 10 * 86_400) -> Result:
        """Runs until every image has ended, at most `longest` seconds."""
        for now in range(longest):
            self._second(now)
            if now >= self._upload_seconds and self._waiting() == 0:
                break
        self._result.seconds = now
        return self._result

    def _second(self, now: int) -> None:
        result, instances = self._result, self._instances
        if now < self._upload_seconds:
            arrived = self._load(now)
            result.images += arrived
            self._ready[0] += arrived
        if now in self._returning:
            self._ready += self._returning.pop(now)
        if self._settings.delivery == "push":
            self._push(now)
        else:
            pulled, number = self._take_ready(self._room())
            self._admit(pulled, number)
        busy = self._work()
        instances.step(now, self._admitted + self._queue.length, busy)
        result.most_instances = max(result.most_instances, instances.ready)
        result.alive_seconds += instances.ready
        result.busy_seconds += min(instances.ready, self._admitted + self._finished)
        if now % 60 == 0:
            result.backlog.append(self._waiting())
            result.instances.append(instances.ready)

    def _push(self, now: int) -> None:
        """Fills the window, hands requests to instances, and refuses those held for too long."""
        window = int(self._window) if self._assumptions.adapts_window else rules.MAX_OUTSTANDING
        pushed, number = self._take_ready(window - self._admitted - self._queue.length)
        self._queue.add(now, pushed, number)
        held = self._queue.length
        admitted = self._queue.take(self._room(), self._random)
        self._admit(admitted, held - self._queue.length)
        held = self._queue.length
        refused = self._queue.expire(now, self._instances.patience_seconds)
        nacks = held - self._queue.length
        if nacks:
            self._refuse(now, refused)
        # A window that grows by one for each ack doubles in a round; each nack takes half of its
        # share away.
        self._window += self._finished
        total = self._finished + nacks
        if total:
            self._window *= 1 - 0.5 * nacks / total
        self._window = min(max(self._window, 1.0), rules.MAX_OUTSTANDING)

    def _take_ready(self, room: int) -> tuple[Counts, int]:
        total = int(self._ready.sum())
        number = max(0, min(room, total))
        taken = some_of(self._ready, total, number, self._random)
        self._ready -= taken
        return taken, number

    def _refuse(self, now: int, refused: Counts) -> None:
        self._result.refusals += int(refused.sum())
        attempted = np.roll(refused, 1)  # no count is at the maximum: those have ended
        self._result.dead_lettered += int(attempted[-1])
        for attempt in np.flatnonzero(attempted[:-1]):
            wait = 1.0
            if self._assumptions.honours_backoff:
                wait = rules.backoff_seconds(self._settings, int(attempt))
            self._returning[now + round(wait)][attempt] += attempted[attempt]
        self._result.most_attempts = max(
            self._result.most_attempts, int(np.flatnonzero(attempted)[-1])
        )

    def _room(self) -> int:
        return self._instances.places - self._admitted

    def _admit(self, counts: Counts, number: int) -> None:
        self._inside += counts
        self._admitted += number

    def _work(self) -> float:
        """Finishes as many images as the CPU allows; returns the share of CPU that was used."""
        rate = self._instances.rate
        if rate == 0:
            return 0.0
        # A part of an image is finished by chance, so that the mean is right.
        whole = int(rate) + (self._random.random() < rate % 1)
        self._finished = min(whole, self._admitted)
        finished = some_of(self._inside, self._admitted, self._finished, self._random)
        self._inside -= finished
        self._admitted -= self._finished
        self._result.done += self._finished
        if self._finished:
            attempts = int(finished.nonzero()[0][-1]) + 1
            self._result.most_attempts = max(self._result.most_attempts, attempts)
        return min(1.0, self._finished / rate)

    def _waiting(self) -> int:
        return self._result.images - self._result.done - self._result.dead_lettered

    def _zeros(self) -> Counts:
        return np.zeros(self._size, np.int64)
