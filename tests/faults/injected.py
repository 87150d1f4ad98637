"""The faults that the proxy applies to a request."""

import json
import threading
import time
from dataclasses import replace

from tests.faults.proxy import Answer, Dropped, Fault, Forward
from tests.support.exchanges import Exchange


def drops(_exchange: Exchange, _forward: Forward) -> Answer:
    """Resets the connection; the request is not executed."""
    raise Dropped


def loses_answer(_exchange: Exchange, forward: Forward) -> Answer:
    """Executes the request and resets the connection before the answer."""
    forward()
    raise Dropped


def refuses(status: int, message: str = "refused by the test") -> Fault:
    """Answers with an error in the form of Google's services."""
    error = {"code": status, "message": message, "status": "UNAVAILABLE"}
    body = json.dumps({"error": error}).encode()
    return lambda _exchange, _forward: Answer(
        status, body, (("Content-Type", "application/json; charset=UTF-8"),)
    )


def slow(seconds: float) -> Fault:
    """Answers after a delay."""

    def late(_exchange: Exchange, forward: Forward) -> Answer:
        time.sleep(seconds)
        return forward()

    return late


def stalls(seconds: float) -> Fault:
    """Executes the request, then sends nothing until it resets the connection."""

    def silent(_exchange: Exchange, forward: Forward) -> Answer:
        forward()
        time.sleep(seconds)
        raise Dropped

    return silent


def corrupted(_exchange: Exchange, forward: Forward) -> Answer:
    """Changes one bit of the body."""
    answer = forward()
    middle = len(answer.body) // 2
    flipped = bytes([answer.body[middle] ^ 1])
    return replace(answer, body=answer.body[:middle] + flipped + answer.body[middle + 1 :])


def cut_short(_exchange: Exchange, forward: Forward) -> Answer:
    """Ends the connection in the middle of the body."""
    answer = forward()
    return replace(answer, body=answer.body[: len(answer.body) // 2], length=len(answer.body))


def shortened(_exchange: Exchange, forward: Forward) -> Answer:
    """Sends half of the body with the length of that half."""
    answer = forward()
    return replace(answer, body=answer.body[: len(answer.body) // 2])


class Times:
    """Applies a fault to the first `count` requests of a step that concern `name`."""

    def __init__(self, fault: Fault, step: str, *, name: str = "", count: int = 1) -> None:
        self._fault, self._step, self._name = fault, step, name
        self._lock = threading.Lock()
        self.left = count

    def __call__(self, exchange: Exchange, forward: Forward) -> Answer:
        with self._lock:
            asked = exchange.step == self._step and exchange.is_about(self._name)
            mine = asked and self.left > 0
            self.left -= mine
        return self._fault(exchange, forward) if mine else forward()


class Hold:
    """Holds the `nth` request of a step, before or after its execution, until it is released.

    `name` selects the requests of one picture; without it, a request that Pub/Sub repeats from
    the previous scenario may be held too.
    """

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
            if exchange.step != self._step or not exchange.is_about(self._name):
                return False
            self._nth -= 1
            return self._nth == 0

    def await_reached(self, seconds: float = 60) -> bool:
        """Waits until a request is held; False if none is held in time."""
        return self._reached.wait(seconds)

    def release(self, *, drop: bool = False) -> None:
        """Forwards the held request, or drops its connection."""
        self._drop = drop
        self._released.set()
