"""Starts and stops the local chain: topics, subscriptions, buckets and services as in the cloud."""

import json
import os
import shutil
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from google.cloud.storage import Client

from pipeline.errors import ConfigurationError, UsageError
from pipeline.local.emulator import Emulator, start_emulator
from pipeline.local.processes import Child, free_port
from pipeline.local.services import (
    PROJECT,
    RESULTS,
    UPLOADS,
    start_pull,
    start_pulling,
    start_serving,
    start_target,
    temporary_files,
)
from pipeline.local.storage_server import start_storage, storage_client

__all__ = ["PROJECT", "RESULTS", "UPLOADS", "Chain", "load", "running_chain", "save", "start_chain"]


MAX_ATTEMPTS = 100
"""As in the cloud. The emulator retries every second, so a restart uses up several."""


@dataclass(frozen=True, slots=True)
class Chain:
    """The processes of a running chain, their addresses and their log folder.

    `delivery` is `push` or `pull`; a subscriber that pulls has no `subscriber_url`.
    """

    emulator: Emulator
    storage_url: str
    storage: Child
    subscriber: Child
    subscriber_url: str
    dead_letters: Child
    logs: str
    topic: str
    delivery: str = "push"
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

    @property
    def subscription(self) -> str:
        """The full name of the subscription to uploads."""
        return f"projects/{PROJECT}/subscriptions/{self.topic}"

    def start_subscriber(
        self, environment: Mapping[str, str], *, launcher: Sequence[str] = ()
    ) -> Child:
        """Starts one more subscriber; one that is pushed to needs the port of the one before.

        Raises:
            ConfigurationError: it does not start.
        """
        logs = Path(self.logs)
        if self.delivery == "pull":
            return start_pull(
                "push",
                self.subscription,
                logs,
                self.storage_url,
                environment,
                emulator_host=self.emulator.host,
                launcher=launcher,
            )
        port = int(self.subscriber_url.rsplit(":", 1)[1])
        return start_target("push", port, logs, self.storage_url, environment, launcher=launcher)

    def restart_subscriber(
        self, environment: Mapping[str, str], *, launcher: Sequence[str] = ()
    ) -> "Chain":
        """Kills the subscriber and starts a new one in its place."""
        self.subscriber.stop(kill=True)
        return replace(self, subscriber=self.start_subscriber(environment, launcher=launcher))

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
    delivery: str = "push",
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
        delivery=delivery,
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
    delivery: str = "push",
    emulator_port: int | None = None,
) -> Chain:
    """Starts every part and returns when uploads are processed.

    `environment` may set STORAGE_EMULATOR_HOST and PUBSUB_EMULATOR_HOST to proxies of the two
    ports. Where it has RESULTS_TOPIC, that topic is created.

    Raises:
        ConfigurationError: a part is not installed or does not start; no process is left.
    """
    shutil.rmtree(temporary_files(logs), ignore_errors=True)
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
        start = start_pulling if delivery == "pull" else start_serving
        services = start(
            emulator,
            topic,
            logs=logs,
            storage_url=url,
            environment=environment,
            max_attempts=max_attempts,
            undo=undo,
        )
        undo.pop_all()
    return Chain(
        emulator=emulator,
        storage_url=url,
        storage=server,
        subscriber=services.subscriber,
        subscriber_url=services.url,
        dead_letters=services.dead_letters,
        logs=str(logs),
        topic=topic,
        delivery=delivery,
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
