"""One suite over every OCR engine."""

import importlib.util
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from pipeline.config import load_settings
from pipeline.errors import ConfigurationError
from pipeline.models import Line, Pixels
from pipeline.ocr import factory
from pipeline.ocr.base import OcrEngine
from pipeline.ocr.fake import FakeOcrEngine
from pipeline.ocr.model_files import ENGINES, is_installed
from tests.conftest import missing
from tests.support.text_pictures import picture_of, pixels_of

MODELS = Path(__file__).parents[2] / "models"
REAL = [
    "openvino",
    pytest.param("onnxruntime", marks=pytest.mark.reference),
    pytest.param("paddle", marks=pytest.mark.paddle),
]
TEXT = ("EXIT 42", "Mind the gap")


def make_engine(name: str) -> OcrEngine:
    if name == "fake":
        return FakeOcrEngine(TEXT)
    if not is_installed(name, MODELS):
        missing(f"the OCR models of {name} (make setup)")
    library = {"onnxruntime": "paddleocr", "paddle": "paddle"}.get(name)
    if library and importlib.util.find_spec(library) is None:
        missing(f"{library} (make test puts it beside)")
    if name == "openvino":
        return factory.make_openvino_engine(MODELS, max_side=960, precision="auto", cores=2)
    # Here, not above: the Paddle run must not be the first to load what it shares.
    from pipeline.ocr.paddle import PaddleOcrEngine

    return PaddleOcrEngine(name, MODELS, max_side=1280, threads=1)


@pytest.fixture(scope="module", params=["fake", *REAL])
def engine(request: pytest.FixtureRequest) -> OcrEngine:
    return make_engine(request.param)


@pytest.fixture(scope="module", params=REAL)
def real(request: pytest.FixtureRequest) -> OcrEngine:
    return make_engine(request.param)


def texts(lines: list[Line]) -> list[str]:
    return [line.text for line in sorted(lines, key=lambda line: line.polygon[0][1])]


def squeezed(text: str) -> str:
    """PP-OCRv4 mobile drops spaces between words; which it does is not what is tested."""
    return text.replace(" ", "").lower()


def test_text_is_read_where_it_stands(engine: OcrEngine) -> None:
    """Given two lines of text, both are read, and their polygons lie on them, clockwise."""
    pixels = pixels_of(picture_of(*TEXT))
    lines = sorted(engine.recognize(pixels), key=lambda line: line.polygon[0][1])
    assert [squeezed(line.text) for line in lines] == [squeezed(text) for text in TEXT]
    height, width = pixels.shape[:2]
    for line in lines:
        assert 0.5 <= line.confidence <= 1
        (left, top), (right, _), (_, bottom), _ = line.polygon
        assert 0 <= left < right <= width
        assert 0 <= top < bottom <= height


def test_a_blank_page_has_no_lines(engine: OcrEngine) -> None:
    """Given a page of one colour, there are no lines."""
    assert engine.recognize(np.full((300, 400, 3), 255, np.uint8)) == []


@pytest.mark.parametrize("shape", [(1, 1), (1, 3000), (3000, 1), (2, 2), (31, 33), (63, 5000)])
def test_any_shape_is_taken(engine: OcrEngine, shape: tuple[int, int]) -> None:
    """Given pages down to one pixel and very long ones, recognition returns."""
    noise = np.random.default_rng(0).integers(0, 256, (*shape, 3), np.uint8)
    for line in engine.recognize(noise):
        assert line.text.strip()


def test_the_page_is_left_as_it_was(engine: OcrEngine) -> None:
    """Given pixels, recognition does not write into them."""
    pixels = pixels_of(picture_of(*TEXT))
    before = pixels.copy()
    engine.recognize(pixels)
    assert np.array_equal(pixels, before)


def test_threads_read_what_one_thread_reads(engine: OcrEngine) -> None:
    """Given eight threads on one engine, every page gives the lines one thread gives."""
    pages: list[Pixels] = [
        pixels_of(picture_of(*(f"Page {page} line {line}" for line in range(page % 3 + 1))))
        for page in range(16)
    ]
    alone = [engine.recognize(page) for page in pages]
    with ThreadPoolExecutor(8) as pool:
        together = list(pool.map(engine.recognize, pages))
    assert together == alone


def test_what_it_takes_grows_with_the_page(engine: OcrEngine) -> None:
    """Given larger pages, the estimated peak is never smaller, and covers the pixels."""
    sizes = [(10, 10), (640, 480), (1280, 960), (4000, 3000), (9500, 9500)]
    peaks = [engine.peak_bytes(width, height) for width, height in sizes]
    assert peaks == sorted(peaks)
    assert all(p >= 3 * w * h for p, (w, h) in zip(peaks, sizes, strict=True))


def test_it_says_what_it_is(engine: OcrEngine) -> None:
    """Given an engine, its description names it, and is the same each time."""
    assert engine.describe()["name"]
    assert engine.describe() == engine.describe()


@pytest.mark.parametrize(
    ("turned", "corner"),
    [
        (None, (0, 0)),
        (Image.Transpose.ROTATE_270, (1, 0)),
        (Image.Transpose.ROTATE_180, (1, 1)),
        (Image.Transpose.ROTATE_90, (0, 1)),
    ],
    ids=["upright", "downwards", "upside down", "upwards"],
)
def test_turned_text_is_read_from_its_own_top_left(
    real: OcrEngine, turned: Image.Transpose | None, corner: tuple[int, int]
) -> None:
    """Given text turned by quarters, it is read, and its polygon starts where it starts."""
    picture = picture_of("DANGER KEEP OUT")
    if turned is not None:
        picture = picture.transpose(turned)
    (line,) = real.recognize(pixels_of(picture))
    assert squeezed(line.text) == "dangerkeepout"
    x, y = line.polygon[0]
    assert (x > picture.width / 2, y > picture.height / 2) == (bool(corner[0]), bool(corner[1]))


def test_a_line_of_a_banner_is_read_whole(real: OcrEngine) -> None:
    """Given a line 120 times as wide as high, every word is read once, in order, in one line."""
    # In words: PP-OCRv4 mobile takes the digit 0 for the letter, in short lines too.
    stalls = ("north", "south", "east", "west", "upper", "lower", "first", "last")
    words = " ".join(f"stall {stall} sells bread and fruit" for stall in stalls)
    (line,) = real.recognize(pixels_of(picture_of(words)))
    assert squeezed(line.text) == squeezed(words)
    (left, top), (right, _), (_, bottom), _ = line.polygon
    assert right - left > 66 * (bottom - top)


@pytest.mark.parametrize("name", ENGINES)
def test_a_missing_model_says_what_to_run(name: str, tmp_path: Path) -> None:
    """Given no models, the engine refuses to start and names the command that installs them."""
    settings = load_settings(
        uploads_bucket="in", results_bucket="out", ocr_engine=name, ocr_model_dir=tmp_path
    )
    with pytest.raises(ConfigurationError, match=f"models install --engine {name} --dir"):
        factory.make_engine(settings, slots=1)
