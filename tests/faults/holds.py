"""Faults that wait: a request is held at a stage until the test has done something."""

import threading

from tests.faults.proxy import Answer, Dropped, Exchange, Forward


class Hold:
    """Holds the `nth` request of a step, before or after it was executed, until told to go on."""

    def __init__(self, step: str, *, nth: int = 1, after: bool = False, name: str = "") -> None:
        self._step, self._nth, self._after, self._name = step, nth, after, name
        self._lock = threading.Lock()
        self._reached, self._released = threading.Event(), threading.Event()
        self._drop = False
        self.exchange = Exchange(step)

    def __call__(self, exchange: Exchange, forward: Forward) -> Answer:
        if not self._is_mine(exchange):
            return forward()
        self.exchange = exchange
        answer = forward() if self._after else None
        self._reached.set()
        assert self._released.wait(120), f"{self._step} was never released"
        if self._drop:
            raise Dropped
        return answer or forward()

    def _is_mine(self, exchange: Exchange) -> bool:
        with self._lock:
            if exchange.step != self._step or self._name not in exchange.name:
                return False
            self._nth -= 1
            return self._nth == 0

    def await_reached(self, seconds: float = 60) -> bool:
        """Whether a request is held, once one is or the time is over."""
        return self._reached.wait(seconds)

    def release(self, *, drop: bool = False) -> None:
        """Lets it go on, or drops its connection."""
        self._drop = drop
        self._released.set()
