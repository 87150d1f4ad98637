"""Fixtures of the image tests: `make image-test` names the image; without it they skip."""

import os

import pytest

from tests.image.containers import Engine

BASE = "docker.io/library/python:3.11-slim-bookworm"

Figures = dict[str, str]
_FIGURES: pytest.StashKey[Figures] = pytest.StashKey()


@pytest.fixture(scope="session")
def engine() -> Engine:
    """The container engine: Docker or podman."""
    if not os.environ.get("IMAGE"):
        pytest.skip("`make image-test` runs these: it sets IMAGE")
    found = Engine.find()
    if found is None:
        pytest.fail("neither docker nor podman answers", pytrace=False)
    return found


@pytest.fixture(scope="session")
def image(engine: Engine) -> str:
    """The name of the image under test."""
    name = os.environ["IMAGE"]
    if not engine.succeeds("image", "inspect", name):
        pytest.fail(f"there is no image {name}: type `make image`", pytrace=False)
    return name


@pytest.fixture(scope="session")
def figures(request: pytest.FixtureRequest) -> Figures:
    """Measurements that are printed after the tests."""
    return request.config.stash.setdefault(_FIGURES, {})


def pytest_terminal_summary(
    terminalreporter: pytest.TerminalReporter, config: pytest.Config
) -> None:
    """Prints the measurements, even if tests fail."""
    for name, figure in config.stash.get(_FIGURES, {}).items():
        terminalreporter.write_line(f"{name:<44} {figure}")
