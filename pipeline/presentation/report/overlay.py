"""Places translated text in the polygons of lines, as SVG draws it."""

import math
import unicodedata
from dataclasses import dataclass

from pipeline.models import Polygon
from pipeline.presentation.exports.characters import printable
from pipeline.presentation.exports.line_geometry import is_right_to_left

_LONGEST_TEXT = 300
"""Characters of one line; more of them would be too small to see."""
_LINE_SHARE = 0.8
"""The font size as a share of the line's height."""
_MIN_VERTICAL_RATIO = 1.6
"""A polygon that is so much higher than wide holds a column of upright characters."""


@dataclass(frozen=True, slots=True)
class OverlayText:
    """A text in a line's place; lengths are pixels of the page.

    `length` is set where the text has to be squeezed into the line.
    """

    text: str
    transform: str
    x: float
    y: float
    size: float
    length: float | None
    right_to_left: bool


def place_text(text: str, polygon: Polygon) -> OverlayText:
    """`text` in the largest size that fits the polygon, along its upper edge."""
    shown = printable(text if len(text) <= _LONGEST_TEXT else f"{text[:_LONGEST_TEXT]}…")
    (left, top), along, width, height = _frame(polygon)
    fitting = width / max(em_width(shown), 0.1)
    size = min(height * _LINE_SHARE, fitting)
    runs_left = is_right_to_left(shown)
    return OverlayText(
        shown,
        f"translate({left:.1f} {top:.1f}) rotate({math.degrees(along):.2f})",
        round(width if runs_left else 0.0, 1),
        # The baseline of text whose middle is the middle of the line.
        round(height / 2 + 0.35 * size, 1),
        round(max(size, 0.1), 1),
        round(width, 1) if fitting <= height * _LINE_SHARE else None,
        runs_left,
    )


def em_width(text: str) -> float:
    """The estimated width of a text in a sans-serif font, in units of the font size."""
    return sum(map(_em, text))


def _em(character: str) -> float:
    if unicodedata.combining(character):
        return 0.0
    if unicodedata.east_asian_width(character) in "WF":
        return 1.0
    if character in " .,:;!|'ijlItfr()[]":
        return 0.32
    if character in "mwMW":
        return 0.88
    return 0.68 if character.isupper() else 0.55


def _frame(polygon: Polygon) -> tuple[tuple[float, float], float, float, float]:
    """The point where text begins, its direction in radians, and the width and height for it."""
    a, b, c, d = polygon
    width = (math.dist(a, b) + math.dist(d, c)) / 2
    height = (math.dist(a, d) + math.dist(b, c)) / 2
    if height > _MIN_VERTICAL_RATIO * width:
        # A column is read downwards, so its text begins at the upper right and turns right.
        return b, math.atan2(c[1] - b[1], c[0] - b[0]), height, width
    return a, math.atan2(b[1] - a[1], b[0] - a[0]), width, height
