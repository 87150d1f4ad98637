"""The health check of the container."""

import os
import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

from pipeline.local.processes import free_port

ROOT = Path(__file__).parents[2]


class Health(BaseHTTPRequestHandler):
    """Answers with the status that the server has."""

    def do_GET(self) -> None:
        self.send_response(self.server.status if self.path == "/health" else 404)  # type: ignore[attr-defined]
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Prints nothing."""


def is_healthy(port: int) -> bool:
    environment = {**os.environ, "PORT": str(port), "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-m", "functions.health"]
    done = subprocess.run(command, env=environment, capture_output=True, check=False, timeout=20)
    return done.returncode == 0


@pytest.mark.parametrize(("status", "healthy"), [(200, True), (503, False)])
def test_the_status_of_the_service_is_that_of_the_check(status: int, healthy: bool) -> None:
    """Given a service that answers, when it is checked, then it is healthy only if the answer is
    a success.
    """
    with HTTPServer(("127.0.0.1", 0), Health) as server:
        server.status = status  # type: ignore[attr-defined]
        threading.Thread(target=server.serve_forever, daemon=True).start()
        try:
            assert is_healthy(server.server_port) is healthy
        finally:
            server.shutdown()


def test_a_service_that_does_not_listen_is_not_healthy() -> None:
    """Given no service, when it is checked, then it is not healthy."""
    assert not is_healthy(free_port())
