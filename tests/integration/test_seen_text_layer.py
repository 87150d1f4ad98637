"""PDF_TEXT=auto with the real engine: which text layers agree with the page."""

from collections.abc import Callable
from contextlib import closing
from functools import cache
from pathlib import Path

import numpy as np
import pikepdf
import pytest
from pikepdf import Dictionary
from PIL import Image

from pipeline.delivery.text_layer import lines_that_agree
from pipeline.images.page_file import OpeningLimits, open_file
from pipeline.models import Page
from pipeline.ocr.base import OcrEngine
from pipeline.ocr.factory import make_openvino_engine
from pipeline.ocr.model_files import is_installed
from tests.conftest import missing
from tests.support.made_pdfs import (
    A4,
    add_picture_page,
    helvetica,
    pdf_of_texts,
    picture_stream,
    saved,
    text_operators,
)

ROOT = Path(__file__).parents[2]
TRUE = [f"Prohibido el paso a la obra {number}" for number in range(10, 24)]
FALSE = [f"Horario de verano, puerta {number}" for number in range(30, 44)]


@pytest.fixture(scope="module")
def engine() -> OcrEngine:
    if not is_installed("openvino", ROOT / "models"):
        missing("the OCR models of openvino (make setup)")
    return make_openvino_engine(ROOT / "models", max_side=960, precision="auto", cores=2)


def rendered(pdf: pikepdf.Pdf) -> Page:
    limits = OpeningLimits(10**8, 1, 200, pdf_text_layer=True)
    with closing(open_file(saved(pdf), limits)) as document:
        return document.page(0)


@cache
def scan() -> Image.Image:
    pixels = rendered(pdf_of_texts([TRUE])).pixels
    return Image.fromarray(np.ascontiguousarray(pixels[:, :, ::-1]))


def scan_with(layer: list[str]) -> pikepdf.Pdf:
    """A scan of the true lines, with an invisible layer above it."""
    pdf = pikepdf.new()
    page = add_picture_page(pdf, picture_stream(pdf, scan(), "JPEG"))
    page.Resources.Font = Dictionary(F=helvetica())
    page.contents_add(b"3 Tr " + text_operators(layer, top=A4[1] - 60))
    return pdf


def with_hidden_line() -> pikepdf.Pdf:
    pdf = pdf_of_texts([TRUE])
    pdf.pages[0].contents_add(b"1 g " + text_operators(["white on white"], top=100))
    return pdf


def with_figure() -> pikepdf.Pdf:
    """A picture of two lines below text with a layer."""
    pdf = pdf_of_texts([TRUE])
    figure = picture_stream(pdf, scan().crop((100, 100, 900, 230)), "JPEG")
    pdf.pages[0].Resources.XObject = Dictionary(Figure=figure)
    pdf.pages[0].contents_add(b"q 288 0 0 47 50 60 cm /Figure Do Q")
    return pdf


@pytest.mark.parametrize(
    ("make", "lines"),
    [
        (lambda: pdf_of_texts([TRUE]), len(TRUE)),
        (lambda: scan_with(TRUE), len(TRUE)),
        (with_figure, len(TRUE) + 2),
        (lambda: scan_with(FALSE), None),
        (lambda: scan_with(TRUE[:1]), None),
        (with_hidden_line, None),
    ],
    ids=["text", "scan", "figure", "another text", "a stamp", "hidden line"],
)
def test_a_layer_is_taken_where_it_agrees(
    engine: OcrEngine, make: Callable[[], pikepdf.Pdf], lines: int | None
) -> None:
    """Given layers that are seen, in part or not, when checked, then only those are taken that
    are on the page, with the text of figures.
    """
    page = rendered(make())
    size = engine.detector_sizes[0]
    found = lines_that_agree(page.pixels, page.text_layer, engine, detector_size=size)
    assert (len(found) if found else None) == lines
