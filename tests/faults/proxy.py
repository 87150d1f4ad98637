"""A reverse proxy for storage server, translator and results topic; it injects faults.

The real clients of the subscriber connect through it; those of the test connect directly. It
also receives the reports of the engine under test (`POST /stage/decode/...`), so that a test
can observe and hold every stage of a delivery in one place.
"""

import base64
import json
import socket
import struct
import threading
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Final
from urllib.parse import unquote, urlsplit

import urllib3

from tests.support.exchanges import Exchange, Passed

_OWN_HEADERS = {"connection", "content-length", "transfer-encoding", "server", "date"}


@dataclass(frozen=True, slots=True)
class Answer:
    """The answer to a request; `length`, if given, is sent instead of the body's length."""

    status: int
    body: bytes = b""
    headers: tuple[tuple[str, str], ...] = ()
    length: int | None = None


class Dropped(Exception):  # noqa: N818 - not an error: the connection is reset
    """There is no answer: the connection is reset."""


Forward = Callable[[], Answer]
Fault = Callable[[Exchange, Forward], Answer]


class Proxy(ThreadingHTTPServer):
    """Forwards to the three servers; `faults` decide what happens to each request."""

    daemon_threads = True
    request_queue_size: Final = 128  # type: ignore[misc]

    def __init__(self, storage: str, translator: str, pubsub: str) -> None:
        super().__init__(("127.0.0.1", 0), _Connection)
        self._servers = {"/v1/": pubsub, "/v3/": translator, "/": storage}
        self.timeline: list[Passed] = []
        self.faults: list[Fault] = []
        self.dropped = 0
        self._pool = urllib3.PoolManager(maxsize=32, retries=False)
        threading.Thread(target=self.serve_forever, args=(0.02,), daemon=True).start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Prints nothing when a client was killed."""

    def answer(
        self, method: str, target: str, headers: Iterable[tuple[str, str]], body: bytes
    ) -> Answer:
        """The answer to a request after all faults are applied.

        Raises:
            Dropped: the connection must be reset.
        """
        exchange = classify(method, target, body)
        passed = Passed(exchange)

        def forward() -> Answer:
            passed.executed = True
            if target.startswith("/stage/"):
                return Answer(204)
            self.timeline.append(passed)
            kept = {name: value for name, value in headers if name.lower() != "host"}
            base = next(url for path, url in self._servers.items() if target.startswith(path))
            got = self._pool.request(
                method, base + target, body=body, headers=kept, decode_content=False, timeout=60
            )
            passed.executed = got.status < 300
            return Answer(got.status, got.data, tuple(got.headers.items()))

        step: Forward = forward
        for fault in reversed(list(self.faults)):
            step = _applied(fault, exchange, step)
        try:
            answer = step()
        except Dropped:
            self.dropped += 1
            raise
        else:
            passed.answered = answer.status < 300
            return answer


def _applied(fault: Fault, exchange: Exchange, forward: Forward) -> Forward:
    return lambda: fault(exchange, forward)


def classify(method: str, target: str, body: bytes) -> Exchange:
    """The step of a request: from its method, its path and, if these are not enough, its body."""
    parts = urlsplit(target)
    path = parts.path
    if path.startswith("/stage/"):
        _, _, step, text = path.split("/", 3)
        return Exchange(step, texts=(unquote(text),))
    if path.endswith(":translateText"):
        return Exchange("translate", texts=tuple(json.loads(body)["contents"]))
    if path.endswith("/supportedLanguages"):
        return Exchange("start")
    if method == "POST" and (path.endswith(":publish") or path.startswith("/upload/")):
        return _publication(body) if path.endswith(":publish") else _write(body)
    if method == "GET" and "/o/" in path:
        name = unquote(path.split("/o/", 1)[1])
        step = "download" if "alt=media" in parts.query else "stat"
        return Exchange(step, name)
    return Exchange("list" if path.endswith("/o") else "other")


def _publication(body: bytes) -> Exchange:
    announced = json.loads(base64.b64decode(json.loads(body)["messages"][0]["data"]))
    _, _, name = announced["uri"].removeprefix("gs://").partition("/")
    return Exchange("publish", name, generation=announced["generation"])


def _write(body: bytes) -> Exchange:
    resource = json.loads(body.split(b"\r\n\r\n", 1)[1].split(b"\r\n", 1)[0])
    generation = resource.get("metadata", {}).get("source-generation", "")
    return Exchange("write", resource["name"], generation=generation)


class _Connection(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Proxy
    disable_nagle_algorithm = True

    def _serve(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        try:
            answer = self.server.answer(self.command, self.path, self.headers.items(), body)
        except (Dropped, urllib3.exceptions.HTTPError):
            self._reset()
            return
        self.send_response_only(answer.status)
        for name, value in answer.headers:
            if name.lower() not in _OWN_HEADERS:
                self.send_header(name, value)
        if answer.status != 204:
            length = len(answer.body) if answer.length is None else answer.length
            self.send_header("Content-Length", str(length))
        self.end_headers()
        self.wfile.write(answer.body)
        if answer.length is not None and answer.length != len(answer.body):
            self.close_connection = True

    do_GET = do_POST = do_PUT = do_DELETE = do_PATCH = _serve  # noqa: N815

    def _reset(self) -> None:
        self.close_connection = True
        with suppress(OSError):
            # Zero seconds of lingering: the client sees a reset instead of a normal end.
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            self.connection.close()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class names it so
        pass
