"""The samples with other text drawn into them, read again by the engine that read them."""

from dataclasses import replace
from itertools import cycle, islice
from pathlib import Path

import pytest

from pipeline.images.file_names import IMAGE_SUFFIXES
from pipeline.images.image_file import open_image
from pipeline.images.line_style import line_styles
from pipeline.layout.paragraphs import paragraphs
from pipeline.models import PageText, Paragraph, Translation
from pipeline.ocr.base import OcrEngine
from pipeline.ocr.factory import make_openvino_engine
from pipeline.ocr.model_files import is_installed
from pipeline.presentation.rendering.fonts import Fonts
from pipeline.presentation.rendering.page import render_page
from tests.conftest import missing
from tests.support.rendered_reading import Reading, read_again
from tests.support.translated_pages import fonts

ROOT = Path(__file__).parents[2]
SAMPLES = sorted(
    path
    for path in (ROOT / "samples").iterdir()
    if path.suffix in IMAGE_SUFFIXES and path.stem != "blank"
)
WORDS = ["street", "bridge", "window", "garden", "morning", "silver", "paper", "winter", "kitchen"]
WORDS += ["music", "harbour", "forest", "market", "number", "yellow", "summer", "station", "island"]


@pytest.fixture(scope="module")
def engine() -> OcrEngine:
    fonts()
    if not is_installed("openvino", ROOT / "models"):
        missing("the OCR models of openvino (make setup)")
    return make_openvino_engine(ROOT / "models", max_side=960, precision="auto", cores=2)


def translated(paragraph: Paragraph, number: int) -> Paragraph:
    """The paragraph with English words of nearly its length; numbers stay."""
    if not any(map(str.isalpha, paragraph.text)):
        return paragraph
    # An ideograph says as much as two letters.
    length = sum(2 if ord(character) > 0x2E80 else 1 for character in paragraph.text)
    words: list[str] = []
    for word in islice(cycle(WORDS), 7 * number, None):
        if words and len(" ".join([*words, word])) > length:
            break
        words.append(word)
    return replace(paragraph, translations={"en": Translation(" ".join(words), "fake")})


def read_pages(path: Path, engine: OcrEngine) -> list[Reading]:
    image = open_image(path.read_bytes(), max_pixels=10_000_000, max_pages=20)
    readings = []
    for index in range(image.page_count):
        before = image.page(index).pixels
        lines = engine.recognize(before)
        found = paragraphs(lines, line_styles(before, lines))
        height, width, _ = before.shape
        texts = tuple(translated(each, number) for number, each in enumerate(found))
        page = PageText(index, width, height, 0, texts)
        after = before.copy()
        assert render_page(after, page, "en", Fonts()) == ()
        readings.append(read_again(before, after, page, "en", engine))
    return readings


@pytest.mark.parametrize("path", SAMPLES, ids=lambda path: path.name)
def test_the_drawn_words_are_read_and_the_old_ones_are_not(path: Path, engine: OcrEngine) -> None:
    """Given a sample with other words drawn into it, when read again, then at least nine of ten of
    them are found, no line of the source is, and pixels outside the places are as they were, but
    for letters that stood beyond their line's polygon.
    """
    readings = read_pages(path, engine)
    drawn, found = sum(each.drawn for each in readings), sum(each.found for each in readings)
    assert drawn > 0
    assert found >= 0.9 * drawn, [each.missing for each in readings]
    assert [each.left for each in readings] == [()] * len(readings)
    assert sum(each.beyond for each in readings) == 0
    assert sum(each.outside for each in readings) < 100
