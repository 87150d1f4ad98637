"""The chain of the fault suite, its seed, and how much of it is to be run."""

import os
from collections.abc import Iterator

import pytest

from pipeline.errors import ConfigurationError
from tests.faults.scene import Scene, running_scene

FULL = bool(os.environ.get("FAULT_FULL"))
SEED = int(os.environ.get("FAULT_SEED", "1"))


def pytest_report_header() -> str:
    return f"fault suite: FAULT_SEED={SEED}, {'full' if FULL else 'short'} form"


@pytest.fixture(scope="module")
def chain_of_faults(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    try:
        with running_scene(tmp_path_factory.mktemp("logs"), SEED) as scene:
            yield scene
    except ConfigurationError as error:
        if os.environ.get("CI"):
            raise
        pytest.skip(str(error))


@pytest.fixture
def scene(chain_of_faults: Scene) -> Scene:
    """The chain, with nothing in its buckets."""
    print(f"FAULT_SEED={SEED}")  # noqa: T201 - pytest shows it where a test fails
    chain_of_faults.begin(SEED)
    return chain_of_faults
