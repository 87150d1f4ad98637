"""Quadrilaterals round text lines: corner order, sides, and where the text starts; pure."""

import numpy as np
from numpy.typing import NDArray

from pipeline.language.scripts import is_ideographic
from pipeline.models import Point, Polygon

Quads = NDArray[np.float32]
"""n x 4 x 2: corners in pixels, clockwise from the top left."""

_TALL = 1.5
"""Heights in widths from which a quad holds a line that runs down; PaddleOCR's own limit."""


def no_quads() -> Quads:
    """An empty array of quads."""
    return np.empty((0, 4, 2), np.float32)


def clockwise(corners: Quads) -> Quads:
    """Four corners from the one nearest the top left, as PaddleOCR orders them."""
    by_x = corners[np.argsort(corners[:, 0], kind="stable")]
    left, right = by_x[:2], by_x[2:]
    top_left, bottom_left = left[np.argsort(left[:, 1])]
    top_right, bottom_right = right[np.argsort(right[:, 1])]
    return np.array([top_left, top_right, bottom_right, bottom_left], np.float32)


def sides(quad: Quads) -> tuple[float, float]:
    """Mean length of the horizontal and of the vertical sides, in pixels."""
    across = np.linalg.norm(quad[1] - quad[0]) + np.linalg.norm(quad[2] - quad[3])
    down = np.linalg.norm(quad[3] - quad[0]) + np.linalg.norm(quad[2] - quad[1])
    return float(across) / 2, float(down) / 2


def is_tall(quad: Quads) -> bool:
    """Whether the line runs down the page; the recogniser reads it turned a quarter left."""
    across, down = sides(quad)
    return down >= _TALL * across


def text_polygon(quad: Quads, text: str, *, upside_down: bool) -> Polygon:
    """Starts the quad, given from the picture's top left, where its text starts.

    A tall line is read turned a quarter left. Characters that stand upright one below
    the other (Chinese, Japanese) still start at the top left; letters that lie on their
    side start at the top right.
    """
    corners: list[Point] = [(round(float(x), 1), round(float(y), 1)) for x, y in quad]
    start = 1 if is_tall(quad) and not any(map(is_ideographic, text)) else 0
    if upside_down:
        start += 2
    a, b, c, d = (corners[(start + i) % 4] for i in range(4))
    return (a, b, c, d)
