"""The tiles of large pages: they cover the page, and a line on a seam is found once."""

from itertools import pairwise

import numpy as np
from hypothesis import example, given
from hypothesis import strategies as st

from pipeline.ocr.tiling import Quads, Window, first_scale, is_legible, join, look, plan, seen_size

SIDE = 1280
SIZES = st.tuples(st.integers(1, 25_000), st.integers(1, 25_000)).filter(
    lambda size: size[0] * size[1] <= 100_000_000
)


def box(left: float, top: float, right: float, bottom: float) -> Quads:
    return np.array([[left, top], [right, top], [right, bottom], [left, bottom]], np.float32)


@given(SIZES, st.sampled_from([1.0, 2.0, 4.0]))
def test_windows_cover_the_page_and_fit_the_detector(size: tuple[int, int], zoom: float) -> None:
    """Given any page, every pixel is in a window, and no window is more than was promised."""
    scale = min(1.0, first_scale(*size, SIDE) * zoom)
    windows = plan(*size, SIDE, scale)
    seen = seen_size(*size, SIDE)
    assert max(seen) <= SIDE
    assert windows[0].left == windows[0].top == 0
    assert max(w.left + w.width for w in windows) == size[0]
    assert max(w.top + w.height for w in windows) == size[1]
    for window in windows:
        assert window.width * scale <= seen[0] + 1
        assert window.height * scale <= seen[1] + 1
    for before, after in pairwise(windows):
        assert after.left <= before.left + before.width
        assert after.top <= before.top + before.height


def test_a_strip_keeps_the_size_of_its_text() -> None:
    """Given a strip of 800 x 20000, it is seen unshrunk, in windows as wide as it is."""
    assert first_scale(800, 20_000, SIDE) == 1
    windows = plan(800, 20_000, SIDE, 1)
    assert all(window.width == 800 for window in windows)
    assert 15 <= len(windows) <= 22


def test_a_photo_is_seen_at_once() -> None:
    """Given an ordinary large photo, one look suffices until its text proves too small."""
    scale = first_scale(4000, 3000, SIDE)
    assert plan(4000, 3000, SIDE, scale) == [Window(0, 0, 4000, 3000)]
    assert len(plan(4000, 3000, SIDE, 2 * scale)) == 9


@given(
    st.sampled_from([(800, 20_000), (20_000, 800), (4000, 3000), (5000, 7000)]),
    st.lists(st.tuples(st.floats(0, 0.9), st.floats(0.05, 0.6)), min_size=1, max_size=12),
    st.integers(20, 90),
)
@example((4000, 3000), [(0.1484375, 0.35546875)], 63)
def test_a_line_on_a_seam_is_found_once(
    size: tuple[int, int], lines: list[tuple[float, float]], height: int
) -> None:
    """Given lines anywhere, each window seeing its part, joined they are the lines again."""
    width, page_height = size
    step = page_height / len(lines)
    if step < 2 * height:
        return
    whole = [
        box(
            start * width,
            index * step + 5,
            min(width, (start + length) * width),
            index * step + 5 + height,
        )
        for index, (start, length) in enumerate(lines)
    ]
    scale = min(1.0, 2 * first_scale(*size, SIDE))
    joined = join([(w, seen_by(w, whole)) for w in plan(*size, SIDE, scale)])
    assert len(joined) == len(whole)
    boxes = sorted((q.min(axis=0)[1], *q.min(axis=0), *q.max(axis=0)) for q in joined)
    expected = sorted((q.min(axis=0)[1], *q.min(axis=0), *q.max(axis=0)) for q in whole)
    assert np.allclose(boxes, expected, atol=height / 4 + 1)


def seen_by(window: Window, lines: list[Quads]) -> Quads:
    """What of the lines lies in a window, as a detector reports it."""
    parts = []
    for line in lines:
        left, top = line.min(axis=0) - (window.left, window.top)
        right, bottom = line.max(axis=0) - (window.left, window.top)
        left, top = max(left, 0), max(top, 0)
        right, bottom = min(right, window.width), min(bottom, window.height)
        # A sliver of a line is not seen as one.
        if right - left >= 10 and bottom - top >= 8:
            parts.append(box(left, top, right, bottom))
    return np.array(parts, np.float32).reshape(-1, 4, 2)


def test_lines_one_below_the_other_stay_two() -> None:
    """Given two lines that touch where two windows overlap, they are not merged."""
    windows = [Window(0, 0, 800, 1200), Window(0, 1000, 800, 1200)]
    upper, lower = box(10, 1050, 700, 1090), box(10, 1088, 700, 1130)
    found = join([(w, seen_by(w, [upper, lower])) for w in windows])
    assert len(found) == 2


def test_small_text_asks_for_a_closer_look() -> None:
    """Given text a few pixels high at the scale it was seen, the page is looked at again."""
    line = np.array([box(0, 0, 500, 30)])
    assert is_legible(line, 0.5)
    assert not is_legible(line, 0.25)
    nothing = np.empty((0, 4, 2), np.float32)
    assert is_legible(nothing, 0.3)
    assert not is_legible(nothing, 0.25)


def test_a_line_that_fits_the_detector_is_seen_in_one_piece() -> None:
    """Given a page of one line, 1167 x 54, no look cuts it though its first side is a strip's."""
    seen = []

    def find(window: Window, scale: float) -> Quads:
        seen.append((window, scale))
        return np.array([box(10, 10, 1100, 40)])

    look((1167, 54), 960, find, first_side=640)
    assert [window for window, _ in seen] == [Window(0, 0, 1167, 54)]
    assert seen[0][1] <= 960 / 1167
