"""Shared by every kind of test."""

import os

import pytest


def missing(what: str) -> None:
    """A service that is not there skips on a laptop and fails in continuous integration."""
    if os.environ.get("CI"):
        pytest.fail(f"{what} is missing, and CI is set", pytrace=False)
    pytest.skip(f"{what} is missing")
