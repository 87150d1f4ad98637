"""The results topic over HTTP: a server that answers, refuses, resets, waits, or has no topic."""

import base64
import json
import socket
import threading
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from pipeline.errors import ConfigurationError, TopicUnavailableError
from pipeline.outcomes import results_topic
from pipeline.outcomes.announcer import Announcement
from pipeline.outcomes.results_topic import EMULATOR, PUBLISH_SECONDS, ResultsTopic

TOPIC = "projects/local/topics/outcomes"
ANNOUNCEMENT = Announcement(b'{"uri": "gs://uploads/a.png"}', {"status": "translated"})
CPU_LIMIT_MS = 3


class TopicServer(ThreadingHTTPServer):
    """Answers with the next of `statuses`, then 200; 0 resets, -1 sends nothing."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Requests)
        self.statuses: list[int] = []
        self.published: list[dict[str, Any]] = []
        self.stopped = threading.Event()
        threading.Thread(target=self.serve_forever, args=(0.02,), daemon=True).start()

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Prints nothing when a connection was reset."""


class _Requests(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: TopicServer

    def _serve(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        status = self.server.statuses.pop(0) if self.server.statuses else 200
        if status == -1:
            self.server.stopped.wait(30)
        if status <= 0:
            self.close_connection = True
            self.connection.shutdown(socket.SHUT_RDWR)
            return
        if self.command == "POST" and status == 200:
            assert self.path == f"/v1/{TOPIC}:publish"
            self.server.published += json.loads(body)["messages"]
        answer = b'{"messageIds": ["1"]}'
        self.send_response(status)
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    do_GET = do_POST = _serve  # noqa: N815 - http.server's names

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class names it so
        pass


@pytest.fixture
def server() -> Iterator[TopicServer]:
    with TopicServer() as made:
        yield made
        made.stopped.set()
        made.shutdown()


@pytest.fixture
def topic(server: TopicServer, monkeypatch: pytest.MonkeyPatch) -> ResultsTopic:
    monkeypatch.setenv(EMULATOR, f"127.0.0.1:{server.server_port}")
    return ResultsTopic.from_environment(TOPIC)


def test_a_message_arrives_as_it_was_made(server: TopicServer, topic: ResultsTopic) -> None:
    """Given an announcement, when published, then data and attributes arrive."""
    topic.publish(ANNOUNCEMENT)
    (message,) = server.published
    assert base64.b64decode(message["data"]) == ANNOUNCEMENT.data
    assert message["attributes"] == ANNOUNCEMENT.attributes


def test_a_kept_connection_that_was_closed_is_no_failure(
    server: TopicServer, topic: ResultsTopic
) -> None:
    """Given a connection that ends before the answer, when published, then a second try passes."""
    topic.publish(ANNOUNCEMENT)
    server.statuses = [0]
    topic.publish(ANNOUNCEMENT)
    assert len(server.published) == 2


@pytest.mark.parametrize("statuses", [[403], [404], [429], [500], [503], [0, 0]], ids=str)
def test_a_message_that_is_not_accepted_is_transient(
    server: TopicServer, topic: ResultsTopic, statuses: list[int]
) -> None:
    """Given a topic that refuses or resets, when published, then the delivery is tried again."""
    server.statuses = statuses
    with pytest.raises(TopicUnavailableError, match=TOPIC):
        topic.publish(ANNOUNCEMENT)


def test_a_topic_that_never_answers_costs_a_bounded_time(
    server: TopicServer, topic: ResultsTopic, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Given a server that accepts the request and is silent, when published, then it gives up."""
    assert PUBLISH_SECONDS <= 10
    monkeypatch.setattr(results_topic, "_ATTEMPT_SECONDS", (0.3, 0.3))
    monkeypatch.setattr(results_topic, "PUBLISH_SECONDS", 1)
    server.statuses = [-1, -1, -1]
    before = time.monotonic()
    with pytest.raises(TopicUnavailableError, match="does not answer"):
        topic.publish(ANNOUNCEMENT)
    assert time.monotonic() - before < 3


def test_a_topic_that_exists_lets_the_process_start(
    server: TopicServer, topic: ResultsTopic, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Given a grant that takes effect late, when verified, then it is waited for."""
    monkeypatch.setattr(results_topic, "_GRANT_POLL_SECONDS", 0.01)
    server.statuses = [403, 403, 200]
    topic.verify(give_up_at=time.monotonic() + 5)
    assert server.statuses == []


@pytest.mark.parametrize(
    ("status", "advice"),
    [
        (404, r"does not exist: create it with `gcloud pubsub topics create projects/local/"),
        (403, r"grant this account roles/pubsub\.publisher and roles/pubsub\.viewer"),
        (0, r"RESULTS_TOPIC=projects/local/topics/outcomes: ConnectionError"),
    ],
)
def test_a_topic_that_cannot_be_used_is_refused_at_the_start(
    server: TopicServer, topic: ResultsTopic, status: int, advice: str
) -> None:
    """Given no topic, no grant or no server, when verified, then the error says what to do."""
    server.statuses = [status] * 3
    with pytest.raises(ConfigurationError, match=advice):
        topic.verify(give_up_at=time.monotonic())


def test_a_publication_costs_little_cpu(topic: ResultsTopic) -> None:
    """Given a kept connection, when 200 are published, then each takes at most 3 ms of CPU."""
    topic.publish(ANNOUNCEMENT)
    assert cpu_ms(lambda: topic.publish(ANNOUNCEMENT), 200) <= CPU_LIMIT_MS


def cpu_ms(work: Callable[[], None], times: int) -> float:
    """Milliseconds of CPU of this thread for one run of `work`; the server has its own threads."""
    before = time.thread_time()
    for _ in range(times):
        work()
    spent = (time.thread_time() - before) * 1000 / times
    print(f"{spent:.2f} ms of CPU")  # noqa: T201 - pytest -s shows the figure
    return spent
