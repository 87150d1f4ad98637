"""The chains of the fault suite, its seed, and the choice of its short or full form."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from pipeline.errors import ConfigurationError
from tests.faults.scene import Scene, running_scene

FULL = bool(os.environ.get("FAULT_FULL"))
BRIEF_SECONDS = 1.5
SEED = int(os.environ.get("FAULT_SEED", "1"))
DELIVERY = os.environ.get("FAULT_DELIVERY", "push")
"""How messages reach the subscribers of both chains; scenarios marked `pull` hold for either."""

# The emulator delivers a message to a client that was killed, too, and counts it.
ATTEMPTS = 10 if DELIVERY == "pull" else 5


def pytest_report_header() -> str:
    return f"fault suite: FAULT_SEED={SEED}, {'full' if FULL else 'short'} form, {DELIVERY}"


def pytest_itemcollected(item: pytest.Item) -> None:
    """Marks the tests of the brief and the pulled chain: the Makefile runs chains in parallel."""
    for name in ("brief", "pulled"):
        if isinstance(item, pytest.Function) and name in item.fixturenames:
            item.add_marker(name)


@contextmanager
def _started(logs: Path, **settings: Any) -> Iterator[Scene]:
    try:
        # The short form does not wait for work that never ends.
        gunicorn = "" if FULL else "--graceful-timeout 3"
        with running_scene(logs, gunicorn=gunicorn, delivery=DELIVERY, **settings) as scene:
            yield scene
    except ConfigurationError as error:
        if os.environ.get("CI"):
            raise
        pytest.skip(str(error))


@pytest.fixture(scope="session")
def patient_chain(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    # Shorter than the default, so that a lease is extended in shorter steps.
    settings = {"DELIVERY_DEADLINE_SECONDS": "170"} if DELIVERY == "pull" else {}
    with _started(tmp_path_factory.mktemp("patient"), **settings) as scene:
        yield scene


@pytest.fixture(scope="session")
def brief_chain(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    settings = {"DELIVERY_DEADLINE_SECONDS": str(BRIEF_SECONDS)}
    with _started(tmp_path_factory.mktemp("brief"), max_attempts=ATTEMPTS, **settings) as scene:
        yield scene


@pytest.fixture
def scene(patient_chain: Scene, request: pytest.FixtureRequest) -> Scene:
    """A chain with a hundred attempts and empty buckets."""
    return _begun(patient_chain, request)


@pytest.fixture
def brief(brief_chain: Scene, request: pytest.FixtureRequest) -> Scene:
    """A chain with ATTEMPTS of BRIEF_SECONDS each and empty buckets."""
    return _begun(brief_chain, request)


def _begun(scene: Scene, request: pytest.FixtureRequest) -> Scene:
    print(f"FAULT_SEED={SEED}")  # noqa: T201 - pytest prints it for a failed test
    scene.begin(f"{SEED} {request.node.name}")
    return scene
