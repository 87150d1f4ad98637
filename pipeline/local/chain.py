"""Starts and stops the local chain: topics, subscriptions, buckets and services as in the cloud."""

import json
import os
import shutil
import sys
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from google.cloud.storage import Client

from pipeline.errors import ConfigurationError, UsageError
from pipeline.local.emulator import Emulator, start_emulator
from pipeline.local.processes import Child, answers, await_ready, free_port, start
from pipeline.local.storage_server import start_storage, storage_client

PROJECT = "local"
UPLOADS, RESULTS = "uploads", "results"

_SERVE = ("-c", "python:functions.gunicorn", "functions.wsgi:app")

MAX_ATTEMPTS = 100
"""More than in the cloud: the emulator retries every second, so a restart uses up several."""


@dataclass(frozen=True, slots=True)
class Chain:
    """The processes of a running chain, their addresses and their log folder."""

    emulator: Emulator
    storage_url: str
    storage: Child
    subscriber: Child
    subscriber_url: str
    dead_letters: Child
    logs: str
    topic: str
    drop: Child | None = None
    """The process that watches a drop folder."""
    review: Child | None = None
    review_url: str = ""

    @property
    def topic_path(self) -> str:
        """The full name of the uploads topic."""
        return f"projects/{PROJECT}/topics/{self.topic}"

    def client(self) -> Client:
        """A client of the chain's storage server."""
        return storage_client(self.storage_url)

    def stop(self, *, kill: bool = False) -> None:
        """Stops every process of the chain, with `kill` at once; safe to call twice."""
        if self.drop:
            self.drop.stop(kill=kill)
        # The emulator before the services, because gunicorn waits until its connections close.
        self.emulator.stop()
        children = [self.subscriber, self.dead_letters, self.storage]
        children += [self.review] if self.review else []
        with ThreadPoolExecutor(len(children)) as pool:
            list(pool.map(lambda child: child.stop(kill=kill), children))

    def restart_subscriber(self, environment: Mapping[str, str]) -> "Chain":
        """Kills the subscriber and starts a new one on the same port."""
        self.subscriber.stop(kill=True)
        port = self.subscriber_url.rsplit(":", 1)[1]
        child = start_target("push", int(port), Path(self.logs), self.storage_url, environment)
        return replace(self, subscriber=child)

    def with_review(self, environment: Mapping[str, str]) -> "Chain":
        """Starts the review page.

        Raises:
            ConfigurationError: it does not start; then the chain is stopped.
        """
        port = free_port()
        try:
            child = start_target("review", port, Path(self.logs), self.storage_url, environment)
        except ConfigurationError:
            self.stop()
            raise
        return replace(self, review=child, review_url=f"http://127.0.0.1:{port}/")


@contextmanager
def running_chain(
    logs: Path,
    environment: Mapping[str, str] | None = None,
    *,
    max_attempts: int = MAX_ATTEMPTS,
    storage_port: int | None = None,
    emulator_port: int | None = None,
) -> Iterator[Chain]:
    """Yields a running chain and kills it at the end of the block.

    Raises:
        ConfigurationError: a part is not installed or does not start.
    """
    chain = start_chain(
        logs,
        environment or {},
        max_attempts=max_attempts,
        storage_port=storage_port,
        emulator_port=emulator_port,
    )
    try:
        yield chain
    finally:
        chain.stop(kill=True)


def start_chain(
    logs: Path,
    environment: Mapping[str, str],
    *,
    max_attempts: int = MAX_ATTEMPTS,
    storage_port: int | None = None,
    emulator_port: int | None = None,
) -> Chain:
    """Starts every part and returns when uploads are processed.

    `environment` may set STORAGE_EMULATOR_HOST and PUBSUB_EMULATOR_HOST to proxies of the two
    ports. Where it has RESULTS_TOPIC, that topic is created.

    Raises:
        ConfigurationError: a part is not installed or does not start; no process is left.
    """
    shutil.rmtree(_temporary(logs), ignore_errors=True)
    with ExitStack() as undo:
        emulator = start_emulator(logs, port=emulator_port)
        undo.callback(emulator.stop)
        # Unique, because an emulator that was running already may serve other chains.
        topic = f"uploads-{os.getpid()}-{free_port()}"
        url, server = start_storage(
            logs,
            project=PROJECT,
            topic=topic,
            uploads=UPLOADS,
            emulator_host=emulator.host,
            port=storage_port,
        )
        undo.callback(server.stop)
        client = storage_client(url)
        for bucket in (UPLOADS, RESULTS):
            client.create_bucket(bucket)
        environment = _with_results_topic(environment, emulator, logs)
        ports = free_port(), free_port()
        subscriber = start_target("push", ports[0], logs, url, environment, wait=False)
        undo.callback(subscriber.stop)
        dead_letters = start_target("dead_letter", ports[1], logs, url, environment, wait=False)
        undo.callback(dead_letters.stop)
        emulator.await_ready(logs)
        # This import takes a second, in which the services start.
        from pipeline.local import topics  # noqa: PLC0415

        # Before the first upload, because a notification without a topic is lost.
        topics.create_topics(emulator.host, PROJECT, topic)
        _await_target(subscriber, ports[0], logs)
        _await_target(dead_letters, ports[1], logs)
        # After the services are ready, because a refused connection counts as an attempt.
        endpoints = [f"http://{emulator.push_host}:{port}/" for port in ports]
        topics.subscribe(emulator.host, PROJECT, topic, endpoints, max_attempts)
        undo.pop_all()
    return Chain(
        emulator=emulator,
        storage_url=url,
        storage=server,
        subscriber=subscriber,
        subscriber_url=f"http://127.0.0.1:{ports[0]}",
        dead_letters=dead_letters,
        logs=str(logs),
        topic=topic,
    )


def _with_results_topic(
    environment: Mapping[str, str], emulator: Emulator, logs: Path
) -> Mapping[str, str]:
    """Creates the topic of RESULTS_TOPIC, if it is set; a service does not start without it."""
    if "RESULTS_TOPIC" not in environment:
        return environment
    from pipeline.local import topics  # noqa: PLC0415 - it takes a second

    emulator.await_ready(logs)
    topics.create_topic(emulator.host, environment["RESULTS_TOPIC"])
    return {"PUBSUB_EMULATOR_HOST": emulator.host, **environment}


def start_target(
    target: str,
    port: int,
    logs: Path,
    storage_url: str,
    environment: Mapping[str, str],
    *,
    wait: bool = True,
    launcher: Sequence[str] = (),
) -> Child:
    """Starts one service with the command of the container, after `launcher`.

    Raises:
        ConfigurationError: the service does not start; the message has the end of its log.
    """
    # These override the environment.
    settings = {
        "FUNCTION_TARGET": target,
        "HOST": "127.0.0.1",
        "PORT": str(port),
        "UPLOADS_BUCKET": UPLOADS,
        "RESULTS_BUCKET": RESULTS,
        "STORAGE_EMULATOR_HOST": environment.get("STORAGE_EMULATOR_HOST", storage_url),
        # A killed service leaves its crash journal, which the next chain deletes here.
        "TMPDIR": str(_temporary(logs).resolve()),
    }
    _temporary(logs).mkdir(parents=True, exist_ok=True)
    child = start(
        target,
        [*launcher, sys.executable, "-m", "gunicorn", *_SERVE],
        log=logs / f"{target}.log",
        environment={**os.environ, **environment, **settings},
    )
    if wait:
        _await_target(child, port, logs)
    return child


def _temporary(logs: Path) -> Path:
    return logs / "tmp"


def _await_target(child: Child, port: int, logs: Path) -> None:
    health = f"http://127.0.0.1:{port}/health"
    await_ready(child, lambda: answers(health), logs / f"{child.name}.log")


def save(chain: Chain, state: Path) -> None:
    """Writes a chain to a file, so that another command can `load` and stop it."""
    state.parent.mkdir(parents=True, exist_ok=True)
    state.write_text(json.dumps(asdict(chain), indent=2))


def load(state: Path) -> Chain:
    """The chain that `save` wrote.

    Raises:
        UsageError: there is no such file.
    """
    try:
        saved = json.loads(state.read_text())
    except (OSError, ValueError) as error:
        raise UsageError("no local chain is running: start one with `make up`") from error
    emulator = saved.pop("emulator")
    child = emulator.pop("child")
    drop, review = saved.pop("drop"), saved.pop("review")
    return Chain(
        emulator=Emulator(child=Child(**child) if child else None, **emulator),
        storage=Child(**saved.pop("storage")),
        subscriber=Child(**saved.pop("subscriber")),
        dead_letters=Child(**saved.pop("dead_letters")),
        drop=Child(**drop) if drop else None,
        review=Child(**review) if review else None,
        **saved,
    )
