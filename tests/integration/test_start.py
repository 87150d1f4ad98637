"""The start of a service: an invalid setting ends it with one line that says what to type."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest

from functions.gunicorn import worker_exit
from pipeline.capacity.cpu import available_cores
from pipeline.errors import ConfigurationError
from pipeline.local.emulator import IMAGE, start_emulator
from pipeline.local.processes import free_port
from pipeline.local.storage_server import start_storage, storage_client

ROOT = Path(__file__).parents[2]
GOOD = {
    "UPLOADS_BUCKET": "uploads",
    "RESULTS_BUCKET": "results",
    "OCR_MODEL_DIR": str(ROOT / "models"),
    "TRANSLATOR": "none",
    "PYTHONPATH": str(ROOT),
}


@pytest.fixture(scope="module")
def storage_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    logs = tmp_path_factory.mktemp("storage")
    url, child = start_storage(
        logs, project="local", topic="none", uploads="none", emulator_host="127.0.0.1:1"
    )
    for bucket in ("uploads", "results"):
        storage_client(url).create_bucket(bucket)
    yield url
    child.stop(kill=True)


@pytest.fixture(autouse=True)
def temporary_files(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("TMPDIR", str(tmp_path))


def start(url: str, **changes: str) -> subprocess.CompletedProcess[str]:
    """Runs the imports of gunicorn's worker in a new process."""
    environment = {**os.environ, **GOOD, "STORAGE_EMULATOR_HOST": url, **changes}
    return subprocess.run(
        [sys.executable, "-c", "import functions.wsgi"],
        check=False,
        capture_output=True,
        text=True,
        env=environment,
        cwd="/",
    )


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"RESULTS_BUCKET": "uploads"}, "UPLOADS_BUCKET and RESULTS_BUCKET are both 'uploads'"),
        ({"RESULTS_BUCKET": "absent"}, "bucket absent"),
        ({"RESULTS_BUCKET": "absent", "FUNCTION_TARGET": "dead_letter"}, "bucket absent"),
        ({"UPLOADS_BUCKET": "absent", "FUNCTION_TARGET": "review"}, "bucket absent"),
        ({"UPLOADS_BUCKET": ""}, "UPLOADS_BUCKET"),
        ({"MAX_CONCURRENT_OCR": "0"}, "MAX_CONCURRENT_OCR"),
        ({"MAX_CONCURRENT_OCR": "4"}, "MAX_WORKER_THREADS=3 is fewer than MAX_CONCURRENT_OCR=4"),
        ({"TARGET_LANGUAGES": "en,klingonish"}, "'klingonish' is not a language"),
        ({"OCR_MODEL_DIR": "/nowhere"}, "image-translation models install"),
        ({"OCR_ENGINE": "no.such:Engine"}, "OCR_ENGINE='no.such:Engine'"),
        ({"TRANSLATOR": "babelfish"}, "TRANSLATOR='babelfish'"),
        ({"RESULTS_TOPIC": "outcomes"}, "write projects/PROJECT/topics/TOPIC"),
        ({"FUNCTION_TARGET": "pull"}, "name push, dead_letter or review"),
    ],
    ids=lambda value: next(iter(value)) if isinstance(value, dict) else None,
)
def test_an_invalid_setting_refuses_the_start_in_one_line(
    storage_url: str, changes: dict[str, str], message: str
) -> None:
    """Given an invalid setting, when the service starts, then it ends with gunicorn's code and
    names the setting.
    """
    finished = start(storage_url, **changes)
    assert finished.returncode == 4
    assert message in finished.stderr
    assert "Traceback" not in finished.stderr


def test_gunicorn_ends_when_its_worker_refuses_to_start() -> None:
    """Given an invalid setting, when the worker ends, then gunicorn's master ends too."""
    environment = {**os.environ, **GOOD, "RESULTS_BUCKET": "uploads", "PORT": str(free_port())}
    command = [sys.executable, "-m", "gunicorn", "-c", "python:functions.gunicorn"]
    finished = subprocess.run(
        [*command, "functions.wsgi:app"],
        check=False,
        capture_output=True,
        env=environment | {"HOST": "127.0.0.1"},
        timeout=120,
    )
    assert finished.returncode == 4


def test_only_a_worker_ends_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    """Given a worker that ended, when gunicorn calls the hook in its master, then the
    master continues.
    """
    ended: list[int] = []
    monkeypatch.setattr(os, "_exit", ended.append)
    worker_exit(None, SimpleNamespace(pid=os.getpid() + 1, booted=True))
    assert ended == []
    worker_exit(None, SimpleNamespace(pid=os.getpid(), booted=True))
    assert ended == [0]


def test_a_start_logs_its_derived_values(storage_url: str) -> None:
    """Given MAX_CONCURRENT_OCR=auto, when the service starts, then the first line has
    all derived values.
    """
    finished = start(storage_url, MAX_CONCURRENT_OCR="auto", MEMORY_LIMIT_MB="2048")
    assert finished.returncode == 0, finished.stderr
    started = json.loads(finished.stdout.splitlines()[0])
    assert started["memory_limit_mb"] == 2048
    assert 100 < started["models_mb"] < 400
    assert 0 < started["budget_mb"] < 2048 - started["memory_mb"]
    assert started["ocr_slots"] == min(available_cores() + 1, 8)
    assert started["proven"].startswith("at 2048 MiB 22 of 22 pictures")


def test_the_review_page_starts_without_models(storage_url: str) -> None:
    """Given no models, when the review page starts, then it starts and loads no engine."""
    check = "import functions.wsgi, sys; assert 'openvino' not in sys.modules"
    environment = {"FUNCTION_TARGET": "review", "OCR_MODEL_DIR": "/nowhere"}
    finished = subprocess.run(
        [sys.executable, "-c", check],
        check=False,
        capture_output=True,
        text=True,
        env={**os.environ, **GOOD, "STORAGE_EMULATOR_HOST": storage_url, **environment},
        cwd="/",
    )
    assert finished.returncode == 0, finished.stderr
    assert json.loads(finished.stdout)["target"] == "review"


def test_the_dead_letters_start_without_models_and_uploads(storage_url: str) -> None:
    """Given no models and no access to the uploads, when the dead-letter service starts, then it
    works.
    """
    finished = start(
        storage_url,
        FUNCTION_TARGET="dead_letter",
        OCR_MODEL_DIR="/nowhere",
        UPLOADS_BUCKET="absent",
    )
    assert finished.returncode == 0, finished.stderr
    assert '"event": "started"' in finished.stdout


def test_no_emulator_names_all_three_remedies(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Given no emulator, Docker or SDK, when the chain starts, then one message names all three."""
    monkeypatch.delenv("PUBSUB_EMULATOR_HOST", raising=False)
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(ConfigurationError) as refused:
        start_emulator(tmp_path)
    for remedy in ("PUBSUB_EMULATOR_HOST", IMAGE, "Google Cloud SDK"):
        assert remedy in str(refused.value)
