"""The HTTP endpoint: turns a push request into a status and one canonical log line."""

from collections.abc import Callable, Mapping
from typing import Any, Protocol

from flask import Request, Response, json

from functions.trace_context import TraceContext, log_fields, parse_traceparent
from functions.traces import Attributes, Traces
from pipeline.delivery import notification
from pipeline.delivery.acknowledgement import Acknowledger, Target
from pipeline.errors import InvalidEventError, RefusedPushError, TransientError
from pipeline.models import Delivery
from pipeline.redaction import redact_credentials
from pipeline.telemetry import Event, Logger, Timings

EXTENSION = "image-translation"
"""The key of the endpoint in the Flask application's extensions."""

MAX_BODY_BYTES = 1024 * 1024
"""Far above a storage notification, which has at most 8 KiB of metadata and a few names."""


_TRACED_FIELDS = (
    "message_id",
    "attempt",
    "object",
    "generation",
    "bytes",
    "disposition",
    "code",
    "lines",
    "characters_billed",
)


class Answering(Protocol):
    """Answers every request to a service.

    Threading: `answer` may be called from several threads at once.
    """

    def answer(self, request: Request) -> Response:
        """Answers any request, with any method, path and body."""
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
        traces: Traces | None = None,
        project: str | None = None,
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
            traces: records each delivery as spans, if anything does.
            project: the Google Cloud project that log lines name their trace in.
        """
        self._acknowledger = Acknowledger(
            target, event=event, logger=logger, max_requests=max_requests, memory=memory
        )
        self._event = event
        self._logger = logger
        self._verify = verify
        self._traces = traces
        self._project = project

    def answer(self, request: Request) -> Response:
        """Answers any request, with any method, path and body."""
        if request.method in {"GET", "HEAD"} and request.path == "/health":
            # The engine has read a test picture before gunicorn accepts connections.
            return _json(200, {"status": "ready"})
        caller = parse_traceparent(request.headers.get("traceparent"))
        logger = self._logger.bind(**log_fields(caller, self._project))
        if request.method != "POST":
            logger.warning(Event.REFUSED, method=request.method, code="method_not_allowed")
            response = _json(405, {"error": "method_not_allowed", "message": "push with POST"})
            response.headers["Allow"] = "POST"
            return response
        try:
            if self._verify:
                self._verify(request.headers.get("Authorization"))
        except (RefusedPushError, TransientError) as error:
            logger.warning(Event.REFUSED, code=error.code, reason=str(error))
            return _refusal(error)
        try:
            body = _body(request)
        except Exception as error:  # noqa: BLE001 - each server raises its own types
            # The connection was cut or the chunks are invalid; the next request may be whole.
            logger.warning(Event.REFUSED, code="unreadable", reason=type(error).__name__)
            return _json(400, {"error": "unreadable", "message": "the body is incomplete"})
        return self._deliver(body, caller)

    def _deliver(self, body: bytes, caller: TraceContext | None) -> Response:
        """Handles a delivery, and records its trace."""

        def trace(timings: Timings, fields: Mapping[str, Any]) -> Mapping[str, Any]:
            context = caller
            if self._traces:
                context = self._traces.record(self._event, caller, timings, _attributes(fields))
            return log_fields(context, self._project)

        reply = self._acknowledger.deliver(lambda: _parsed(body), trace=trace)
        if reply.is_ack:
            # A streamed response keeps functions-framework from reading the rest of the body.
            return Response(iter(()), status=204)
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


def _parsed(body: bytes) -> Delivery:
    if len(body) > MAX_BODY_BYTES:
        raise InvalidEventError(f"the push body has more than {MAX_BODY_BYTES} bytes")
    return notification.parse_push(body)


def _attributes(fields: Mapping[str, Any]) -> Attributes:
    """The fields of a log line that may stand in a trace, which has no recognised text."""
    found = {name: fields.get(name) for name in _TRACED_FIELDS}
    known = {name: value for name, value in found.items() if value not in {None, ""}}
    return {"messaging.system": "gcp_pubsub", **known}


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
