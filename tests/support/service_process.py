"""A service process on a real storage server; tests push to it as Pub/Sub does."""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil
import requests
from google.cloud.storage import Client

from pipeline.errors import ConfigurationError
from pipeline.local.processes import Child, free_port
from pipeline.local.services import RESULTS, UPLOADS, start_target
from pipeline.local.storage_server import start_storage, storage_client
from tests.conftest import missing

ROOT = Path(__file__).parents[2]
FAKE = {
    "OCR_ENGINE": "pipeline.ocr.fake:FakeOcrEngine",
    "TRANSLATOR": "pipeline.translation.engines.fake:FakeTranslator",
}


@dataclass(frozen=True, slots=True)
class Service:
    """The address, log and processes of a service."""

    url: str
    client: Client
    child: Child
    log: Path

    def push(self, body: bytes, headers: Mapping[str, str] | None = None) -> requests.Response:
        """Pushes as Pub/Sub does."""
        return requests.post(self.url, data=body, headers=headers, timeout=120)

    @property
    def worker(self) -> psutil.Process:
        """The one worker of gunicorn."""
        (worker,) = psutil.Process(self.child.pid).children()
        return worker

    @property
    def lines(self) -> list[dict[str, Any]]:
        """The log lines as JSON, without gunicorn's warnings of invalid requests."""
        lines = self.log.read_text().splitlines()
        return [json.loads(line) for line in lines if "[WARNING] Invalid request" not in line]


@contextmanager
def serving(
    logs: Path, environment: Mapping[str, str] | None = None, *, target: str = "push"
) -> Iterator[Service]:
    """A service that is ready and has two empty buckets.

    Raises:
        ConfigurationError: the service refuses to start.
    """
    try:
        url, server = start_storage(
            logs, project="local", topic="none", uploads="none", emulator_host="127.0.0.1:1"
        )
    except ConfigurationError as error:
        missing(str(error))
    client = storage_client(url)
    try:
        for bucket in (UPLOADS, RESULTS):
            client.create_bucket(bucket)
        port = free_port()
        settings = {"PYTHONPATH": str(ROOT), **FAKE, **(environment or {})}
        child = start_target(target, port, logs, url, settings)
        try:
            yield Service(f"http://127.0.0.1:{port}", client, child, logs / f"{target}.log")
        finally:
            child.stop(kill=True)
    finally:
        server.stop(kill=True)
