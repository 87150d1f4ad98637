"""Fixtures and rules that every kind of test uses."""

import os
from datetime import timedelta

import pytest
from hypothesis import settings

from pipeline.language.identification import LanguageIdentifier

# Tests of several processes share the cores: an example may wait longer than 0.2 seconds.
settings.register_profile("shared cores", deadline=timedelta(seconds=2))
settings.load_profile("shared cores")


def missing(what: str) -> None:
    """A service that is not there skips on a laptop and fails in continuous integration."""
    if os.environ.get("CI"):
        pytest.fail(f"{what} is missing, and CI is set", pytrace=False)
    pytest.skip(f"{what} is missing")


@pytest.fixture(scope="session")
def identifier() -> LanguageIdentifier:
    """The language identifier with its word lists, loaded once."""
    return LanguageIdentifier.load()
