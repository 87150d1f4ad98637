"""The sample pictures: the real engine reads the paragraphs of the expected files."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageSequence

from pipeline.images.file_names import IMAGE_SUFFIXES
from pipeline.images.image_file import open_image
from pipeline.images.line_style import line_styles
from pipeline.layout.paragraphs import paragraphs
from pipeline.ocr.base import OcrEngine
from pipeline.ocr.factory import make_openvino_engine
from pipeline.ocr.model_files import is_installed
from samples.canvas import FONTS
from samples.render import main
from tests.conftest import missing

ROOT = Path(__file__).parents[2]
SAMPLES = sorted(path for path in (ROOT / "samples").iterdir() if path.suffix in IMAGE_SUFFIXES)
MAX_SIDE = 1280
CONFUSED = str.maketrans({"I": "l", "¡": None, "¿": None, "\u3000": " "})
"""Characters that the recogniser confuses or omits; they do not matter for the paragraphs."""


@pytest.fixture(scope="module")
def engine() -> OcrEngine:
    if not is_installed("openvino", ROOT / "models"):
        missing("the OCR models of openvino (make setup)")
    return make_openvino_engine(ROOT / "models", max_side=960, precision="auto", cores=2)


def recognised(path: Path, engine: OcrEngine) -> list[str]:
    """The paragraphs of all pages, one after the other."""
    image = open_image(path.read_bytes(), max_pixels=10_000_000, max_pages=20)
    pages = [image.page(index, min_long_side=MAX_SIDE) for index in range(image.page_count)]
    found = [(page.pixels, engine.recognize(page.pixels)) for page in pages]
    return [
        paragraph.text
        for pixels, lines in found
        for paragraph in paragraphs(lines, line_styles(pixels, lines))
    ]


def expected(path: Path) -> list[str]:
    text = (path.parent / "expected" / path.with_suffix(".txt").name).read_text(encoding="utf-8")
    return text.strip().split("\n\n") if text.strip() else []


@pytest.mark.parametrize("path", SAMPLES, ids=lambda path: path.name)
def test_paragraphs_are_those_a_reader_sees(path: Path, engine: OcrEngine) -> None:
    """Given a sample picture, when read, then its paragraphs and their order equal
    the expected file.
    """
    found = [text.translate(CONFUSED) for text in recognised(path, engine)]
    assert found == [text.translate(CONFUSED) for text in expected(path)]


def test_every_picture_has_its_expected_paragraphs() -> None:
    """Given the pictures and the expected files, when listed, then each picture has
    exactly one file.
    """
    files = {path.stem for path in (ROOT / "samples" / "expected").iterdir()}
    assert files == {path.stem for path in SAMPLES}


def test_the_script_draws_the_pictures(tmp_path: Path) -> None:
    """Given the fonts, when the script runs, then it draws the stored pictures,
    except for font versions.
    """
    if not all(font.exists() for font in FONTS):
        missing("the fonts of the samples (apt-get install fonts-dejavu fonts-noto-cjk)")
    main(tmp_path)
    assert {path.name for path in tmp_path.iterdir()} == {path.name for path in SAMPLES}
    for path in SAMPLES:
        with Image.open(path) as kept, Image.open(tmp_path / path.name) as drawn:
            pairs = zip(ImageSequence.Iterator(kept), ImageSequence.Iterator(drawn), strict=True)
            for page, again in pairs:
                here, there = (np.asarray(each.convert("RGBA"), int) for each in (page, again))
                assert here.shape == there.shape
                assert np.abs(here - there).mean() < 3, path.name
