"""The local chain: the same topics, subscriptions, buckets and services as in the cloud."""

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

from pipeline.errors import ConfigurationError
from pipeline.local.emulator import Emulator, start_emulator
from pipeline.local.processes import Child, answers, await_ready, free_port, start
from pipeline.local.storage_server import start_storage, storage_client

PROJECT = "local"
UPLOADS, RESULTS = "uploads", "results"

_SERVE = ("-c", "python:functions.gunicorn", "functions.wsgi:app")

# A restart of the subscriber takes seconds, and the emulator tries again every second: as in
# the cloud, where the backoff grows, a restart alone must not use up the attempts.
_MAX_ATTEMPTS = 100


@dataclass(frozen=True, slots=True)
class Chain:
    """What runs, where it listens, and where it logs."""

    emulator: Emulator
    storage_url: str
    storage: Child
    subscriber: Child
    subscriber_url: str
    dead_letters: Child
    logs: str
    topic: str

    @property
    def topic_path(self) -> str:
        """The uploads' topic by its full name."""
        return f"projects/{PROJECT}/topics/{self.topic}"

    def client(self) -> Client:
        """A storage client of the chain's server."""
        return storage_client(self.storage_url)

    def stop(self, *, kill: bool = False) -> None:
        """Ends everything the chain started, with `kill` at once; safe to call twice."""
        # The emulator first: gunicorn waits for connections that are kept alive.
        self.emulator.stop()
        children = (self.subscriber, self.dead_letters, self.storage)
        with ThreadPoolExecutor(len(children)) as pool:
            list(pool.map(lambda child: child.stop(kill=kill), children))

    def restart_subscriber(self, environment: Mapping[str, str]) -> "Chain":
        """The same chain with a new subscriber on the same port."""
        self.subscriber.stop(kill=True)
        port = self.subscriber_url.rsplit(":", 1)[1]
        child = start_target("push", int(port), Path(self.logs), self.storage_url, environment)
        return replace(self, subscriber=child)


@contextmanager
def running_chain(
    logs: Path,
    environment: Mapping[str, str] | None = None,
    *,
    max_attempts: int = _MAX_ATTEMPTS,
    storage_port: int | None = None,
) -> Iterator[Chain]:
    """The chain, ready; killed at the end, when whoever ran it has what they waited for.

    Raises:
        ConfigurationError: a part is missing or does not start; says what to do.
    """
    chain = start_chain(
        logs, environment or {}, max_attempts=max_attempts, storage_port=storage_port
    )
    try:
        yield chain
    finally:
        chain.stop(kill=True)


def start_chain(
    logs: Path,
    environment: Mapping[str, str],
    *,
    max_attempts: int = _MAX_ATTEMPTS,
    storage_port: int | None = None,
) -> Chain:
    """Starts every part and returns once uploads flow.

    `environment` may name another STORAGE_EMULATOR_HOST, such as a proxy before the port
    that was asked for.

    Raises:
        ConfigurationError: a part is missing or does not start; nothing is left behind.
    """
    shutil.rmtree(_temporary(logs), ignore_errors=True)
    with ExitStack() as undo:
        emulator = start_emulator(logs)
        undo.callback(emulator.stop)
        # An emulator that was there before may serve other chains: names of our own.
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
        ports = free_port(), free_port()
        children = []
        for target, port in zip(("push", "dead_letter"), ports, strict=True):
            child = start_target(target, port, logs, url, environment, wait=False)
            undo.callback(child.stop)
            children.append(child)
        emulator.await_ready(logs)
        # A second of imports, while the services start.
        from pipeline.local import topics  # noqa: PLC0415

        # Before anything can be uploaded: what is announced to no topic is lost.
        topics.create_topics(emulator.host, PROJECT, topic)
        for child, port in zip(children, ports, strict=True):
            _await_target(child, port, logs)
        chain = Chain(
            emulator,
            url,
            server,
            children[0],
            f"http://127.0.0.1:{ports[0]}",
            children[1],
            str(logs),
            topic,
        )
        # Once somebody listens: a refused connection counts as an attempt.
        endpoints = [f"http://{emulator.push_host}:{port}/" for port in ports]
        topics.subscribe(emulator.host, PROJECT, topic, endpoints, max_attempts)
        undo.pop_all()
    return chain


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
    """One service as Cloud Run would start it, `launcher` before its command.

    Raises:
        ConfigurationError: it refuses to start; with the end of its log.
    """
    # The environment's own settings hold, except for what makes this the local chain.
    settings = {
        "FUNCTION_TARGET": target,
        "HOST": "127.0.0.1",
        "PORT": str(port),
        "UPLOADS_BUCKET": UPLOADS,
        "RESULTS_BUCKET": RESULTS,
        "STORAGE_EMULATOR_HOST": environment.get("STORAGE_EMULATOR_HOST", storage_url),
        # A chain is killed at its end: what it keeps for its next worker is left behind.
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
    """Remembers a chain for `load`, so that another command can find or stop it."""
    state.parent.mkdir(parents=True, exist_ok=True)
    state.write_text(json.dumps(asdict(chain), indent=2))


def load(state: Path) -> Chain:
    """The chain that `save` remembered.

    Raises:
        ConfigurationError: none runs.
    """
    try:
        told = json.loads(state.read_text())
    except (OSError, ValueError) as error:
        raise ConfigurationError("no local chain runs: start one with `make up`") from error
    emulator = told.pop("emulator")
    child = emulator.pop("child")
    children = {name: Child(**told.pop(name)) for name in ("storage", "subscriber", "dead_letters")}
    return Chain(
        Emulator(child=Child(**child) if child else None, **emulator),
        told["storage_url"],
        children["storage"],
        children["subscriber"],
        told["subscriber_url"],
        children["dead_letters"],
        told["logs"],
        told["topic"],
    )
