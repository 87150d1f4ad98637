"""A storm of refusals before the subscriber, as Cloud Run answers when it has no room."""

import json
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import requests

from tests.faults.conftest import FULL
from tests.faults.pubsub import move_pushes
from tests.faults.scene import Scene

SECONDS, IMAGES = (120, 300) if FULL else (10, 30)
MAX_ATTEMPTS = 100


class Door(ThreadingHTTPServer):
    """Passes every tenth push on to the subscriber and answers 429 to the others."""

    daemon_threads = True

    def __init__(self, subscriber_url: str) -> None:
        super().__init__(("127.0.0.1", 0), _Push)
        self.subscriber_url = subscriber_url
        self.refuses_until = time.monotonic() + SECONDS
        self.refused: Counter[str] = Counter()
        self._pushes = 0
        self._lock = threading.Lock()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"

    def answer(self, body: bytes) -> int:
        with self._lock:
            self._pushes += 1
            if time.monotonic() < self.refuses_until and self._pushes % 10:
                self.refused[json.loads(body)["message"]["messageId"]] += 1
                return 429
        return requests.post(self.subscriber_url, data=body, timeout=120).status_code


class _Push(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Door

    def do_POST(self) -> None:
        status = self.server.answer(self.rfile.read(int(self.headers["Content-Length"])))
        self.send_response_only(status)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class names it so
        """Prints nothing."""


@contextmanager
def refusing(scene: Scene) -> Iterator[Door]:
    """Moves the pushes to a door before the subscriber, and back."""
    door = Door(scene.chain.subscriber_url)
    threading.Thread(target=door.serve_forever, args=(0.02,), daemon=True).start()
    move_pushes(scene.chain, door.url)
    try:
        yield door
    finally:
        move_pushes(scene.chain, scene.chain.subscriber_url)
        door.shutdown()
        door.server_close()


def test_a_storm_of_refusals_fails_no_image(scene: Scene) -> None:
    """Given nine of ten pushes answered 429 for minutes, when the storm ends, then every image has
    its document and none was given up.
    """
    with refusing(scene) as door:
        scene.upload_all([f"storm/{n}.png" for n in range(IMAGES)])
        scene.audit(SECONDS + 120)
        assert sum(door.refused.values()) > 2 * IMAGES
        assert max(door.refused.values()) < MAX_ATTEMPTS
    assert not [line for line in scene.log_lines(event="dead_letter") if "object" in line]
