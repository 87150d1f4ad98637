"""Other scripts through the default engine: read, mixed, or reported as not read."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFont

from pipeline.models import Pixels
from pipeline.ocr import factory
from pipeline.ocr.base import OcrEngine
from pipeline.ocr.model_files import is_installed
from pipeline.ocr.scripts import tesseract
from tests.conftest import missing
from tests.support.text_pictures import pixels_of

ROOT = Path(__file__).parents[2]
FONTS = Path("/usr/share/fonts")
NOTO, CJK = FONTS / "truetype/noto", FONTS / "opentype/noto/NotoSansCJK-Regular.ttc"
LINES = {
    "Arab": ("NotoSansArabic-Regular.ttf", "مرحبا بكم في المدينة"),
    "Cyrl": ("NotoSans-Regular.ttf", "Добро пожаловать в музей"),
    "Deva": ("NotoSansDevanagari-Regular.ttf", "आज मौसम बहुत अच्छा है"),
    "Grek": ("NotoSans-Regular.ttf", "Καλώς ήρθατε στην πόλη"),
    "Hang": (str(CJK), "안녕하세요 반갑습니다"),
    "Hebr": ("NotoSansHebrew-Regular.ttf", "ברוכים הבאים לעיר"),
    "Thai": ("NotoSansThai-Regular.ttf", "ยินดีต้อนรับสู่เมืองไทย"),
}


def page_of(lines: Sequence[tuple[str, str]]) -> Pixels:
    """Black lines on white, each in its font."""
    image = Image.new("RGB", (900, 60 + 90 * len(lines)), "white")
    brush = ImageDraw.Draw(image)
    for number, (font, text) in enumerate(lines):
        path = NOTO / font
        if not path.is_file():
            missing(f"{path} (Debian's fonts-noto-core and fonts-noto-cjk)")
        brush.text((40, 40 + 90 * number), text, "black", ImageFont.truetype(path, 40))
    return pixels_of(image)


def make_engine() -> OcrEngine:
    if not is_installed("openvino", ROOT / "models"):
        missing("the OCR models of openvino (make setup)")
    return factory.make_openvino_engine(ROOT / "models", max_side=960, precision="auto", cores=2)


@pytest.fixture(scope="module")
def engine() -> OcrEngine:
    engine = make_engine()
    if absent := LINES.keys() - engine.describe()["scripts"].keys():
        missing(f"Tesseract's data for {absent} (make setup)")
    return engine


@pytest.fixture(scope="module")
def bare_engine() -> OcrEngine:
    """The engine where Tesseract is not installed."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(tesseract.shutil, "which", lambda _: None)
        return make_engine()


@pytest.mark.parametrize("script", LINES)
def test_each_script_is_read(script: str, engine: OcrEngine) -> None:
    """Given a page with a line in a script, its words are read; spaces may differ."""
    (line,) = engine.recognize(page_of([LINES[script]]))
    assert line.text.replace(" ", "") == LINES[script][1].replace(" ", "")
    assert line.unread_script is None


@pytest.mark.parametrize("script", LINES)
def test_each_script_without_its_pack_is_reported(script: str, bare_engine: OcrEngine) -> None:
    """Given a line in a script that nothing reads, its script is named, and it has no text."""
    (line,) = bare_engine.recognize(page_of([LINES[script]]))
    assert (line.text, line.unread_script) == ("", script)


@pytest.mark.parametrize("script", LINES)
def test_a_mixed_page_comes_out_mixed(script: str, engine: OcrEngine) -> None:
    """Given a page with a line in a script and one in English, each reader reads its line."""
    page = page_of([LINES[script], ("NotoSans-Regular.ttf", "Museum open 10 to 18")])
    other, english = sorted(engine.recognize(page), key=lambda line: line.polygon[0][1])
    assert english.text == "Museum open 10 to 18"
    assert other.text.replace(" ", "") == LINES[script][1].replace(" ", "")


@pytest.mark.parametrize(
    "path",
    [each for each in sorted((ROOT / "samples").iterdir()) if each.suffix in {".png", ".jpg"}],
    ids=lambda path: path.name,
)
def test_no_sample_is_reported_or_read_otherwise(
    path: Path, engine: OcrEngine, bare_engine: OcrEngine
) -> None:
    """Given a sample, with and without packs, its text is the same and no line is unread."""
    pixels = np.ascontiguousarray(np.asarray(Image.open(path).convert("RGB"))[:, :, ::-1])
    read, bare = engine.recognize(pixels), bare_engine.recognize(pixels)
    assert [line.text for line in read] == [line.text for line in bare]
    assert not [line for line in bare if line.unread_script]


def test_the_source_language_keeps_other_readers_out(engine: OcrEngine) -> None:
    """Given English as the source language, a Cyrillic line is left to the main recogniser."""
    page = page_of([LINES["Cyrl"]])
    assert [line.text for line in engine.recognize(page, source_language="ru")] == [
        LINES["Cyrl"][1]
    ]
    other = engine.recognize(page, source_language="en")
    assert LINES["Cyrl"][1] not in [line.text for line in other]
