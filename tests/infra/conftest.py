"""One copy of infra/, initialised once, and its plan."""

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
    """A copy of infra/ as it is; tests plan it with their own variables and edit copies of it."""
    with workspace() as made:
        yield made


@pytest.fixture(scope="session")
def plan(shipped: Workspace) -> Json:
    """The plan of somebody who set nothing but what must be set."""
    return shipped.plan()


@pytest.fixture
def edited(shipped: Workspace, tmp_path: Path) -> Workspace:
    """A copy of infra/ for one test to edit."""
    return shipped.copy(tmp_path / "infra")
