"""The text layer of a page against the text that is seen there."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest
from PIL import ImageFont

from pipeline.delivery.text_layer import lines_that_agree
from pipeline.models import Line, Pixels
from pipeline.ocr.fake import FakeOcrEngine
from tests.support.text_pictures import picture_of, pixels_of

TEXTS = [f"Line number {number} of the page" for number in range(12)]
SIZE, MARGIN = 20, 20


def lines_of(texts: Sequence[str]) -> list[Line]:
    """The lines of `picture_of(*texts)`, in their places."""
    font = ImageFont.load_default(SIZE)
    lines = []
    for number, text in enumerate(texts):
        left, top, right, bottom = font.getbbox(text, anchor="la")
        x, y = MARGIN + left, MARGIN + 2 * SIZE * number + top
        right, bottom = MARGIN + right, MARGIN + 2 * SIZE * number + bottom
        polygon = ((x, y), (right, y), (right, bottom), (x, bottom))
        lines.append(Line(text, 1.0, polygon))
    return lines


PAGE = pixels_of(picture_of(*TEXTS, size=SIZE, margin=MARGIN))


class SeeingEngine(FakeOcrEngine):
    """Reads each of the page's true lines that has ink in its place."""

    def __init__(self, truth: Sequence[Line]) -> None:
        super().__init__([])
        self.truth = truth
        self.calls: list[list[str]] = []

    def recognize(
        self,
        pixels: Pixels,
        *,
        detector_size: int | None = None,
        source_language: str | None = None,
    ) -> list[Line]:
        seen = [line for line in self.truth if has_ink(pixels, line)]
        self.calls.append([line.text for line in seen])
        return seen


def has_ink(pixels: Pixels, line: Line) -> bool:
    (left, top), _, (right, bottom), _ = line.polygon
    return bool(np.ptp(pixels[int(top) : int(bottom), int(left) : int(right)]) > 60)


def agreed(
    layer: Sequence[Line], truth: Sequence[Line] | None = None
) -> tuple[list[Line] | None, SeeingEngine]:
    engine = SeeingEngine(truth or lines_of(TEXTS))
    before = PAGE.copy()
    lines = lines_that_agree(PAGE, layer, engine, detector_size=960)
    assert np.array_equal(PAGE, before)
    return lines, engine


def test_a_true_layer_is_taken_and_only_a_sample_is_read() -> None:
    """Given a layer that is on the page, then it is taken, and five of its lines were read."""
    layer = lines_of(TEXTS)
    lines, engine = agreed(layer)
    assert lines == layer
    assert [len(call) for call in engine.calls] == [5]


def test_case_spaces_and_forms_do_not_matter() -> None:
    """Given a layer without spaces and with ligatures, then it still agrees."""
    layer = [replace(line, text=line.text.replace(" ", "").upper()) for line in lines_of(TEXTS)]
    assert agreed(layer)[0] == layer


def test_a_layer_of_other_text_is_not_taken() -> None:
    """Given a layer that says something else, as a scanner's wrong OCR, then it is refused."""
    layer = [replace(line, text=f"xqzj {line.text[::-1]}") for line in lines_of(TEXTS)]
    assert agreed(layer)[0] is None


def test_a_layer_that_lacks_most_of_the_page_is_not_taken() -> None:
    """Given a stamp as the only text of a scan, then the layer is refused."""
    assert agreed(lines_of(TEXTS)[:1])[0] is None


def test_a_little_text_beside_the_layer_is_added() -> None:
    """Given a picture's caption that the layer lacks, then the engine's line is added."""
    layer = lines_of(TEXTS)[:-1]
    lines, _ = agreed(layer)
    assert lines is not None
    assert [line.text for line in lines] == TEXTS


def test_hidden_text_is_not_taken() -> None:
    """Given a line of the layer that nobody sees, then the layer is refused."""
    hidden = Line("hidden words", 1.0, ((20, 0), (200, 0), (200, 15), (20, 15)))
    assert agreed([*lines_of(TEXTS), hidden])[0] is None


@pytest.mark.parametrize("layer", [[], [Line("x", 1.0, ((0, 0), (0, 0), (0, 0), (0, 0)))]])
def test_a_layer_without_places_is_not_taken(layer: list[Line]) -> None:
    """Given no line with an area, then the page is read by the engine."""
    assert agreed(layer)[0] is None
