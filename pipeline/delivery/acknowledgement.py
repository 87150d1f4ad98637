"""Whether a delivery is acknowledged: one target is called, and its end is logged once.

Push and pull share this module: the HTTP endpoint answers a status, the pull worker acks or nacks.
"""

import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Protocol

from pipeline.capacity.cpu import available_cores
from pipeline.capacity.instance_time import InstanceTime
from pipeline.delivery.result import DeliveryResult
from pipeline.errors import InvalidEventError, OverloadedError, TransientError
from pipeline.models import Delivery
from pipeline.telemetry import Event, Logger, Timings


class Target(Protocol):
    """Takes deliveries: the subscriber, or the dead letters.

    Threading: `handle` may be called from several threads at once.
    """

    def handle(self, delivery: Delivery, timings: Timings) -> DeliveryResult:
        """Brings a delivery to its disposition.

        Raises:
            TransientError: the message must be delivered again.
        """
        ...


@dataclass(frozen=True, slots=True)
class Acknowledgement:
    """An ack, or a nack with the transient error that caused it.

    A nack without an error is a bug: the exception is in the log.
    """

    is_ack: bool
    error: TransientError | None = None


@dataclass(frozen=True, slots=True)
class _End:
    """The end of a delivery, and the level and the fields of its log line."""

    acknowledgement: Acknowledgement
    level: str
    fields: dict[str, Any]


Trace = Callable[[Timings, Mapping[str, Any]], Mapping[str, Any]]
"""Records a delivery by its timings and log fields; returns further log fields."""


def _no_trace(_timings: Timings, _fields: Mapping[str, Any]) -> Mapping[str, Any]:
    return {}


class Acknowledger:
    """Acknowledges every disposition and every invalid event; nacks transient errors and bugs.

    Threading: may be shared.
    """

    def __init__(
        self,
        target: Target,
        *,
        event: Event,
        logger: Logger,
        max_requests: int,
        memory: Callable[[], Mapping[str, Any]],
    ) -> None:
        """Takes the deliveries of one target.

        Args:
            target: takes the deliveries.
            event: the `event` of a delivery's log line.
            logger: writes the log lines.
            max_requests: deliveries at the same time; the next one is refused as overloaded.
            memory: returns the memory fields of a log line.
        """
        self._target = target
        self._event = event
        self._logger = logger
        self._max_requests = max_requests
        self._memory = memory
        self._cores = available_cores()
        self._instance_time = InstanceTime()
        self._in_progress = 0
        self._lock = threading.Lock()

    def deliver(
        self, parse: Callable[[], Delivery], *, trace: Trace = _no_trace
    ) -> Acknowledgement:
        """Parses a message, hands it to the target and writes the canonical log line.

        `parse` returns the delivery or raises InvalidEventError; `trace` records the delivery, and
        returns the fields by which the log line names it.
        """
        timings = Timings()
        entered = self._instance_time.enter()
        try:
            end = self._handle(parse, timings)
        finally:
            share = self._instance_time.leave(entered)
        fields = {
            **end.fields,
            "vcpu_seconds": round(share * self._cores, 3),
            "timings_ms": timings.snapshot(),
        }
        self._log(end.level, trace(timings, end.fields), **fields)
        return end.acknowledgement

    def _handle(self, parse: Callable[[], Delivery], timings: Timings) -> _End:
        fields: dict[str, Any] = {}
        try:
            delivery = parse()
            fields = _fields(delivery)
            with self._limit_concurrency():
                result = self._target.handle(delivery, timings)
        except InvalidEventError as error:
            # Acknowledged, because another delivery would be invalid too.
            fields = {"disposition": "invalid", "code": error.code, "reason": str(error)}
            return _End(Acknowledgement(is_ack=True), "warning", fields)
        except TransientError as error:
            fields |= {"disposition": "retry", "code": error.code, "reason": str(error)}
            return _End(Acknowledgement(is_ack=False, error=error), "warning", fields)
        except Exception as error:  # noqa: BLE001 - a bug is logged and nacked, then retried
            fields |= {"disposition": "bug", "code": "internal", "exc_info": error}
            return _End(Acknowledgement(is_ack=False), "error", fields)
        fields |= {
            "disposition": result.disposition,
            "code": result.code,
            "lines": result.lines,
            "characters_translated": result.characters_translated,
            "characters_billed": result.characters_billed,
            **({"text": result.text} if result.text else {}),
        }
        return _End(Acknowledgement(is_ack=True), "info", fields)

    @contextmanager
    def _limit_concurrency(self) -> Iterator[None]:
        """Refuses a delivery at once if `max_requests` are in progress."""
        with self._lock:
            if self._in_progress >= self._max_requests:
                raise OverloadedError(f"{self._in_progress} requests are in progress already")
            self._in_progress += 1
        try:
            yield
        finally:
            with self._lock:
                self._in_progress -= 1

    def _log(self, level: str, trace: Mapping[str, Any], **fields: Any) -> None:
        memory = self._memory()
        logger = self._logger.bind(**trace)
        getattr(logger, level)(self._event, **fields, **memory)
        if memory["memory_mb"] > 0.85 * memory["memory_limit_mb"]:
            logger.warning(Event.MEMORY_HIGH, **memory)


def _fields(delivery: Delivery) -> dict[str, Any]:
    ref = delivery.upload.ref
    return {
        "message_id": delivery.message_id,
        "attempt": delivery.attempt,
        "object": ref.uri,
        "generation": str(ref.generation),
        "event_type": delivery.event_type,
        "bytes": delivery.upload.size,
    }
