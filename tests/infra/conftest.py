"""One copy of infra/ that is initialised once, and its plan."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conftest import missing
from tests.infra.extract_schemas import Json
from tests.infra.terraform import Workspace, workspace


@pytest.fixture(scope="session")
def _terraform_is_installed() -> None:
    if shutil.which("terraform") is None:
        missing("terraform (https://developer.hashicorp.com/terraform/install)")


@pytest.fixture(scope="session")
def shipped(_terraform_is_installed: None) -> Iterator[Workspace]:
    """An unchanged copy of infra/; tests plan it with variables and edit copies of it."""
    with workspace() as made:
        yield made


@pytest.fixture(scope="session")
def plan(shipped: Workspace) -> Json:
    """The plan with only the required variables set."""
    return shipped.plan()


@pytest.fixture
def edited(shipped: Workspace, tmp_path: Path) -> Workspace:
    """A copy of infra/ that one test may edit."""
    return shipped.copy(tmp_path / "infra")
