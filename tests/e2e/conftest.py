"""The real chain: Pub/Sub emulator, storage server, subscriber processes."""

import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest

from pipeline.errors import ConfigurationError
from pipeline.local.chain import Chain, running_chain
from pipeline.ocr.model_files import is_installed
from tests.conftest import missing
from tests.support.service_process import ROOT

REAL = {"OCR_MODEL_DIR": str(ROOT / "models"), "TRANSLATOR": "apertium"}

StartChain = Callable[..., Chain]


@pytest.fixture(scope="module")
def start(tmp_path_factory: pytest.TempPathFactory) -> Iterator[StartChain]:
    """Yields a function that starts chains; they are stopped after the module."""
    with ExitStack() as chains:

        def start_one(environment: dict[str, str], *, max_attempts: int = 100) -> Chain:
            if "OCR_MODEL_DIR" in environment and not is_installed("onnxruntime", ROOT / "models"):
                missing("the OCR models (make setup)")
            environment = {"PYTHONPATH": str(ROOT), **environment}
            logs = tmp_path_factory.mktemp("logs")
            try:
                return chains.enter_context(
                    running_chain(logs, environment, max_attempts=max_attempts)
                )
            except ConfigurationError as error:
                if os.environ.get("CI"):
                    raise
                pytest.skip(str(error))

        yield start_one


@pytest.fixture(scope="module")
def chain(start: StartChain) -> Chain:
    """A chain with real OCR and real translation."""
    return start(REAL)
