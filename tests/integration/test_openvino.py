"""The default engine's start: the modules it loads, and files it cannot use."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from pipeline.errors import ConfigurationError
from pipeline.ocr.factory import make_openvino_engine
from pipeline.ocr.model_files import ENGINES, characters, characters_of_onnx, is_installed
from tests.conftest import missing

MODELS = Path(__file__).parents[2] / "models"
DETECTION, RECOGNITION = (model.name for model in ENGINES["openvino"])
UNWANTED = ("onnxruntime", "openvino_telemetry", "paddle", "paddleocr", "paddlex", "pandas")
START = """
import sys
from pipeline.config import load_settings
from pipeline.ocr.factory import check_engine_reads, make_engine
settings = load_settings(uploads_bucket="in", results_bucket="out", ocr_model_dir=sys.argv[1])
check_engine_reads(make_engine(settings, slots=3))
import json
print(json.dumps(sorted({name.partition(".")[0] for name in sys.modules})))
"""


@pytest.fixture
def copied(tmp_path: Path) -> Path:
    """The installed models, to be damaged."""
    if not is_installed("openvino", MODELS):
        missing("the OCR models of openvino (make setup)")
    for name in (DETECTION, RECOGNITION):
        shutil.copytree(MODELS / name, tmp_path / name)
    return tmp_path


def start(models: Path, precision: str = "auto") -> None:
    make_openvino_engine(models, max_side=960, precision=precision, cores=1)  # type: ignore[arg-type]  # a test's


def test_the_default_engine_loads_no_other(copied: Path) -> None:
    """Given the default settings, a picture is read without PaddleOCR, pandas or telemetry."""
    finished = subprocess.run(
        [sys.executable, "-c", START, str(copied)], check=True, capture_output=True, text=True
    )
    loaded = json.loads(finished.stdout)
    assert "openvino" in loaded
    assert not set(UNWANTED) & set(loaded)


@pytest.mark.parametrize(
    ("name", "precision"),
    [
        (f"{DETECTION}/inference.onnx", "auto"),
        (f"{RECOGNITION}/inference.onnx", "float32"),
        (f"{RECOGNITION}/inference_int8.xml", "int8"),
        (f"{RECOGNITION}/inference_int8.bin", "int8"),
    ],
)
@pytest.mark.parametrize("damage", ["cut short", "another file", "empty"])
def test_a_damaged_model_says_what_to_type(
    name: str, precision: str, damage: str, copied: Path
) -> None:
    """Given weights cut short, empty or of another format, when the engine starts, then one line
    says which command installs them again.
    """
    path = copied / name
    whole = path.read_bytes()
    damaged = {
        "cut short": whole[: len(whole) // 2],
        "another file": b"no model" * 99,
        "empty": b"",
    }
    path.write_bytes(damaged[damage])
    with pytest.raises(ConfigurationError, match="models install --force") as refused:
        start(copied, precision)
    assert "\n" not in str(refused.value)
    assert str(path.with_suffix("")) in str(refused.value)


def test_characters_of_another_model_are_refused(copied: Path) -> None:
    """Given a recipe that names fewer characters than the weights have, the start is refused."""
    recipe = copied / RECOGNITION / "inference.yml"
    content = json.loads(recipe.read_text("utf-8"))
    content["PostProcess"]["character_dict"].pop()
    recipe.write_text(json.dumps(content), "utf-8")
    with pytest.raises(ConfigurationError, match="names 18709 characters"):
        start(copied)


def test_a_recipe_that_is_no_recipe_is_refused(copied: Path) -> None:
    """Given a recipe cut short, the start is refused and says what to type."""
    recipe = copied / RECOGNITION / "inference.yml"
    recipe.write_text(recipe.read_text("utf-8")[:100], "utf-8")
    with pytest.raises(ConfigurationError, match="models install --force"):
        start(copied)


def test_int8_without_its_model_is_refused(copied: Path) -> None:
    """Given OCR_PRECISION=int8 and no quantised model, the start is refused."""
    for path in (copied / RECOGNITION).glob("inference_int8.*"):
        path.unlink()
    with pytest.raises(ConfigurationError, match="make quantize"):
        start(copied, "int8")


def test_the_weights_name_their_characters(copied: Path) -> None:
    """Given the ONNX file, its metadata gives the characters that the recipe holds."""
    found = characters_of_onnx((copied / RECOGNITION / "inference.onnx").read_bytes())
    assert [each for each in found if each] == characters(copied / RECOGNITION)
