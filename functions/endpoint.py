"""The HTTP endpoint: turns a push request into a status and one canonical log line."""

import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Protocol

from flask import Request, Response, json

from pipeline.delivery import notification
from pipeline.delivery.result import DeliveryResult
from pipeline.errors import InvalidEventError, OverloadedError, RefusedPushError, TransientError
from pipeline.models import Delivery
from pipeline.redaction import redact_credentials
from pipeline.telemetry import Event, Logger, Timings

EXTENSION = "image-translation"
"""The key of the endpoint in the Flask application's extensions."""

MAX_BODY_BYTES = 1024 * 1024
"""Far above a storage notification, which has at most 8 KiB of metadata and a few names."""


class Answering(Protocol):
    """Answers every request to a service.

    Threading: `answer` may be called from several threads at once.
    """

    def answer(self, request: Request) -> Response:
        """Answers any request, with any method, path and body."""
        ...


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


class Endpoint:
    """Answers 204 for a final disposition, 429 or 503 for a transient error, 500 for a bug.

    Threading: one endpoint serves all threads of gunicorn.
    """

    def __init__(
        self,
        target: Target,
        *,
        event: Event,
        logger: Logger,
        max_requests: int,
        memory: Callable[[], Mapping[str, Any]],
        verify: Callable[[str | None], None] | None = None,
    ) -> None:
        """Makes the endpoint of one target.

        Args:
            target: takes the deliveries.
            event: the `event` of a delivery's log line.
            logger: writes the log lines.
            max_requests: deliveries at the same time; the next one is answered 429.
            memory: returns the memory fields of a log line.
            verify: takes the Authorization header and raises RefusedPushError or
                TransientError; without it no token is required.
        """
        self._target = target
        self._event = event
        self._logger = logger
        self._max_requests = max_requests
        self._memory = memory
        self._verify = verify
        self._in_progress = 0
        self._lock = threading.Lock()

    def answer(self, request: Request) -> Response:
        """Answers any request, with any method, path and body."""
        if request.method in {"GET", "HEAD"} and request.path == "/health":
            # The engine has read a test picture before gunicorn accepts connections.
            return _json(200, {"status": "ready"})
        if request.method != "POST":
            self._logger.warning(Event.REFUSED, method=request.method, code="method_not_allowed")
            response = _json(405, {"error": "method_not_allowed", "message": "push with POST"})
            response.headers["Allow"] = "POST"
            return response
        try:
            if self._verify:
                self._verify(request.headers.get("Authorization"))
        except (RefusedPushError, TransientError) as error:
            self._logger.warning(Event.REFUSED, code=error.code, reason=str(error))
            return _refusal(error)
        try:
            body = _body(request)
        except Exception as error:  # noqa: BLE001 - each server raises its own types
            # The connection was cut or the chunks are invalid; the next request may be whole.
            self._logger.warning(Event.REFUSED, code="unreadable", reason=type(error).__name__)
            return _json(400, {"error": "unreadable", "message": "the body is incomplete"})
        if len(body) > MAX_BODY_BYTES:
            self._log("warning", Timings(), disposition="invalid", code=InvalidEventError.code)
            # A streamed response keeps functions-framework from reading the rest of the body.
            return Response(iter(()), status=204)
        return self._deliver(body)

    def _deliver(self, body: bytes) -> Response:
        timings = Timings()
        fields: dict[str, Any] = {}
        try:
            delivery = notification.parse_push(body)
            fields = _fields(delivery)
            with self._limit_concurrency():
                result = self._target.handle(delivery, timings)
        except InvalidEventError as error:
            # Acknowledged, because another delivery would be invalid too.
            self._log("warning", timings, disposition="invalid", code=error.code, reason=str(error))
            return Response(status=204)
        except TransientError as error:
            fields |= {"disposition": "retry", "code": error.code, "reason": str(error)}
            self._log("warning", timings, **fields)
            return _refusal(error)
        except Exception:  # noqa: BLE001 - a bug is logged and answered 500, then retried
            self._log("error", timings, **fields, disposition="bug", code="internal", exc_info=True)
            return _json(500, {"error": "internal", "message": "see the log"})
        self._log(
            "info",
            timings,
            **fields,
            disposition=result.disposition,
            code=result.code,
            lines=result.lines,
            characters_translated=result.characters_translated,
            characters_billed=result.characters_billed,
            **({"text": result.text} if result.text else {}),
        )
        return Response(status=204)

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

    def _log(self, level: str, timings: Timings, **fields: Any) -> None:
        memory = self._memory()
        getattr(self._logger, level)(self._event, **fields, timings_ms=timings.snapshot(), **memory)
        if memory["memory_mb"] > 0.85 * memory["memory_limit_mb"]:
            self._logger.warning(Event.MEMORY_HIGH, **memory)


def _body(request: Request) -> bytes:
    """The body, or its first MAX_BODY_BYTES + 1 bytes.

    Raises:
        EOFError: the body is shorter than its Content-Length, which gunicorn does not check.
    """
    body = request.stream.read(MAX_BODY_BYTES + 1)
    if len(body) < min(request.content_length or 0, MAX_BODY_BYTES + 1):
        raise EOFError
    return body


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


def _refusal(error: RefusedPushError | TransientError) -> Response:
    message = redact_credentials(error.message)
    response = _json(error.status, {"error": error.code, "message": message})
    if isinstance(error, TransientError):
        response.headers["Retry-After"] = str(error.retry_after)
    if error.status == 401:
        response.headers["WWW-Authenticate"] = "Bearer"
    return response


def _json(status: int, body: Mapping[str, Any]) -> Response:
    return Response(json.dumps(body), status=status, content_type="application/json")
