"""The spans of deliveries, received over OTLP by a server of this suite."""

import io
import json
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from flask import Flask, request
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.trace.v1.trace_pb2 import Span

from functions.endpoint import Endpoint
from functions.traces import make_traces
from pipeline.errors import ConfigurationError
from pipeline.language.identification import LanguageIdentifier
from pipeline.telemetry import Event, make_logger
from tests.support.in_memory_service import InMemoryService, InMemoryTopic
from tests.support.push_bodies import push_of
from tests.support.text_pictures import encoded, picture_of

ROOT = Path(__file__).parents[2]
TRACE, PARENT = "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"


class Receiver(ThreadingHTTPServer):
    """An OTLP receiver; it keeps the spans, or is silent for a while if `is_silent`."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Export)
        self.spans: list[Span] = []
        self.services: set[str] = set()
        self.is_silent = False
        self.stopped = threading.Event()
        threading.Thread(target=self.serve_forever, args=(0.02,), daemon=True).start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Prints nothing when a client has given up."""


class _Export(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Receiver

    def do_POST(self) -> None:
        assert self.path == "/v1/traces"
        body = self.rfile.read(int(self.headers["Content-Length"]))
        if self.server.is_silent:
            self.server.stopped.wait(30)
        for resource in ExportTraceServiceRequest.FromString(body).resource_spans:
            names = {a.key: a.value.string_value for a in resource.resource.attributes}
            self.server.services.add(names["service.name"])
            for scope in resource.scope_spans:
                self.server.spans += scope.spans
        self.send_response(200)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class names it so
        pass


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with Receiver() as made:
        yield made
        made.stopped.set()
        made.shutdown()


class Served:
    """The endpoint of an in-memory service, and the lines that it logs."""

    def __init__(self, identifier: LanguageIdentifier, environment: dict[str, str]) -> None:
        self.service = InMemoryService(identifier, topic=InMemoryTopic())
        self.output = io.StringIO()
        self.endpoint = Endpoint(
            self.service.subscriber,
            event=Event.DELIVERY,
            logger=make_logger(self.output),
            max_requests=8,
            memory=lambda: {"memory_mb": 1, "memory_limit_mb": 1000},
            traces=make_traces(environment),
        )

    def push(self, content: bytes, **headers: str) -> dict[str, Any]:
        """Pushes an upload of these bytes; returns the log line of its delivery."""
        body = push_of(self.service.upload(content))
        with Flask("traces").test_request_context(method="POST", data=body, headers=headers):
            assert self.endpoint.answer(request).status_code == 204
        line: dict[str, Any] = json.loads(self.output.getvalue().splitlines()[-1])
        return line


def picture() -> bytes:
    return encoded(picture_of("hola"))


def test_a_delivery_is_one_span_with_a_child_for_each_stage(
    receiver: Receiver, identifier: LanguageIdentifier, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Given a push with a traceparent, when it is answered, then the receiver has its span and
    one child for each stage, and none of them has text.
    """
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", receiver.url)
    served = Served(identifier, {"OTEL_EXPORTER_OTLP_ENDPOINT": receiver.url})
    line = served.push(picture(), traceparent=f"00-{TRACE}-{PARENT}-01")
    (delivery,) = (span for span in receiver.spans if span.name == "delivery")
    stages = [span for span in receiver.spans if span is not delivery]
    assert receiver.services == {"image-translation"}
    assert {span.trace_id.hex() for span in receiver.spans} == {TRACE}
    assert delivery.parent_span_id.hex() == PARENT
    assert {span.parent_span_id for span in stages} == {delivery.span_id}
    assert {span.name for span in stages} == line["timings_ms"].keys() - {"total", "queued"}
    assert {"download", "decode", "ocr", "layout", "translate", "write", "publish"} <= {
        span.name for span in stages
    }
    for span in stages:
        assert delivery.start_time_unix_nano <= span.start_time_unix_nano
        assert span.start_time_unix_nano <= span.end_time_unix_nano <= delivery.end_time_unix_nano
    attributes = {a.key: a.value for a in delivery.attributes}
    assert attributes["object"].string_value == "gs://uploads/a.png"
    assert attributes["disposition"].string_value == "done"
    assert not any("Prohibido" in str(span) for span in receiver.spans)
    assert line["logging.googleapis.com/trace"] == TRACE
    assert line["logging.googleapis.com/spanId"] == delivery.span_id.hex()
    for span in sorted(receiver.spans, key=lambda each: each.start_time_unix_nano):
        took = (span.end_time_unix_nano - span.start_time_unix_nano) / 1e6
        print(f"{span.name:10} {took:8.2f} ms")  # noqa: T201 - pytest -s shows the spans


def test_a_caller_that_is_not_sampled_has_no_spans(
    receiver: Receiver, identifier: LanguageIdentifier, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Given a traceparent that is not sampled, then nothing is sent, and lines name the trace."""
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", receiver.url)
    served = Served(identifier, {"OTEL_EXPORTER_OTLP_ENDPOINT": receiver.url})
    line = served.push(picture(), traceparent=f"00-{TRACE}-{PARENT}-00")
    assert receiver.spans == []
    assert line["logging.googleapis.com/trace"] == TRACE


def test_a_receiver_that_is_silent_delays_no_delivery_for_long(
    receiver: Receiver, identifier: LanguageIdentifier, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Given a receiver that never answers, then the delivery is acknowledged within seconds."""
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", receiver.url)
    receiver.is_silent = True
    served = Served(identifier, {"OTEL_EXPORTER_OTLP_ENDPOINT": receiver.url})
    before = time.monotonic()
    assert served.push(picture())["disposition"] == "done"
    assert time.monotonic() - before < 5


@pytest.mark.parametrize(
    "environment",
    [
        {},
        {"OTEL_TRACES_EXPORTER": "none", "OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:1"},
        {"OTEL_SDK_DISABLED": "true", "OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:1"},
    ],
)
def test_without_an_endpoint_no_span_is_made(environment: dict[str, str]) -> None:
    """Given no endpoint, or traces that are turned off, then there are none."""
    assert make_traces(environment) is None


def test_another_protocol_is_refused() -> None:
    """Given OTEL_EXPORTER_OTLP_PROTOCOL=grpc, then the start is refused with what to do."""
    environment = {
        "OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:1",
        "OTEL_EXPORTER_OTLP_PROTOCOL": "grpc",
    }
    with pytest.raises(ConfigurationError, match="http/protobuf; unset it"):
        make_traces(environment)


def test_the_sdk_is_loaded_only_for_traces() -> None:
    """Given traces that are off, when the endpoint is imported and made, then no part of the SDK
    is loaded.
    """
    program = (
        "import sys, functions.endpoint, functions.traces\n"
        "assert functions.traces.make_traces({}) is None\n"
        "print([name for name in sys.modules if name.startswith('opentelemetry.sdk')])"
    )
    finished = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert finished.stdout.strip() == "[]"
