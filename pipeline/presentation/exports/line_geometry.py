"""Where a line's text runs, and where its words stand."""

import re
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from pipeline.layout.text_direction import TextDirection, group_by_direction
from pipeline.models import Line, Polygon

Box = tuple[int, int, int, int]
"""Left, top, right, bottom, in whole pixels of the picture."""


@dataclass(frozen=True, slots=True)
class Word:
    """A word and its place, estimated from its share of the line's characters."""

    text: str
    polygon: Polygon


@dataclass(frozen=True, slots=True)
class LineFrame:
    """A line's rectangle along its own direction, in pixels: `left` to `right` as text runs."""

    direction: TextDirection
    left: float
    top: float
    right: float
    bottom: float

    @classmethod
    def of(cls, line: Line) -> "LineFrame":
        """The frame of a line; also one of Arabic or Hebrew begins at its left here."""
        direction = replace(group_by_direction([line])[0][0], mirrored=False)
        return cls(direction, *direction.bounds([line.polygon]))


def words_of(line: Line) -> Iterator[Word]:
    """The words of a line in reading order; a text without spaces is one word."""
    frame = LineFrame.of(line)
    step = (frame.right - frame.left) / max(1, len(line.text))
    for match in re.finditer(r"\S+", line.text):
        start, end = frame.left + match.start() * step, frame.left + match.end() * step
        if is_right_to_left(line.text):
            start, end = frame.left + frame.right - end, frame.left + frame.right - start
        place = frame.direction.polygon(start, frame.top, end, frame.bottom)
        yield Word(match[0], place)


def is_right_to_left(text: str) -> bool:
    """Whether the first strong character runs right to left (Unicode UAX #9, rule P2)."""
    strong = (unicodedata.bidirectional(character) for character in text)
    return next((kind for kind in strong if kind in {"L", "R", "AL"}), "L") != "L"


def box_around(polygons: Iterable[Polygon], width: int, height: int) -> Box:
    """The smallest upright box around all, inside a page of `width` x `height`."""
    xs, ys = zip(*(point for polygon in polygons for point in polygon), strict=True)
    left, right = (min(max(round(x), 0), width) for x in (min(xs), max(xs)))
    top, bottom = (min(max(round(y), 0), height) for y in (min(ys), max(ys)))
    return left, top, right, bottom
