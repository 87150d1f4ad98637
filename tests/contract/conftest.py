"""Real servers and real models for the contract suites."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from google.cloud import storage

from pipeline.local.storage_server import start_storage, storage_client


@pytest.fixture(scope="session")
def storage_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[storage.Client]:
    """A client of a real storage server that sends no notifications."""
    logs: Path = tmp_path_factory.mktemp("storage")
    url, child = start_storage(
        logs, project="local", topic="none", uploads="none", emulator_host="127.0.0.1:1"
    )
    yield storage_client(url)
    child.stop()
