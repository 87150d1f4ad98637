"""A subscriber for measurements: behind the emulator, or with direct pushes of the benchmark."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psutil
from google.cloud.storage import Client

from pipeline.local.chain import running_chain
from pipeline.local.processes import Child, free_port
from pipeline.local.services import RESULTS, UPLOADS, start_target
from pipeline.local.storage_server import start_storage, storage_client


@dataclass(frozen=True, slots=True)
class Service:
    """The subscriber, its storage and its log."""

    client: Client
    url: str
    child: Child
    log: Path

    def done(self) -> int:
        """The number of documents written so far."""
        return self.log.read_bytes().count(b'"disposition": "done"')

    def cpu_seconds(self) -> float:
        """CPU seconds that gunicorn's worker has used, in user and kernel mode."""
        [worker] = psutil.Process(self.child.pid).children()
        times = worker.cpu_times()
        return float(times.user + times.system)


@contextmanager
def behind_emulator(
    logs: Path,
    environment: Mapping[str, str],
    launcher: Sequence[str] = (),
    *,
    delivery: str = "push",
) -> Iterator[Service]:
    """The subscriber of the whole local chain; `launcher` is put before its command."""
    with running_chain(logs, environment, delivery=delivery) as chain:
        running = chain.restart_subscriber(environment, launcher=launcher) if launcher else chain
        try:
            client, url = chain.client(), chain.subscriber_url
            yield Service(client, url, running.subscriber, logs / "push.log")
        finally:
            running.stop(kill=True)


@contextmanager
def alone(
    logs: Path, environment: Mapping[str, str], launcher: Sequence[str] = ()
) -> Iterator[Service]:
    """A subscriber and a storage server that sends no notifications."""
    storage_url, server = start_storage(
        logs, project="local", topic="none", uploads="none", emulator_host="127.0.0.1:1"
    )
    try:
        client = storage_client(storage_url)
        for bucket in (UPLOADS, RESULTS):
            client.create_bucket(bucket)
        port = free_port()
        child = start_target("push", port, logs, storage_url, environment, launcher=launcher)
        try:
            yield Service(client, f"http://127.0.0.1:{port}", child, logs / "push.log")
        finally:
            child.stop(kill=True)
    finally:
        server.stop(kill=True)
