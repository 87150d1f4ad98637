"""The stages of text detection and recognition, each alone."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from pipeline.ocr import ctc
from pipeline.ocr.detection import detector_input, find_quads
from pipeline.ocr.line_pictures import (
    LINE_HEIGHT,
    LONGEST,
    TOGETHER,
    WIDEST_TOGETHER,
    WIDTHS,
    line_picture,
    read_together,
    recognizer_input,
    recognizer_width,
)
from pipeline.ocr.quads import clockwise, text_polygon

CLASSES = ctc.classes(["a", "b", "c"])


def box(left: float, top: float, right: float, bottom: float) -> np.ndarray:
    return np.array([[left, top], [right, top], [right, bottom], [left, bottom]], np.float32)


def scores_of(*best: int) -> np.ndarray:
    """Scores before the softmax, which gives 0.9 to the best class of each step."""
    probabilities = np.full((len(best), len(CLASSES)), 0.1 / (len(CLASSES) - 1), np.float32)
    probabilities[np.arange(len(best)), best] = 0.9
    return np.log(probabilities) + np.float32(7)


@pytest.mark.parametrize(
    ("shape", "scale", "seen"),
    [
        ((480, 640), 1.0, (480, 640)),
        ((1000, 700), 0.64, (640, 448)),
        ((6, 2000), 0.32, (32, 640)),
        ((1, 1), 1.0, (32, 32)),
        ((45, 960), 1.0, (64, 960)),
        ((1170, 457), 640 / 1170, (640, 256)),
    ],
)
def test_a_view_has_sides_the_network_can_halve(
    shape: tuple[int, int], scale: float, seen: tuple[int, int]
) -> None:
    """Given a part of a page, the detector sees it scaled, its sides multiples of 32."""
    view = detector_input(np.zeros((*shape, 3), np.uint8), scale)
    assert view.shape == (1, *seen, 3)
    assert view.flags.c_contiguous


def test_a_line_in_the_map_becomes_a_quad_in_the_page() -> None:
    """Given a kernel 100 x 10 in a map of half the page's size, its quad surrounds it."""
    probabilities = np.zeros((200, 300), np.float32)
    probabilities[50:60, 100:200] = 0.9
    (quad,) = find_quads(probabilities, 600, 400)
    (left, top), (right, bottom) = quad.min(axis=0), quad.max(axis=0)
    # 99 x 9 between pixel centres: both sides grow by 99 x 9 x 1.6 / 108 = 13.2.
    assert np.allclose([left, top, right, bottom], [186.8, 86.8, 411.2, 131.2], atol=0.5)
    assert np.array_equal(quad, clockwise(quad))


def test_an_empty_map_has_no_lines() -> None:
    """Given no probability anywhere, there are no quads."""
    assert find_quads(np.zeros((64, 64), np.float32), 640, 640).shape == (0, 4, 2)


def test_what_is_no_number_is_no_text() -> None:
    """Given a map of NaN, or a line with NaN inside, there are no quads."""
    probabilities = np.full((64, 64), np.nan, np.float32)
    assert len(find_quads(probabilities, 64, 64)) == 0
    probabilities[20:30, 5:60] = 0.9
    probabilities[24:26, 8:50] = np.nan
    assert len(find_quads(probabilities, 64, 64)) == 0


def test_three_thousand_lines_at_most_are_looked_at() -> None:
    """Given a map with 10,000 kernels, 3,000 become quads."""
    probabilities = np.zeros((1000, 1000), np.float32)
    for row in range(6):
        probabilities[row::10, :] = np.where(np.arange(1000) % 10 < 6, 0.9, 0)
    assert len(find_quads(probabilities, 1000, 1000)) == 3000


@settings(max_examples=60)
@given(
    arrays(np.float32, st.tuples(st.integers(1, 40), st.integers(1, 40)),
           elements=st.floats(allow_nan=True, allow_infinity=True, width=32)),
    st.integers(1, 2000),
    st.integers(1, 2000),
)  # fmt: skip
def test_any_map_gives_quads_inside_the_page(
    probabilities: np.ndarray, width: int, height: int
) -> None:
    """Given any map, NaN and infinity included, every quad lies in the page."""
    quads = find_quads(probabilities, width, height)
    assert np.isfinite(quads).all()
    assert (quads >= 0).all()
    assert (quads <= [width, height]).all()


def test_a_straight_line_is_cut_out_as_it_is() -> None:
    """Given an upright line 24 pixels high, its picture is 48 high and twice as wide."""
    page = np.zeros((100, 300, 3), np.uint8)
    page[40:64, 100:200] = 200
    picture = line_picture(page, box(100, 40, 200, 64))
    assert picture is not None
    assert picture.shape == (LINE_HEIGHT, 200, 3)
    assert (picture == 200).all()


def test_a_tall_line_is_turned_a_quarter_left() -> None:
    """Given a line that runs down, its top becomes the left end of the picture."""
    page = np.zeros((300, 100, 3), np.uint8)
    page[50:100, 40:64] = 200
    picture = line_picture(page, box(40, 50, 64, 250))
    assert picture is not None
    assert picture.shape[1] > 4 * LINE_HEIGHT
    assert picture[24, 20, 0] == 200
    assert picture[24, -20, 0] == 0


def test_a_tilted_line_is_straightened() -> None:
    """Given a white line at 30 degrees on black, its picture is white."""
    import cv2

    corners = cv2.boxPoints(((200, 150), (240, 30), 30)).astype(np.float32)
    page = np.zeros((300, 400, 3), np.uint8)
    cv2.fillPoly(page, [corners.astype(np.int32)], (255, 255, 255))
    picture = line_picture(page, clockwise(corners))
    assert picture is not None
    assert picture[10:-10, 20:-20].mean() > 250
    assert picture.shape[1] == pytest.approx(8 * LINE_HEIGHT, rel=0.1)


@settings(max_examples=200)
@given(
    st.integers(1, 300),
    st.integers(1, 300),
    arrays(np.float32, (4, 2), elements=st.floats(-500, 500, width=32)
           | st.sampled_from([np.nan, np.inf, -np.inf])),
)  # fmt: skip
def test_any_quad_gives_a_picture_or_none(width: int, height: int, quad: np.ndarray) -> None:
    """Given any quad, outside the page or not even numbers, the picture is 48 pixels high."""
    picture = line_picture(np.zeros((height, width, 3), np.uint8), quad)
    if picture is not None:
        assert picture.shape[0] == LINE_HEIGHT
        assert 1 <= picture.shape[1] <= LINE_HEIGHT * 700


def test_a_quad_outside_the_page_has_no_picture() -> None:
    """Given a quad to the right of the page, there is no line."""
    assert line_picture(np.zeros((50, 50, 3), np.uint8), box(60, 10, 90, 20)) is None


def test_a_line_one_pixel_high_has_a_picture() -> None:
    """Given a line 100 pixels wide and one high, its picture is as wide in proportion."""
    picture = line_picture(np.zeros((50, 200, 3), np.uint8), box(10, 10, 110, 11))
    assert picture is not None
    assert picture.shape == (LINE_HEIGHT, 4800, 3)


def test_a_page_wider_than_opencv_warps_is_read() -> None:
    """Given a tilted line across 40,000 pixels, it has a picture."""
    quad = np.array([[0, 0], [40_000, 20], [40_000, 60], [0, 40]], np.float32)
    picture = line_picture(np.zeros((60, 40_000, 3), np.uint8), quad)
    assert picture is not None
    assert picture.shape[0] == LINE_HEIGHT


@given(st.integers(1, LONGEST * LINE_HEIGHT))
def test_a_line_is_padded_or_narrowed_to_one_of_few_widths(width: int) -> None:
    """Given a line of any width, the recogniser sees all of it, at most a twelfth narrower."""
    line = np.full((LINE_HEIGHT, width, 3), 250, np.uint8)
    line[:, -max(1, width // 8) :] = 10
    seen = recognizer_input(line)
    across = seen.shape[2]
    assert across in WIDTHS
    assert width <= 1.08 * across
    if width > across:
        assert (seen[0, :, 0] == 250).all()
        assert (seen[0, :, -1] == 10).all()
    else:
        assert (seen[0, :, :width] == line).all()
        assert (seen[0, :, width:] == 127).all()


def test_scores_become_text() -> None:
    """Given steps a a blank a b b space c, the text is `aab c`, sure by the mean of its steps."""
    text, confidence = ctc.decode(scores_of(1, 1, 0, 1, 2, 2, 4, 3), CLASSES)
    assert text == "aab c"
    assert confidence == pytest.approx(0.9)


@pytest.mark.parametrize(
    "scores", [scores_of(0, 0, 0), np.full((3, len(CLASSES)), np.nan, np.float32)]
)
def test_blanks_and_what_is_no_number_are_no_text(scores: np.ndarray) -> None:
    """Given blanks only, or NaN, the text is empty and its confidence 0."""
    assert ctc.decode(scores, CLASSES) == ("", 0.0)


@given(arrays(np.float32, st.tuples(st.integers(1, 20), st.just(len(CLASSES))),
              elements=st.floats(width=32)))  # fmt: skip
def test_any_scores_decode(scores: np.ndarray) -> None:
    """Given any scores, the text has no more characters than steps, and a finite confidence."""
    text, confidence = ctc.decode(scores, CLASSES)
    assert len(text) <= len(scores)
    assert np.isfinite(confidence)


@pytest.mark.parametrize(
    ("quad", "text", "upside_down", "first"),
    [
        (box(0, 0, 90, 10), "gap", False, (0.0, 0.0)),
        (box(0, 0, 90, 10), "gap", True, (90.0, 10.0)),
        (box(0, 0, 10, 90), "gap", False, (10.0, 0.0)),
        (box(0, 0, 10, 90), "gap", True, (0.0, 90.0)),
        (box(0, 0, 10, 90), "出口", False, (0.0, 0.0)),
    ],
)
def test_a_polygon_starts_where_its_text_starts(
    quad: np.ndarray, text: str, upside_down: bool, first: tuple[float, float]
) -> None:
    """Given a line upright, upside down or running down, its first corner is the text's own."""
    assert text_polygon(quad, text, upside_down=upside_down)[0] == first


@given(st.lists(st.floats(0.1, 60), max_size=40))
def test_groups_hold_each_line_once_the_longest_first(aspects: list[float]) -> None:
    """Given lines of any lengths, when grouped, then each is in one group, the longest come first,
    and a group of several is full and of one width.
    """
    groups = read_together(aspects)
    order = [line for group in groups for line in group]
    assert sorted(order) == list(range(len(aspects)))
    for group in groups:
        widths = {recognizer_width(LINE_HEIGHT * aspects[line]) for line in group}
        assert len(group) == 1 or (len(group) == TOGETHER and max(widths) <= WIDEST_TOGETHER)
        assert len(widths) == 1
    firsts = [recognizer_width(LINE_HEIGHT * aspects[group[0]]) for group in groups]
    assert firsts == sorted(firsts, reverse=True)
