"""Fixtures and settings that all tests use."""

import os
from datetime import timedelta

import pytest
from hypothesis import settings

from pipeline.language.identification import LanguageIdentifier

# Tests in several processes share the cores: an example may take longer than 0.2 seconds.
settings.register_profile("shared cores", deadline=timedelta(seconds=2))
settings.load_profile("shared cores")


def missing(service: str) -> None:
    """Skips the test if a service is missing; fails it in continuous integration."""
    if os.environ.get("CI"):
        pytest.fail(f"{service} is missing, and CI is set", pytrace=False)
    pytest.skip(f"{service} is missing")


@pytest.fixture(scope="session")
def identifier() -> LanguageIdentifier:
    """The language identifier with its word lists; it is loaded once."""
    return LanguageIdentifier.load()
