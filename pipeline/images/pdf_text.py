"""The characters of a PDF's text layer -> lines with polygons."""

import math
from collections.abc import Iterable
from dataclasses import dataclass

Vector = tuple[float, float]

_LARGEST_GAP = 1.5
"""Between characters of one line, as a share of their height; spaces of columns are wider."""
_LARGEST_SHIFT = 0.7
"""Across the line, as a share of the height: superscripts stay in their line."""
_SAME_DIRECTION = 0.99
"""The least cosine between the directions of two characters of one line."""


@dataclass(frozen=True, slots=True)
class Character:
    """A character of the layer.

    Attributes:
        text: one character; a line feed where the PDF reader starts a new line.
        direction: the unit vector in which the text runs; x to the right, y downwards.
        corners: those of its box; empty for spaces.
    """

    text: str
    direction: Vector
    corners: tuple[Vector, ...]


@dataclass(frozen=True, slots=True)
class LayerLine:
    """A line of the layer; the polygon runs clockwise from the text's top left."""

    text: str
    polygon: tuple[Vector, ...]


def layer_lines(characters: Iterable[Character]) -> list[LayerLine]:
    """Joins characters, in the layer's order, to lines; wide gaps divide them."""
    lines: list[list[Character]] = [[]]
    last: Character | None = None
    for character in characters:
        if character.text == "\n":
            lines.append([])
            last = None
            continue
        if character.corners:
            if last and not _continues(last, character):
                lines.append([])
            last = character
        lines[-1].append(character)
    return [_line(line) for line in lines if any(each.corners for each in line)]


def _continues(last: Character, following: Character) -> bool:
    direction = last.direction
    if _dot(direction, following.direction) < _SAME_DIRECTION:
        return False
    start, end, top, bottom = _extent([last], direction)
    next_start, next_end, next_top, next_bottom = _extent([following], direction)
    height = max(bottom - top, next_bottom - next_top)
    # Text that runs right to left continues at the other side.
    gap = max(next_start - end, start - next_end)
    shift = abs(top + bottom - next_top - next_bottom) / 2
    return gap <= _LARGEST_GAP * height and shift <= _LARGEST_SHIFT * height


def _line(characters: list[Character]) -> LayerLine:
    direction = next(each.direction for each in characters if each.corners)
    start, end, top, bottom = _extent(characters, direction)
    (x, y), down = direction, _down(direction)
    polygon = tuple(
        (round(x * along + down[0] * across, 1), round(y * along + down[1] * across, 1))
        for along, across in ((start, top), (end, top), (end, bottom), (start, bottom))
    )
    text = "".join(each.text for each in characters)
    # Characters beyond U+FFFF come in two halves.
    whole = text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return LayerLine(" ".join(whole.split()), polygon)


def _extent(characters: list[Character], direction: Vector) -> tuple[float, float, float, float]:
    """The least and the largest place along the direction, and those across it."""
    corners = [corner for each in characters for corner in each.corners]
    along = [_dot(corner, direction) for corner in corners]
    across = [_dot(corner, _down(direction)) for corner in corners]
    return min(along), max(along), min(across), max(across)


def _down(direction: Vector) -> Vector:
    return -direction[1], direction[0]


def _dot(one: Vector, other: Vector) -> float:
    return one[0] * other[0] + one[1] * other[1]


def unit(x: float, y: float) -> Vector:
    """The vector with length 1; to the right where it has no direction."""
    length = math.hypot(x, y)
    return (x / length, y / length) if 0 < length < math.inf else (1.0, 0.0)
