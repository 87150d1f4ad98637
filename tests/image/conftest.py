"""`make image-test` names the image; without one these tests have nothing to run."""

import os

import pytest

from tests.image.containers import Engine

BASE = "docker.io/library/python:3.11-slim-bookworm"

Figures = dict[str, str]
_FIGURES: pytest.StashKey[Figures] = pytest.StashKey()


@pytest.fixture(scope="session")
def engine() -> Engine:
    """Docker or podman."""
    if not os.environ.get("IMAGE"):
        pytest.skip("`make image-test` runs these: it sets IMAGE")
    found = Engine.find()
    if found is None:
        pytest.fail("neither docker nor podman answers", pytrace=False)
    return found


@pytest.fixture(scope="session")
def image(engine: Engine) -> str:
    """The image under test."""
    name = os.environ["IMAGE"]
    if not engine.succeeds("image", "inspect", name):
        pytest.fail(f"there is no image {name}: type `make image`", pytrace=False)
    return name


@pytest.fixture(scope="session")
def figures(request: pytest.FixtureRequest) -> Figures:
    """Measurements, printed at the end."""
    return request.config.stash.setdefault(_FIGURES, {})


def pytest_terminal_summary(
    terminalreporter: pytest.TerminalReporter, config: pytest.Config
) -> None:
    """Prints what was measured, passed or failed."""
    for name, figure in config.stash.get(_FIGURES, {}).items():
        terminalreporter.write_line(f"{name:<44} {figure}")
