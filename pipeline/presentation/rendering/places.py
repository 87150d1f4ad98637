"""Where a paragraph's new text goes: its rectangle, direction, alignment and pitch."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from statistics import median
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from pipeline.layout.text_direction import TextDirection, group_by_direction
from pipeline.models import Box, Line, Paragraph, Polygon

Alignment = Literal["left", "centre", "right"]
Boxes = NDArray[np.float64]
"""Left, top, right and bottom of each of n boxes: n x 4."""

_SAME_EDGE = 0.4
"""Line heights by which edges of lines that are aligned may differ."""
_SAME_TILT = math.radians(0.8)
"""The tilt of a short line is measured within this."""
_LEVEL = math.radians(0.35)
"""A page that is tilted less is level."""
_ENOUGH_VOTES = 2
_MARGIN_SHARE = 0.04
"""Share of the page's width: a line whose middle is so near the page's is centred, unless at least
`_ENOUGH_VOTES` others share its edge."""


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


class PageLines:
    """The lines of a page, measured once for all its paragraphs; `width` is the page's."""

    def __init__(self, paragraphs: Sequence[Paragraph], width: int) -> None:
        lines = [line for paragraph in paragraphs for line in paragraph.lines]
        self.width = width
        self.direction = TextDirection(_page_tilt(lines), vertical=False)
        self._polygons = [line.polygon for line in lines]
        self._owners = np.repeat(
            np.arange(len(paragraphs)), [len(paragraph.lines) for paragraph in paragraphs]
        )
        self._boxes = self._bounds(self.direction)

    def beside(self, paragraph: int, direction: TextDirection) -> Boxes:
        """The bounds of the lines of all other paragraphs, in the frame of a direction."""
        boxes = self._boxes if direction == self.direction else self._bounds(direction)
        return np.asarray(boxes[self._owners != paragraph])

    def _bounds(self, direction: TextDirection) -> Boxes:
        boxes = [direction.bounds([each]) for each in self._polygons]
        return np.array(boxes, np.float64).reshape(-1, 4)


def _page_tilt(lines: Sequence[Line]) -> float:
    """The tilt that most text of a page has, in radians; 0 on a page that is nearly level."""
    if not lines:
        return 0.0
    direction, _ = max(
        group_by_direction(lines), key=lambda pair: sum(len(line.text) for line in pair[1])
    )
    return 0.0 if abs(direction.tilt) < _LEVEL else direction.tilt


def place_of(paragraph: Paragraph, index: int, page: PageLines) -> Place:
    """The place of the paragraph with this index on its page, in pixels of the page.

    A paragraph that has nearly the page's tilt gets exactly this one. The rectangle excludes the
    lines of other paragraphs.
    """
    frame = max(group_by_direction(paragraph.lines), key=lambda pair: len(pair[1]))[0]
    direction = page.direction
    if abs(frame.tilt - direction.tilt) >= _SAME_TILT:
        direction = TextDirection(frame.tilt, vertical=False)
    lines = [line.polygon for line in paragraph.lines]
    rows = tuple(direction.bounds([each]) for each in lines)
    box = _inside(direction, lines[0]) if len(lines) == 1 else direction.bounds(lines)
    beside = page.beside(index, direction)
    alignment = _alignment(rows, beside, page.width if direction.tilt == 0 else None)
    return Place(
        direction,
        _trimmed(box, beside),
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


def _trimmed(box: Box, others: Boxes) -> Box:
    """The box without what others cover; each takes the side that leaves the largest rest."""
    lefts, tops, rights, bottoms = others.T
    meet = (box[0] < rights) & (lefts < box[2]) & (box[1] < bottoms) & (tops < box[3])
    for other in others[meet].tolist():
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


def _alignment(rows: Sequence[Box], others: Boxes, page_width: int | None) -> Alignment:
    """The edges that the lines of a paragraph share; where that is open, with most other lines."""
    edges = _edges(np.array(rows, np.float64))
    tolerance = _SAME_EDGE * median(bottom - top for _, top, _, bottom in rows)
    spreads = {name: float(np.ptp(values)) for name, values in edges.items()}
    shared = [name for name, spread in spreads.items() if spread <= tolerance]
    if not shared:
        return min(spreads, key=spreads.__getitem__)
    if len(shared) == 1:
        return shared[0]
    beside = _edges(others)
    votes = {
        name: int((np.abs(beside[name] - np.median(edges[name])) <= tolerance).sum())
        for name in shared
    }
    best = max(shared, key=votes.__getitem__)
    if votes[best] < _ENOUGH_VOTES and page_width is not None and "centre" in shared:
        off_middle = abs(float(np.median(edges["centre"])) - page_width / 2)
        return "centre" if off_middle <= _MARGIN_SHARE * page_width else best
    return best


def _edges(boxes: Boxes) -> dict[Alignment, NDArray[np.float64]]:
    lefts, _, rights, _ = boxes.T
    return {"left": lefts, "centre": (lefts + rights) / 2, "right": rights}
