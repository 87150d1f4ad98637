"""The samples by several processes that share a translation memory on a storage server."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from pipeline.errors import ConfigurationError
from pipeline.local.storage_server import start_storage, storage_client
from pipeline.ocr.model_files import is_installed
from pipeline.translation.engines.google_fake import FakeCloudTranslation
from tests.conftest import missing
from tests.faults.injected import corrupted, refuses, slow
from tests.faults.proxy import Fault, Proxy
from tests.support.service_process import ROOT

MEMORY = "memory"
SAMPLES = ("menu-es.png", "receipt-es.jpg", "wet-floor-es.png")


@dataclass(frozen=True, slots=True)
class Shared:
    """The storage server behind a proxy, the translator that bills, and a folder of results."""

    proxy: Proxy
    translator: FakeCloudTranslation
    folder: Path

    def run(self, name: str, samples: Sequence[str] = ("",)) -> dict[str, Any]:
        """Translates samples, by default all, in a new process; returns its documents by name."""
        environment = {
            "OCR_MODEL_DIR": str(ROOT / "models"),
            "TRANSLATOR": "google",
            "TRANSLATOR_PROJECT": "fake",
            "GOOGLE_TRANSLATE_ENDPOINT": self.translator.endpoint,
            "TRANSLATION_MEMORY": f"gs://{MEMORY}/texts",
            "STORAGE_EMULATOR_HOST": self.proxy.url,
            "PYTHONPATH": str(ROOT),
        }
        out = self.folder / name
        files = [str(ROOT / "samples" / sample) for sample in samples]
        command = [sys.executable, "-m", "pipeline.cli", "run", *files]
        finished = subprocess.run(
            [*command, "--out", str(out)],
            env={**os.environ, **environment},
            cwd=self.folder,
            capture_output=True,
            text=True,
            check=False,
        )
        assert finished.returncode == 0, finished.stdout + finished.stderr
        return {path.name: json.loads(path.read_bytes()) for path in out.glob("*.json")}


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shared]:
    if not is_installed("openvino", ROOT / "models"):
        missing("the OCR models of openvino (make setup)")
    folder = tmp_path_factory.mktemp("memory")
    try:
        url, server = start_storage(
            folder, project="local", topic="none", uploads="none", emulator_host="127.0.0.1:1"
        )
    except ConfigurationError as error:
        missing(str(error))
    storage_client(url).create_bucket(MEMORY)
    translator = FakeCloudTranslation()
    translator.start()
    proxy = Proxy(url, translator.endpoint, "http://127.0.0.1:1")
    yield Shared(proxy, translator, folder)
    proxy.shutdown()
    proxy.server_close()
    translator.shutdown()
    translator.server_close()
    server.stop(kill=True)


@pytest.fixture(scope="module")
def first(shared: Shared) -> dict[str, Any]:
    """The documents of the process that pays."""
    return shared.run("first")


def decisive(documents: dict[str, Any]) -> dict[str, Any]:
    """The parts of documents that must not depend on who paid for a translation."""
    return {name: [each["pages"], each["translations"]] for name, each in documents.items()}


def characters(documents: dict[str, Any], name: str) -> int:
    return sum(each["usage"].get(name, 0) for each in documents.values())


def test_the_second_process_sends_no_character(shared: Shared, first: dict[str, Any]) -> None:
    """Given the samples translated by one process, when another translates them, then it sends
    nothing, and its documents are the same.
    """
    paid, requests = shared.translator.billed, len(shared.translator.requests)
    assert paid == characters(first, "characters_billed") > 1000
    second = shared.run("second")
    assert decisive(second) == decisive(first)
    assert (shared.translator.billed, len(shared.translator.requests)) == (paid, requests)
    assert characters(second, "characters_translated") == 0
    assert characters(second, "characters_remembered") >= paid


@pytest.mark.parametrize(
    "fault",
    [refuses(503), refuses(403), slow(3), corrupted],
    ids=["unavailable", "forbidden", "slow", "garbage"],
)
def test_a_faulty_store_costs_only_money(
    shared: Shared, first: dict[str, Any], fault: Fault, request: pytest.FixtureRequest
) -> None:
    """Given a store that fails, is slow or returns other bytes, when the samples are translated,
    then every document is right and paid.
    """
    paid = shared.translator.billed
    shared.proxy.faults[:] = [fault]
    try:
        documents = shared.run(request.node.callspec.id, SAMPLES)
    finally:
        shared.proxy.faults.clear()
    assert decisive(documents) == decisive({name: first[name] for name in documents})
    assert len(documents) == len(SAMPLES)
    assert shared.translator.billed - paid == characters(documents, "characters_billed") > 500
