"""The HTTP endpoint: turns a push request into a status and one canonical log line."""

from collections.abc import Callable, Mapping
from typing import Any, NoReturn

from flask import Request, Response, json

from pipeline.delivery import notification
from pipeline.delivery.acknowledgement import Acknowledger, Target
from pipeline.errors import InvalidEventError, RefusedPushError, TransientError
from pipeline.redaction import redact_credentials
from pipeline.telemetry import Event, Logger

EXTENSION = "image-translation"
"""The key of the endpoint in the Flask application's extensions."""

MAX_BODY_BYTES = 1024 * 1024
"""Far above a storage notification, which has at most 8 KiB of metadata and a few names."""


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
        self._acknowledger = Acknowledger(
            target, event=event, logger=logger, max_requests=max_requests, memory=memory
        )
        self._logger = logger
        self._verify = verify

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
            self._acknowledger.deliver(_refuse_length)
            # A streamed response keeps functions-framework from reading the rest of the body.
            return Response(iter(()), status=204)
        return self._deliver(body)

    def _deliver(self, body: bytes) -> Response:
        reply = self._acknowledger.deliver(lambda: notification.parse_push(body))
        if reply.is_ack:
            return Response(status=204)
        if reply.error:
            return _refusal(reply.error)
        return _json(500, {"error": "internal", "message": "see the log"})


def _body(request: Request) -> bytes:
    """The body, or its first MAX_BODY_BYTES + 1 bytes.

    Raises:
        EOFError: the body is shorter than its Content-Length, which gunicorn does not check.
    """
    body = request.stream.read(MAX_BODY_BYTES + 1)
    if len(body) < min(request.content_length or 0, MAX_BODY_BYTES + 1):
        raise EOFError
    return body


def _refuse_length() -> NoReturn:
    raise InvalidEventError(f"the push body has more than {MAX_BODY_BYTES} bytes")


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
