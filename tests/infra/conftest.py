"""Terraform is a tool people may lack on a laptop; where CI is set its absence is a failure."""

import os
import shutil
from collections.abc import Iterator

import pytest

from tests.infra.extract_google_schema import Json
from tests.infra.terraform import Workspace, workspace


@pytest.fixture(scope="session")
def _terraform_is_installed() -> None:
    if shutil.which("terraform") is None:
        reason = "terraform is not installed: https://developer.hashicorp.com/terraform/install"
        if os.environ.get("CI"):
            pytest.fail(reason)
        pytest.skip(reason)


@pytest.fixture
def edited(_terraform_is_installed: None) -> Iterator[Workspace]:
    """A copy of infra/ for one test to edit."""
    with workspace() as made:
        yield made


@pytest.fixture(scope="session")
def shipped(_terraform_is_installed: None) -> Iterator[Workspace]:
    """A copy of infra/ as it is, shared by the tests that do not edit it."""
    with workspace() as made:
        yield made


@pytest.fixture(scope="session")
def plan(shipped: Workspace) -> Json:
    """The plan of somebody who set nothing but what must be set."""
    return shipped.plan()
