"""Evidence from the pixels, on drawn lines whose form is known."""

import cv2
import numpy as np
import pytest

from pipeline.images.line_style import line_styles
from pipeline.models import Line, LineStyle, Pixels
from tests.support.ocr_lines import line, turned

GRAY, BLACK = (150, 150, 150), (0, 0, 0)


def page() -> Pixels:
    return np.full((400, 600, 3), 255, np.uint8)


def write(
    pixels: Pixels, top: int, thickness: int = 2, colour: tuple[int, int, int] = BLACK
) -> Line:
    cv2.putText(
        pixels, "Visiting hours", (40, top + 30), cv2.FONT_HERSHEY_SIMPLEX, 1.2, colour, thickness
    )
    return line("Visiting hours", 36, top - 4, 290, size=46)


def measured(pixels: Pixels, *lines: Line) -> list[LineStyle]:
    return line_styles(pixels, lines)


def test_bold_strokes_are_wider() -> None:
    """Given the same words in thin and thick strokes, when measured, then the weights differ."""
    pixels = page()
    thin, thick = measured(pixels, write(pixels, 40), write(pixels, 140, thickness=5))
    assert thick.weight > 1.3 * thin.weight


def test_gray_ink_differs_from_black() -> None:
    """Given gray and black words, when measured, then only their inks differ."""
    pixels = page()
    black, gray = measured(pixels, write(pixels, 40), write(pixels, 140, colour=GRAY))
    assert gray.ink[0] > black.ink[0] + 50
    assert gray.ground == pytest.approx(black.ground, abs=8)


def test_a_drawn_box_is_found_around_its_line_only() -> None:
    """Given one of two lines in a frame, when measured, then only that one has a box."""
    pixels = page()
    inside, outside = write(pixels, 40), write(pixels, 240)
    cv2.rectangle(pixels, (20, 20), (380, 110), BLACK, 2)
    framed, free = measured(pixels, inside, outside)
    assert framed.boxes[0] == pytest.approx((20, 20, 380, 110), abs=5)
    assert free.boxes == ()


def test_polygons_of_no_size_and_outside_are_measured() -> None:
    """Given lines without area or beyond the page, when measured, then each has a style."""
    lines = [line("a", 5, 5, 0, 0), line("b", 900, 900), *turned([line("c", 10, 10)], 200)]
    assert len(measured(page(), *lines)) == 3


def test_boxes_grow_with_the_page() -> None:
    """Given a style in a shrunk picture, when scaled, then boxes are in page pixels."""
    style = LineStyle(0.1, (0,), (255,), ((1, 2, 3, 4),))
    scaled = style.scaled(2, 10)
    assert scaled.boxes == ((2, 20, 6, 40),)
