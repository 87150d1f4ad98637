"""Where a paragraph's new text goes: its rectangle, direction, alignment and pitch."""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from statistics import median
from typing import Literal

from pipeline.layout.text_direction import TextDirection, group_by_direction
from pipeline.models import Box, Line, Paragraph, Polygon

Alignment = Literal["left", "centre", "right"]

_SAME_EDGE = 0.4
"""Line heights by which edges of lines that are aligned may differ."""
_SAME_TILT = math.radians(0.8)
"""The tilt of a short line is measured within this."""
_LEVEL = math.radians(0.35)
"""A page that is tilted less is level."""
_ENOUGH_VOTES = 2
_MARGIN_SHARE = 0.04
"""Of the page's width: a line whose middle is so near the page's is centred, unless its edge is
shared by at least `_ENOUGH_VOTES` others."""


@dataclass(frozen=True, slots=True)
class Place:
    """A paragraph's rectangle in the frame of `direction`, in pixels; no neighbour is inside.

    `rows` are the bounds of the original lines in the frame, `heights` the lines' own heights.
    `upright_columns` is set for vertical text; the new text there is level.
    """

    direction: TextDirection
    box: Box
    rows: tuple[Box, ...]
    heights: tuple[float, ...]
    alignment: Alignment
    upright_columns: bool

    @property
    def pitch(self) -> float | None:
        """Pixels from line to line; None where there is one line."""
        if self.upright_columns:
            return None
        middles = sorted((top + bottom) / 2 for _, top, _, bottom in self.rows)
        height = median(self.heights)
        steps = [low - high for high, low in pairwise(middles) if low - high > height / 3]
        return median(steps) if steps else None


def page_tilt(lines: Sequence[Line]) -> float:
    """The tilt that most text of a page has, in radians; 0 on a page that is nearly level."""
    if not lines:
        return 0.0
    direction, _ = max(
        group_by_direction(lines), key=lambda pair: sum(len(line.text) for line in pair[1])
    )
    return 0.0 if abs(direction.tilt) < _LEVEL else direction.tilt


def place_of(
    paragraph: Paragraph, others: Sequence[Polygon], *, page_width: int, tilt: float
) -> Place:
    """The place of a paragraph on its page.

    Args:
        paragraph: in pixels of the page.
        others: the lines and the new texts beside it; its rectangle excludes them.
        page_width: in pixels.
        tilt: of the page; a paragraph that has nearly the same gets exactly this one.
    """
    frame = max(group_by_direction(paragraph.lines), key=lambda pair: len(pair[1]))[0]
    direction = TextDirection(
        tilt if abs(frame.tilt - tilt) < _SAME_TILT else frame.tilt, vertical=False
    )
    lines = [line.polygon for line in paragraph.lines]
    rows = tuple(direction.bounds([each]) for each in lines)
    box = _inside(direction, lines[0]) if len(lines) == 1 else direction.bounds(lines)
    around = [direction.bounds([each]) for each in others]
    alignment = _alignment(rows, around, page_width if direction.tilt == 0 else None)
    return Place(
        direction,
        _trimmed(box, around),
        rows,
        tuple(replace(frame, mirrored=False).line_height(each) for each in lines),
        "centre" if frame.vertical else alignment,
        frame.vertical,
    )


def _inside(frame: TextDirection, polygon: Polygon) -> Box:
    """The largest box inside a polygon that is nearly a rectangle."""
    points = [frame.bounds([(point, point, point, point)]) for point in polygon]
    xs, ys = sorted(box[0] for box in points), sorted(box[1] for box in points)
    return xs[1], ys[1], xs[2], ys[2]


def _trimmed(box: Box, others: Iterable[Box]) -> Box:
    """The box without what others cover; each takes the side that leaves the largest rest."""
    for other in others:
        left, top, right, bottom = box
        if left < other[2] and other[0] < right and top < other[3] and other[1] < bottom:
            rests = (
                (other[2], top, right, bottom),
                (left, other[3], right, bottom),
                (left, top, other[0], bottom),
                (left, top, right, other[1]),
            )
            box = max(rests, key=_area)
    return box


def _area(box: Box) -> float:
    left, top, right, bottom = box
    return max(0.0, right - left) * max(0.0, bottom - top)


def _alignment(rows: Sequence[Box], others: Sequence[Box], page_width: int | None) -> Alignment:
    """The edges that the lines of a paragraph share; where that is open, with most other lines."""
    height = median(bottom - top for _, top, _, bottom in rows)
    edges = _edges(rows)
    spreads = {name: max(values) - min(values) for name, values in edges.items()}
    shared = [name for name, spread in spreads.items() if spread <= _SAME_EDGE * height]
    if not shared:
        return min(spreads, key=spreads.__getitem__)
    if len(shared) == 1:
        return shared[0]
    around = _edges(others)
    votes: Mapping[Alignment, int] = {
        name: sum(abs(each - median(edges[name])) <= _SAME_EDGE * height for each in around[name])
        for name in shared
    }
    best = max(shared, key=votes.__getitem__)
    if votes[best] < _ENOUGH_VOTES and page_width is not None and "centre" in shared:
        off_middle = abs(median(edges["centre"]) - page_width / 2)
        return "centre" if off_middle <= _MARGIN_SHARE * page_width else best
    return best


def _edges(boxes: Sequence[Box]) -> dict[Alignment, list[float]]:
    return {
        "left": [left for left, _, _, _ in boxes],
        "centre": [(left + right) / 2 for left, _, right, _ in boxes],
        "right": [right for _, _, right, _ in boxes],
    }
