"""Rows of text: recognised lines in their frame, ready to be put under each other."""

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import reduce

from pipeline.language.scripts import is_ideographic
from pipeline.layout.continuation import is_quantity
from pipeline.layout.text_direction import TextDirection
from pipeline.models import Line

_NARROW = frozenset(" .,:;'!|()[]-·1Iijlft")
_WIDE = frozenset("mwMW@%")

CLOSE = 0.8
"""The widest gap between rows of one paragraph, in letters' height."""


@dataclass(frozen=True, slots=True)
class Row:
    """One line of text in its frame, of one recognised line or of several side by side."""

    lines: tuple[Line, ...]
    text: str
    left: float
    top: float
    right: float
    bottom: float
    in_table: bool = False

    @property
    def size(self) -> float:
        """How high its letters are, about."""
        return self.bottom - self.top

    @property
    def width(self) -> float:
        """How long it is."""
        return self.right - self.left

    @property
    def em(self) -> float:
        """The size of its type, told from how wide its letters run."""
        return self.width / max(1.0, sum(map(_advance, self.text)))

    @property
    def middle(self) -> float:
        """Where its middle is, from the top."""
        return (self.top + self.bottom) / 2

    def beside(self, other: "Row") -> bool:
        """Whether the two stand on one line."""
        shared = min(self.bottom, other.bottom) - max(self.top, other.top)
        return shared > 0.5 * min(self.size, other.size)

    def gap(self, other: "Row") -> float:
        """The space between one above the other; negative where they overlap."""
        return max(self.top, other.top) - min(self.bottom, other.bottom)

    def shared_width(self, other: "Row") -> float:
        """How far they run along each other; negative where they do not."""
        return min(self.right, other.right) - max(self.left, other.left)


def rows_of(frame: TextDirection, lines: Sequence[Line]) -> list[Row]:
    """Lines in their frame from top to bottom, pieces of one text line put together."""
    pieces = _from_top(_row(frame, line) for line in lines)
    to_right = {
        i: min(
            (j for j in near if _one_line(pieces[i], pieces[j])),
            default=None,
            key=lambda j: pieces[j].left,
        )
        for i, near in enumerate(near(pieces))
    }
    joined = _from_top(reduce(_together, chain) for chain in chains(pieces, to_right))
    return [
        replace(row, in_table=any(_in_table(row, joined[j]) for j in beside))
        for row, beside in zip(joined, near(joined), strict=True)
    ]


def _from_top(rows: Iterable[Row]) -> list[Row]:
    return sorted(rows, key=lambda row: (row.top, row.left))


def near(rows: Sequence[Row]) -> list[list[int]]:
    """For each row, given from the top, the rows beside it or close above or below."""
    found: list[list[int]] = [[] for _ in rows]
    for i, row in enumerate(rows):
        for j in range(i + 1, len(rows)):
            if rows[j].top > row.bottom + CLOSE * row.size:
                break
            found[i].append(j)
            found[j].append(i)
    return found


def chains(rows: Sequence[Row], following: Mapping[int, int | None]) -> Iterator[list[Row]]:
    """Rows in chains; where two are followed by the same row, the first keeps it."""
    before: dict[int, int] = {}
    for i, j in following.items():
        if j is not None:
            before.setdefault(j, i)
    after = {i: j for j, i in before.items()}
    for start in range(len(rows)):
        if start not in before:
            chain = [start]
            while chain[-1] in after:
                chain.append(after[chain[-1]])
            yield [rows[i] for i in chain]


def _advance(character: str) -> float:
    """How wide a letter is in a common typeface, in ems."""
    if is_ideographic(character):
        return 1.0
    if character in _NARROW:
        return 0.34
    if character in _WIDE:
        return 0.85
    return 0.68 if character.isupper() else 0.55


def _row(frame: TextDirection, line: Line) -> Row:
    left, top, right, bottom = frame.bounds([line.polygon])
    a, b, c, d = line.polygon
    sides = (math.dist(a, b) + math.dist(c, d)) / 2, (math.dist(b, c) + math.dist(d, a)) / 2
    # A long line tilted a little more than its frame has tall bounds, not tall letters.
    size = max(1.0, min(bottom - top, sides[0] if frame.vertical else sides[1]))
    middle = (top + bottom) / 2
    return Row((line,), line.text, left, middle - size / 2, right, middle + size / 2)


def _one_line(left: Row, right: Row) -> bool:
    gap, size = right.left - left.right, min(left.size, right.size)
    return (
        left.left < right.left
        and -0.5 * size < gap < 0.5 * size
        and left.beside(right)
        and max(left.size, right.size) < 1.3 * size
        and not is_quantity(left.text)
        and not is_quantity(right.text)
    )


def _together(left: Row, right: Row) -> Row:
    return Row(
        left.lines + right.lines,
        f"{left.text} {right.text}",
        left.left,
        min(left.top, right.top),
        right.right,
        max(left.bottom, right.bottom),
    )


def _in_table(row: Row, other: Row) -> bool:
    """Whether `other` is a price or a number on the same line of a table."""
    return (
        row is not other
        and row.beside(other)
        and (is_quantity(other.text) or is_quantity(row.text))
    )
