"""Where on a page the detector looks, and how what it finds there becomes one page again; pure.

The detector sees at most `max_side` pixels a side. Shrinking costs nothing while text
keeps some nine pixels of height (docs/decisions.md). A long strip, whose short side would
shrink to nothing, is seen in overlapping windows from the start; any other page again in
smaller windows when what was found on it turns out to be too small.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import ceil

import cv2
import numpy as np

from pipeline.models import Pixels
from pipeline.ocr.quads import Quads, clockwise

_SMALLEST_SCALE = 0.235
"""At it a photo of 12 megapixels (4080 x 3060) is 960 pixels wide: one look instead of four."""

_EMPTY_SCALE = 0.25
"""Where nothing was found at a larger scale, nothing is there."""

_STRIP_ASPECT, _STRIP_SCALE = 2.5, 0.6
"""A strip is longer than so many times its width, and would be shrunk further than that."""

_WINDOW_ASPECT = 1.5
"""Length of a strip's window over its width."""

_LEGIBLE = 11.0
"""Pixels of height, as the detector saw them, of the lower quartile of lines at least."""

_OVERLAP = 0.15
"""Share of a window that the next one sees too."""

_TOUCHES = 0.01
"""Share of a window's longer side within which a quad counts as cut by the window's edge."""

_SAME = 0.6
"""Share of the shorter of two quads beside the other, from which they may be one line."""

_SLACK = 0.25
"""Share of a quad's shorter side by which it may stick out of another and still be inside."""


@dataclass(frozen=True, slots=True)
class Window:
    """A rectangle of the page, in its pixels."""

    left: int
    top: int
    width: int
    height: int

    def of(self, pixels: Pixels) -> Pixels:
        """This part of a page, not copied."""
        return pixels[self.top : self.top + self.height, self.left : self.left + self.width]


def look(
    size: tuple[int, int],
    max_side: int,
    find: Callable[[Window, float], Quads],
    *,
    first_side: int | None = None,
) -> Quads:
    """Finds the lines of a page, looking closer while those found are too small.

    `size` is the page's width and height. `find` detects in one window, shrunk by a
    scale, and returns quads in pixels of that window. The first look
    shows the page with `first_side` pixels (by default `max_side`).
    """
    whole = first_scale(*size, max_side)
    # A page that is a strip for the first look only would be cut into windows for nothing.
    scale = min(whole, first_scale(*size, first_side or max_side))
    while True:
        windows = plan(*size, max_side, scale)
        quads = join([(window, find(window, scale)) for window in windows])
        if scale >= 1 or is_legible(quads, scale):
            return quads
        scale = whole if scale < whole else min(1.0, 2 * scale)


def first_scale(width: int, height: int, max_side: int) -> float:
    """How much smaller than the page the detector sees it at first, at most 1."""
    shorter, longer = sorted((width, height))
    scale = min(1.0, max_side / longer)
    if longer > _STRIP_ASPECT * shorter and scale < _STRIP_SCALE:
        return min(1.0, max_side / (_WINDOW_ASPECT * shorter))
    return max(_SMALLEST_SCALE, scale)


def seen_size(width: int, height: int, max_side: int) -> tuple[int, int]:
    """Width and height of the largest picture the detector is given, whatever the scale."""
    shorter, longer = sorted((width, height))
    window_longer = min(longer, max_side)
    scale = first_scale(width, height, max_side)
    # A strip's windows are as wide as the strip; other pages' have the page's own shape.
    strip = longer * scale > max_side * 1.01 and longer > _STRIP_ASPECT * shorter
    window_shorter = shorter * scale if strip else shorter * window_longer / longer
    sides = max(1, ceil(window_longer)), max(1, ceil(window_shorter))
    return sides if width >= height else sides[::-1]


def plan(width: int, height: int, max_side: int, scale: float) -> list[Window]:
    """Windows that cover the page and, shrunk by `scale`, are what `seen_size` says; row by row."""
    across, down = (max(1, ceil(side / scale)) for side in seen_size(width, height, max_side))
    return [
        Window(left, top, wide, high)
        for top, high in _cuts(height, down)
        for left, wide in _cuts(width, across)
    ]


def _cuts(length: int, side: int) -> list[tuple[int, int]]:
    """Starts and lengths of equal pieces of at most `side` that overlap by `_OVERLAP`."""
    if length <= side:
        return [(0, length)]
    pieces = ceil((length - side) / (side * (1 - _OVERLAP))) + 1
    step = (length - side) / (pieces - 1)
    return [(round(piece * step), side) for piece in range(pieces)]


def is_legible(quads: Quads, scale: float) -> bool:
    """Whether what was found at `scale` was large enough for nothing to be missed beside it."""
    if not len(quads):
        return scale > _EMPTY_SCALE
    across = np.linalg.norm(quads[:, 1] - quads[:, 0], axis=1)
    down = np.linalg.norm(quads[:, 3] - quads[:, 0], axis=1)
    return float(np.percentile(np.minimum(across, down) * scale, 25)) >= _LEGIBLE


def join(found: Sequence[tuple[Window, Quads]]) -> Quads:
    """One page's quads from its windows', whose coordinates count from each window.

    A line that two windows saw is kept once; one that a seam cut is put together.
    """
    right = max(window.left + window.width for window, _ in found)
    bottom = max(window.top + window.height for window, _ in found)
    kept: list[_Sighting] = []
    for window, quads in found:
        inner = (
            window.left > 0,
            window.top > 0,
            window.left + window.width < right,
            (window.top + window.height < bottom),
        )
        for quad in quads + np.array([window.left, window.top], np.float32):
            kept = _absorb(kept, _sighted(quad, window, inner))
    return np.array([sighting.quad for sighting in kept], np.float32).reshape(-1, 4, 2)


@dataclass(frozen=True, slots=True)
class _Sighting:
    """A quad, its bounds (left, top, right, bottom), and whether seams cut it on each axis.

    `window` is None once it was put together.
    """

    quad: Quads
    bounds: tuple[float, float, float, float]
    cut: tuple[bool, bool]
    window: Window | None

    def length(self, axis: int) -> float:
        return max(1.0, self.bounds[axis + 2] - self.bounds[axis])


def _sighted(quad: Quads, window: Window, inner: tuple[bool, ...]) -> _Sighting:
    bounds = _bounds(quad)
    edges = window.left, window.top, window.left + window.width, window.top + window.height
    near = _TOUCHES * max(window.width, window.height)
    touches = [i and abs(b - e) < near for i, b, e in zip(inner, bounds, edges, strict=True)]
    return _Sighting(quad, bounds, (touches[0] or touches[2], touches[1] or touches[3]), window)


def _bounds(quad: Quads) -> tuple[float, float, float, float]:
    (left, top), (right, bottom) = quad.min(axis=0), quad.max(axis=0)
    return float(left), float(top), float(right), float(bottom)


def _absorb(kept: list[_Sighting], new: _Sighting) -> list[_Sighting]:
    """Adds a sighting, put together with all it belongs to."""
    others = []
    for old in kept:
        if _belong_together(old, new):
            new = _united(old, new)
        else:
            others.append(old)
    return [*others, new]


def _belong_together(old: _Sighting, new: _Sighting) -> bool:
    if old.window == new.window and old.window is not None:
        return False
    across, down = (_shared(old, new, axis) for axis in (0, 1))
    # Two parts may only touch: where a third window began, the end of a line was within the slack.
    if across < 0 or down < 0:
        return False
    if across >= _SAME and down >= _SAME:
        return True
    # One line cut by a seam overlaps itself along it, and fully the other way.
    return (down >= _SAME and old.cut[0] and new.cut[0]) or (
        across >= _SAME and old.cut[1] and new.cut[1]
    )


def _shared(old: _Sighting, new: _Sighting, axis: int) -> float:
    """How much of the shorter one lies beside the other."""
    first, last = axis, axis + 2
    common = min(old.bounds[last], new.bounds[last]) - max(old.bounds[first], new.bounds[first])
    return common / min(old.length(axis), new.length(axis))


def _united(old: _Sighting, new: _Sighting) -> _Sighting:
    larger, smaller = sorted((old, new), key=lambda s: -s.length(0) * s.length(1))
    cut = old.cut[0] or new.cut[0], old.cut[1] or new.cut[1]
    slack = _SLACK * min(smaller.length(0), smaller.length(1))
    inside = zip(larger.bounds, smaller.bounds, (-1, -1, 1, 1), strict=True)
    if all(sign * (inner - outer) <= slack for outer, inner, sign in inside):
        # As it was seen, at its own angle.
        return _Sighting(larger.quad, larger.bounds, cut, None)
    corners = cv2.boxPoints(cv2.minAreaRect(np.concatenate([larger.quad, smaller.quad])))
    quad = clockwise(np.asarray(corners, np.float32))
    return _Sighting(quad, _bounds(quad), cut, None)
