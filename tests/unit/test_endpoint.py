"""The HTTP endpoint: statuses, log lines and limits of a push."""

import io
import json
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from urllib.parse import quote

import functions_framework
import pytest
from flask import Flask
from flask.testing import FlaskClient
from hypothesis import given, settings
from hypothesis import strategies as st

from functions import main
from functions.endpoint import EXTENSION, MAX_BODY_BYTES, Endpoint
from pipeline import errors
from pipeline.capacity.cpu import available_cores
from pipeline.delivery.result import DeliveryResult
from pipeline.models import Delivery, Disposition
from pipeline.telemetry import Event, Timings, make_logger
from tests.support.push_bodies import push_body


def leaves(kind: type[errors.ImageTranslationError]) -> list[type[errors.ImageTranslationError]]:
    children = kind.__subclasses__()
    return [leaf for child in children for leaf in leaves(child)] or [kind]


class ScriptedTarget:
    """Runs the function `behave` for every delivery."""

    def __init__(self) -> None:
        self.deliveries: list[Delivery] = []
        self.behave: Callable[[], DeliveryResult] = lambda: DeliveryResult(
            Disposition.DONE, lines=3
        )

    def handle(self, delivery: Delivery, timings: Timings) -> DeliveryResult:
        self.deliveries.append(delivery)
        with timings.measure("ocr"):
            return self.behave()


class Served:
    """An endpoint behind functions-framework, without a network."""

    def __init__(self, function: str = "push", max_requests: int = 8) -> None:
        self.target = ScriptedTarget()
        self.output = io.StringIO()
        self.memory = {"memory_mb": 100, "memory_limit_mb": 1000}
        self.flask: Flask = functions_framework.create_app(function, main.__file__, "http")
        self.flask.extensions[EXTENSION] = Endpoint(
            self.target,
            event=Event.DELIVERY,
            logger=make_logger(self.output),
            max_requests=max_requests,
            memory=lambda: self.memory,
            project="my-project",
        )

    @property
    def client(self) -> FlaskClient:
        return self.flask.test_client()

    @property
    def lines(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.output.getvalue().splitlines()]


@pytest.mark.parametrize("function", ["push", "dead_letter"])
def test_a_settled_delivery_is_acknowledged_and_logged_once(function: str) -> None:
    """Given a delivery that is done, when it is pushed, then the answer is 204 and one canonical
    line is logged.
    """
    served = Served(function)
    response = served.client.post("/", data=push_body("menu.png"))
    assert (response.status_code, response.data) == (204, b"")
    (line,) = served.lines
    assert line["event"] == "delivery"
    assert line["severity"] == "INFO"
    assert line["object"] == "gs://uploads/menu.png"
    assert (line["disposition"], line["lines"]) == ("done", 3)
    assert line["message_id"] == "1"
    assert line["memory_limit_mb"] == 1000
    assert {"ocr", "total"} <= set(line["timings_ms"])


TRACE, SPAN = "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"


def test_every_line_of_a_request_names_its_trace() -> None:
    """Given a traceparent, when a delivery and a refused request come with it, then every line
    has Cloud Logging's fields of the trace.
    """
    served = Served()
    served.memory["memory_mb"] = 999
    headers = {"traceparent": f"00-{TRACE}-{SPAN}-01"}
    served.client.post("/", data=push_body(), headers=headers)
    served.client.put("/", headers=headers)
    assert [line["event"] for line in served.lines] == ["delivery", "memory_high", "refused"]
    for line in served.lines:
        assert line["logging.googleapis.com/trace"] == f"projects/my-project/traces/{TRACE}"
        assert line["logging.googleapis.com/spanId"] == SPAN


@pytest.mark.parametrize(
    "header",
    [
        "",
        "nonsense",
        f"00-{TRACE}-{SPAN}",
        f"00-{TRACE.upper()}-{SPAN}-01",
        f"00-{'0' * 32}-{SPAN}-01",
        f"00-{TRACE}-{'0' * 16}-01",
        f"ff-{TRACE}-{SPAN}-01",
        f"00-{TRACE}-{SPAN}-01\u0661",
        "00-" + "a" * 10_000,
    ],
)
def test_an_invalid_traceparent_is_ignored(header: str) -> None:
    """Given a header that names no trace, then the delivery is as without it."""
    served = Served()
    answer = served.client.post("/", data=push_body(), headers={"traceparent": header.encode()})
    assert answer.status_code == 204
    assert "logging.googleapis.com/trace" not in served.lines[0]


def test_the_canonical_line_has_the_inputs_of_the_cost() -> None:
    """Given a delivery that takes time, then its line has vCPU-seconds and billed characters."""
    served = Served()

    def work() -> DeliveryResult:
        time.sleep(0.05)
        return DeliveryResult(Disposition.DONE, characters_billed=7)

    served.target.behave = work
    served.client.post("/", data=push_body())
    (line,) = served.lines
    assert line["characters_billed"] == 7
    assert 0.05 * available_cores() <= line["vcpu_seconds"] < 1


def raising(error: BaseException) -> Callable[[], DeliveryResult]:
    def behave() -> DeliveryResult:
        raise error

    return behave


@pytest.mark.parametrize("kind", leaves(errors.TransientError))
def test_every_transient_error_is_delivered_again(kind: type[errors.TransientError]) -> None:
    """Given any transient error, when pushed, then the answer is 429 or 503 with
    Retry-After and its code.
    """
    served = Served()
    served.target.behave = raising(kind("not now"))
    response = served.client.post("/", data=push_body())
    assert response.status_code in {429, 503}
    assert response.status_code == kind.status
    assert int(response.headers["Retry-After"]) > 0
    assert response.get_json()["error"] == kind.code
    (line,) = served.lines
    assert (line["disposition"], line["code"], line["severity"]) == ("retry", kind.code, "WARNING")


def test_a_bug_is_delivered_again_with_its_traceback_logged() -> None:
    """Given an undeclared exception, when pushed, then the answer is 500 and the log
    has the traceback.
    """
    served = Served()
    served.target.behave = raising(ZeroDivisionError("a bug"))
    assert served.client.post("/", data=push_body()).status_code == 500
    (line,) = served.lines
    assert line["severity"] == "ERROR"
    assert "Traceback" in line["message"]
    assert "ZeroDivisionError: a bug" in line["message"]


@pytest.mark.parametrize("body", [b"", b"not json", b"{}", b"[]", b'{"message": {}}'])
def test_a_body_that_is_no_event_is_acknowledged(body: bytes) -> None:
    """Given a body that names no object, when pushed, then it is logged as invalid and
    acknowledged.
    """
    served = Served()
    assert served.client.post("/", data=body).status_code == 204
    assert served.target.deliveries == []
    (line,) = served.lines
    assert (line["disposition"], line["code"]) == ("invalid", "invalid_event")


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE", "PATCH", "HEAD", "OPTIONS"])
def test_only_post_delivers(method: str) -> None:
    """Given another method than POST, when sent, then nothing is handled and the
    answer names POST.
    """
    served = Served()
    response = served.client.open("/", method=method, data=push_body())
    assert response.status_code == 405
    assert response.headers["Allow"] == "POST"
    assert served.target.deliveries == []


def test_health_is_answered_without_a_delivery() -> None:
    """Given GET /health, when sent, then the answer is 200 and nothing is logged."""
    served = Served()
    assert served.client.get("/health").status_code == 200
    assert served.lines == []


def test_a_body_larger_than_any_notification_is_acknowledged() -> None:
    """Given a body larger than any notification, when pushed, then it is invalid
    and not handled.
    """
    served = Served()
    response = served.client.post("/", data=push_body("a" * MAX_BODY_BYTES))
    assert response.status_code == 204
    assert served.target.deliveries == []
    assert served.lines[0]["code"] == "invalid_event"


def test_memory_past_85_percent_is_a_warning() -> None:
    """Given resident memory above 85 % of the limit, when pushed, then a separate
    warning is logged.
    """
    served = Served()
    served.memory["memory_mb"] = 851
    served.client.post("/", data=push_body())
    assert [line["event"] for line in served.lines] == ["delivery", "memory_high"]
    assert served.lines[1]["severity"] == "WARNING"


def test_requests_above_the_limit_are_refused_at_once() -> None:
    """Given the maximum number of requests, when another one arrives, then it is 429
    and the others continue.
    """
    served = Served(max_requests=2)
    full, release = threading.Barrier(3), threading.Event()

    def wait_inside() -> DeliveryResult:
        full.wait(10)
        release.wait(10)
        return DeliveryResult(Disposition.DONE)

    served.target.behave = wait_inside
    with ThreadPoolExecutor(2) as pool:
        inside = [pool.submit(lambda: served.client.post("/", data=push_body())) for _ in range(2)]
        full.wait(10)
        refused = served.client.post("/", data=push_body())
        release.set()
        statuses = [future.result().status_code for future in inside]
    assert refused.status_code == 429
    assert refused.get_json()["error"] == "overloaded"
    assert statuses == [204, 204]


@pytest.fixture(scope="module")
def shared() -> Served:
    """Makes one endpoint for many requests."""
    return Served()


@settings(max_examples=100, deadline=None)
@given(
    method=st.sampled_from(["POST", "GET", "PUT", "HEAD", "TRACE", "PROPFIND"]),
    path=st.text(st.characters(codec="ascii", categories=["L", "N", "P"]), max_size=30),
    body=st.binary(max_size=300),
    kind=st.sampled_from(["", "application/json", "multipart/form-data; boundary=x", "text/plain"]),
)
def test_any_request_gets_a_declared_status(
    shared: Served, method: str, path: str, body: bytes, kind: str
) -> None:
    """Given any method, path, body and type, when sent, then only declared statuses
    are answered.
    """
    response = shared.client.open("/" + quote(path), method=method, data=body, content_type=kind)
    # 308: werkzeug folds `//`; 404: functions-framework has no robots.txt.
    assert response.status_code in {200, 204, 308, 404, 405}
