"""The default engine against PaddleOCR with the same weights, on the project's samples."""

import importlib.util
from difflib import SequenceMatcher
from pathlib import Path

import pytest

from pipeline.images.file_names import IMAGE_SUFFIXES
from pipeline.images.image_file import open_image
from pipeline.models import Line
from pipeline.ocr.base import OcrEngine
from pipeline.ocr.factory import make_openvino_engine
from pipeline.ocr.model_files import is_installed
from tests.conftest import missing

ROOT = Path(__file__).parents[2]
SAMPLES = sorted(path for path in (ROOT / "samples").iterdir() if path.suffix in IMAGE_SUFFIXES)
SAME_TEXT = 0.97
"""Share of the characters of all lines that both engines read alike."""


@pytest.fixture(scope="module")
def engines() -> tuple[OcrEngine, OcrEngine]:
    if not is_installed("openvino", ROOT / "models"):
        missing("the OCR models of openvino (make setup)")
    if importlib.util.find_spec("paddleocr") is None:
        missing("paddleocr (make test puts it beside)")
    from pipeline.ocr.paddle import PaddleOcrEngine

    return (
        make_openvino_engine(ROOT / "models", max_side=960, precision="auto", cores=2),
        PaddleOcrEngine("onnxruntime", ROOT / "models", max_side=1280, threads=2),
    )


def centre(line: Line) -> tuple[float, float]:
    return sum(x for x, _ in line.polygon) / 4, sum(y for _, y in line.polygon) / 4


def holds(line: Line, point: tuple[float, float]) -> bool:
    across, down = ([p[axis] for p in line.polygon] for axis in (0, 1))
    return min(across) <= point[0] <= max(across) and min(down) <= point[1] <= max(down)


def unmatched(lines: list[Line], others: list[Line]) -> list[str]:
    return [line.text for line in lines if not any(holds(other, centre(line)) for other in others)]


def lines_of(path: Path, engine: OcrEngine) -> list[list[Line]]:
    image = open_image(path.read_bytes(), max_pixels=10_000_000, max_pages=20)
    return [
        engine.recognize(image.page(index, min_long_side=1280).pixels)
        for index in range(image.page_count)
    ]


@pytest.mark.reference
def test_both_engines_find_the_same_lines_and_read_the_same(
    engines: tuple[OcrEngine, OcrEngine],
) -> None:
    """Given every sample, each line of one engine lies on one of the other, and reads the same."""
    ours, reference = engines
    same = characters = 0
    for path in SAMPLES:
        for found, expected in zip(lines_of(path, ours), lines_of(path, reference), strict=True):
            assert not unmatched(found, expected), path.name
            assert not unmatched(expected, found), path.name
            for line in expected:
                near = [other for other in found if holds(other, centre(line))]
                text = max((other.text for other in near), key=lambda t: ratio(t, line.text))
                same += ratio(text, line.text) * len(line.text)
                characters += len(line.text)
    assert characters > 500
    assert same / characters >= SAME_TEXT


def ratio(text: str, other: str) -> float:
    """Share of characters in common, in order."""
    return SequenceMatcher(None, text, other, autojunk=False).ratio()
