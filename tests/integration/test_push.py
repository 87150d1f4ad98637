"""Requests of any form to a real server: only declared statuses, and the server stays up."""

import base64
import json
import socket
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import Any

import pytest
import requests
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.push_bodies import push_body
from tests.support.service_process import Service, serving

ACKNOWLEDGED = 204
HUGE = b"9" * 400_000

Json = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=20)
    | st.sampled_from([1e308, -1, 2**63, 2**64, 10**400, "", "\x00", "\ud800", "../../etc/passwd"])
)
Nested = st.recursive(
    Json,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=8,
)


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    with serving(tmp_path_factory.mktemp("service")) as running:
        yield running


@pytest.fixture(scope="module")
def guarded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    required = {"REQUIRE_PUSH_AUDIENCE": "https://subscriber.example"}
    with serving(tmp_path_factory.mktemp("guarded"), required) as running:
        yield running


@pytest.fixture(autouse=True)
def alive(service: Service) -> Iterator[None]:
    """Asserts after each test that the same worker answers and that it logged only JSON."""
    before = service.worker.pid
    yield
    assert requests.get(f"{service.url}/health", timeout=10).status_code == 200
    assert service.worker.pid == before
    assert {line["event"] for line in service.lines} <= {"started", "delivery", "refused"}
    assert not [line for line in service.lines if line["severity"] == "ERROR"]


def raw_answer(service: Service, sent: bytes) -> bytes:
    """Sends bytes unchanged and returns the server's answer."""
    port = int(service.url.rsplit(":", 1)[1])
    with socket.create_connection(("127.0.0.1", port), timeout=20) as connection:
        answer = b""
        # The server may answer and close the connection before it has read all bytes.
        with suppress(OSError):
            connection.sendall(sent)
            connection.shutdown(socket.SHUT_WR)
        with suppress(ConnectionResetError):
            while received := connection.recv(65_536):
                answer += received
    return answer


def status(answer: bytes) -> int:
    return int(answer.split(b" ", 2)[1]) if answer.startswith(b"HTTP/1.") else 0


BODIES = {
    "nested lists": b"[" * 500_000,
    "nested objects": b'{"a":' * 150_000,
    "nested message": b'{"message":{"data":"' + base64.b64encode(b"[" * 300_000) + b'"}}',
    "huge number": b'{"message": ' + HUGE + b"}",
    "huge exponent": b'{"message": 1e' + HUGE[:5000] + b"}",
    "not a number": b'{"message": NaN}',
    "ten megabytes": b"x" * 10_000_000,
    "not UTF-8": b"\xff\xfe\x00",
    "UTF-16": push_body().decode().encode("utf-16"),
    "a byte order mark": b"\xef\xbb\xbf" + push_body(bucket="elsewhere"),
    "zeros": bytes(1000),
    "multipart": b"--x\r\nContent-Disposition: form-data; name=f; filename=f\r\n\r\n" + bytes(99),
}


@pytest.mark.parametrize("body", BODIES.values(), ids=BODIES.keys())
def test_an_unreadable_body_is_acknowledged(service: Service, body: bytes) -> None:
    """Given an unreadable body, when pushed, then it is acknowledged, because a retry
    would not help.
    """
    assert service.push(body).status_code == ACKNOWLEDGED


def changed(**changes: Any) -> bytes:
    push = json.loads(push_body(bucket="elsewhere"))
    message = push["message"]
    for name, value in changes.items():
        place = push if name in push else message if name in message else message["attributes"]
        place[name] = value
    return json.dumps(push).encode()


PUSHES = {
    "another subscription": changed(subscription="projects/x/subscriptions/other"),
    "no subscription": changed(subscription=None),
    "a subscription that is a list": changed(subscription=[1]),
    "data that is not base64": changed(data="!!!"),
    "data with only base64 padding": changed(data="===="),
    "a negative generation": changed(objectGeneration="-1"),
    "a generation beyond 64 bits": changed(objectGeneration=str(2**64)),
    "a generation of digits of another script": changed(objectGeneration="\u0661\u0662"),
    "a name that is a number": changed(objectId=7),
    "a name with half a surrogate": changed(objectId="\ud800"),
    "a name of control characters": changed(objectId="a\x00\n\x1b[31m.png"),
    "an event of another kind": changed(eventType="OBJECT_DELETE"),
    "attributes that are a list": changed(attributes=[]),
    "twice the message": push_body(bucket="elsewhere")[:-1] + b', "message": {"data": ""}}',
}


@pytest.mark.parametrize("body", PUSHES.values(), ids=PUSHES.keys())
def test_an_odd_push_is_acknowledged(service: Service, body: bytes) -> None:
    """Given an odd push of another bucket, when pushed, then it is acknowledged and
    writes nothing.
    """
    assert service.push(body).status_code == ACKNOWLEDGED
    assert not list(service.client.list_blobs("results"))


def test_a_push_of_another_subscription_is_handled(service: Service) -> None:
    """Given an event of our bucket, when another subscription pushes it, then it is handled."""
    push = json.loads(push_body("gone.png", generation=5))
    push["subscription"] = "projects/elsewhere/subscriptions/other"
    assert service.push(json.dumps(push).encode()).status_code == ACKNOWLEDGED
    assert service.lines[-1]["disposition"] == "gone"


@settings(max_examples=150, deadline=None)
@given(
    message=st.dictionaries(st.sampled_from(["data", "attributes", "messageId"]), Nested),
    rest=Nested,
)
def test_any_json_gets_a_declared_status(
    service: Service, message: dict[str, Any], rest: Any
) -> None:
    """Given any JSON in the place of a push, when pushed, then only declared
    statuses are answered.
    """
    body = json.dumps({"message": message, "subscription": rest, "deliveryAttempt": rest}).encode()
    assert service.push(body).status_code == ACKNOWLEDGED


METHODS = ["POST", "GET", "PUT", "DELETE", "PATCH", "TRACE", "PROPFIND", "CONNECT"]
PATHS = st.text(st.characters(min_codepoint=33, max_codepoint=126), max_size=40)
HEADER_NAMES = st.from_regex(r"[A-Za-z][A-Za-z-]{0,30}", fullmatch=True)
HEADER_VALUES = st.text(
    st.characters(min_codepoint=32, max_codepoint=255, exclude_characters="\x7f"), max_size=60
)


@settings(max_examples=150, deadline=None)
@given(
    st.sampled_from(METHODS), PATHS, st.tuples(HEADER_NAMES, HEADER_VALUES), st.binary(max_size=200)
)
def test_any_request_gets_a_declared_status(
    service: Service, method: str, path: str, header: tuple[str, str], body: bytes
) -> None:
    """Given any method, path, header and body, when sent, then only declared
    statuses are answered.
    """
    head = f"{method} /{path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n{': '.join(header)}\r\n"
    sent = head.encode("latin-1") + b"Content-Length: %d\r\n\r\n" % len(body) + body
    answered = status(raw_answer(service, sent))
    # 308, 404: paths of functions-framework; 400, 417, 431, 501: gunicorn refuses the request
    # line or a header; 200: only health answers so.
    assert answered in {200, 204, 308, 400, 404, 405, 417, 431, 501}
    assert answered != 200 or (method in {"GET", "HEAD"} and path.startswith("health"))


POST = b"POST / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n"
CHUNKED = POST + b"Transfer-Encoding: chunked\r\n\r\n"
SMUGGLED = (
    b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nGET /admin HTTP/1.1\r\n\r\n"
)
WIRE = {
    "chunked": (CHUNKED + b"5\r\nhello\r\n0\r\n\r\n", {204}),
    "a chunk of no size": (CHUNKED + b"zz\r\nhello\r\n0\r\n\r\n", {400}),
    "a chunk longer than it says": (CHUNKED + b"2\r\nhello\r\n0\r\n\r\n", {400}),
    "a last chunk that is missing": (CHUNKED + b"5\r\nhello\r\n", {400}),
    "less than its length": (POST + b"Content-Length: 500\r\n\r\nhello", {400}),
    "more than its length": (POST + b"Content-Length: 2\r\n\r\nhello", {204}),
    "a negative length": (POST + b"Content-Length: -1\r\n\r\n", {400}),
    "a length in words": (POST + b"Content-Length: all\r\n\r\n", {400}),
    "two lengths": (POST + b"Content-Length: 2\r\nContent-Length: 5\r\n\r\nhello", {400}),
    "a length and chunks": (POST + SMUGGLED, {204, 400}),
    "endless headers": (POST + b"X-Y: z\r\n" * 5_000 + b"\r\n", {0, 400, 431}),
    "an endless line": (b"POST /" + b"a" * 100_000 + b" HTTP/1.1\r\n\r\n", {0, 400, 414}),
    "no HTTP": (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", {0, 400}),
    "nothing": (b"", {0}),
}


@pytest.mark.parametrize(("sent", "allowed"), WIRE.values(), ids=WIRE.keys())
def test_malformed_http_is_refused(service: Service, sent: bytes, allowed: set[int]) -> None:
    """Given malformed HTTP or a wrong length, when sent, then it is refused without a wait."""
    assert status(raw_answer(service, sent)) in allowed


@pytest.mark.parametrize("share", [0, 0.5, 0.99])
def test_an_incomplete_push_is_not_acknowledged(service: Service, share: float) -> None:
    """Given a connection that ends within a push, when it closes, then the push is not
    acknowledged.
    """
    body = push_body("half.png")
    head = POST + b"Content-Length: %d\r\n\r\n" % len(body)
    assert status(raw_answer(service, head + body[: int(share * len(body))])) == 400


def test_unfinished_requests_do_not_block_others(service: Service) -> None:
    """Given thirty unfinished requests, when pushes arrive, then they are answered."""
    port = int(service.url.rsplit(":", 1)[1])
    half = b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n{"
    connections = [socket.create_connection(("127.0.0.1", port)) for _ in range(30)]
    try:
        for connection in connections:
            connection.sendall(half)
        with ThreadPoolExecutor(8) as pool:
            answers = list(pool.map(lambda _: service.push(b"{}").status_code, range(16)))
    finally:
        for connection in connections:
            connection.close()
    assert answers == [ACKNOWLEDGED] * 16


def test_a_required_token_is_checked(guarded: Service) -> None:
    """Given REQUIRE_PUSH_AUDIENCE, when a push has no token, then it is 401, and
    health is still answered.
    """
    assert guarded.push(push_body()).status_code == 401
    removed = {"Authorization": "Bearer eyJh.eyJh.SIGNATURE_REMOVED_BY_GOOGLE"}
    refused = guarded.push(push_body(), removed)
    assert refused.status_code == 401
    assert "REQUIRE_PUSH_AUDIENCE" in refused.json()["message"]
    assert requests.get(f"{guarded.url}/health", timeout=10).status_code == 200
    assert "eyJh" not in guarded.log.read_text()
