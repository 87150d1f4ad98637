"""Rows of text: recognised lines in their frame, pieces of one text line put together."""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache, reduce
from statistics import median

import numpy as np

from pipeline.language.scripts import is_ideographic
from pipeline.layout.text_direction import TextDirection
from pipeline.layout.thresholds import LIMITS
from pipeline.models import Box, Line, LineStyle

LABEL = re.compile(r"[^\W\d_][\w.]*(?: [\w.#]+){0,3} ?[:：]")  # noqa: RUF001 - a wide colon
"""A text that begins with a label of up to four words."""

_NARROW = frozenset(" .,:;'!|()[]-·1Iijlft")
_WIDE = frozenset("mwMW@%")
_CHUNK = 64

Pairs = list[list[int]]
"""For each row, the numbers of other rows."""


@dataclass(frozen=True, slots=True)
class Row:
    """One line of text in its frame, of one recognised line or of several side by side.

    `size` is how high its box is, `em` the size of its type as its letters' widths show it, both in
    pixels; `first_word` the width of its first word with a space.
    """

    lines: tuple[Line, ...]
    style: LineStyle | None
    text: str
    left: float
    top: float
    right: float
    bottom: float
    box: Box | None = None
    vertical: bool = False
    size: float = field(init=False)
    em: float = field(init=False)
    first_word: float = field(init=False)
    is_quantity: bool = field(init=False)

    def __post_init__(self) -> None:
        """Measures the text once."""
        em = (self.right - self.left) / max(1.0, sum(map(_advance, self.text)))
        word = next(iter(self.text.split()), self.text)
        width = 1.5 * em if any(map(is_ideographic, word)) else em * sum(map(_advance, word + " "))
        object.__setattr__(self, "size", self.bottom - self.top)
        object.__setattr__(self, "em", em)
        object.__setattr__(self, "first_word", width)
        object.__setattr__(self, "is_quantity", is_quantity(self.text))

    @property
    def width(self) -> float:
        """How long it is."""
        return self.right - self.left

    @property
    def middle(self) -> float:
        """Where its middle is, from the top."""
        return (self.top + self.bottom) / 2

    def beside(self, other: "Row") -> bool:
        """Whether the two stand on one line."""
        shared = min(self.bottom, other.bottom) - max(self.top, other.top)
        return shared > 0.5 * min(self.size, other.size)


def is_quantity(text: str) -> bool:
    """Whether it is a number, a price, a code: digits, and hardly a word beside them."""
    letters = sum(map(str.isalpha, text))
    digits = sum(map(str.isdigit, text))
    return digits > 0 and letters <= max(2, 0.6 * digits)


def rows_of(
    frame: TextDirection, lines: Sequence[Line], styles: Sequence[LineStyle | None]
) -> tuple[TextDirection, list[Row]]:
    """Rows from top to bottom, pieces of one text line put together; and their sheared frame."""
    pieces = _pieces(frame, lines, styles)
    right, under = neighbours(pieces)
    frame = replace(frame, shear=_shear(pieces, under))
    if frame.shear:
        pieces = _pieces(frame, lines, styles)
        right, _ = neighbours(pieces)
    following = {
        i: others[0]
        for i, others in enumerate(right)
        if others and _is_one_line(pieces[i], pieces[others[0]])
    }
    return frame, _from_top(reduce(_together, chain) for chain in chains(pieces, following))


def _pieces(
    frame: TextDirection, lines: Sequence[Line], styles: Sequence[LineStyle | None]
) -> list[Row]:
    return _from_top(_row(frame, line, style) for line, style in zip(lines, styles, strict=True))


def _shear(rows: Sequence[Row], under: Pairs) -> float:
    """How far the left edges of neighbouring rows move with each pixel downwards: the median."""
    slopes = [
        (rows[at[0]].left - row.left) / (rows[at[0]].middle - row.middle)
        for row, at in zip(rows, under, strict=True)
        if at and abs(rows[at[0]].left - row.left) < LIMITS.indent * row.size
    ]
    return median(slopes) if len(slopes) > LIMITS.shear_pairs else 0.0


def _from_top(rows: Iterable[Row]) -> list[Row]:
    return sorted(rows, key=lambda row: (row.top, row.left))


def partners(rows: Sequence[Row], right: Pairs) -> dict[int, list[Row]]:
    """The rows on the same text line as each row, by `id`."""
    found: dict[int, list[Row]] = {id(row): [] for row in rows}
    for row, others in zip(rows, right, strict=True):
        for other in others:
            if abs(row.middle - rows[other].middle) > 0.25 * min(row.size, rows[other].size):
                continue
            found[id(row)].append(rows[other])
            found[id(rows[other])].append(row)
    return found


def neighbours(rows: Sequence[Row]) -> tuple[Pairs, Pairs]:
    """For each row those to its right on its text line, and those close under it.

    Rows come from the top; the nearest come first.
    """
    right: Pairs = [[] for _ in rows]
    under: Pairs = [[] for _ in rows]
    bounds = np.array([(row.left, row.top, row.right, row.bottom) for row in rows], np.float64)
    starts, tops, ends, bottoms = bounds.reshape(-1, 4).T
    sizes, middles = bottoms - tops, tops + bottoms
    reach = sizes.max(initial=0.0)
    for first in range(0, len(rows), _CHUNK):
        i = slice(first, first + _CHUNK)
        lowest = bottoms[i].max() + LIMITS.widest_gap * reach
        begin, end = np.searchsorted(tops, (tops[first] - reach, lowest))
        j = slice(int(begin), int(end))
        least = np.minimum(sizes[i, None], sizes[j])
        beside = np.minimum(bottoms[i, None], bottoms[j]) - np.maximum(tops[i, None], tops[j])
        shared = np.minimum(ends[i, None], ends[j]) - np.maximum(starts[i, None], starts[j])
        apart = (starts[j] - ends[i, None] > -0.5 * least) & (starts[j] > starts[i, None])
        gap = tops[j] - bottoms[i, None]
        below = (middles[j] > middles[i, None]) & (shared > 0.5 * least)
        below &= (gap > -0.5 * least) & (gap < LIMITS.widest_gap * least)
        below &= np.cumsum(below, axis=1) <= LIMITS.neighbours
        for found, pairs in ((right, (beside > 0.5 * least) & apart), (under, below)):
            for at, other in np.argwhere(pairs).tolist():
                found[first + at].append(j.start + other)
    for others in right:
        others.sort(key=lambda other: rows[other].left)
    return right, under


def chains(rows: Sequence[Row], following: dict[int, int]) -> Iterator[list[Row]]:
    """Rows in chains; where two are followed by the same row, the first keeps it."""
    before: dict[int, int] = {}
    for i, j in following.items():
        before.setdefault(j, i)
    after = {i: j for j, i in before.items()}
    for start in range(len(rows)):
        if start not in before:
            chain = [start]
            while chain[-1] in after:
                chain.append(after[chain[-1]])
            yield [rows[i] for i in chain]


@lru_cache(4096)
def _advance(character: str) -> float:
    """How wide a letter is in a common typeface, in ems."""
    if is_ideographic(character):
        return 1.0
    if character in _NARROW:
        return 0.34
    if character in _WIDE:
        return 0.85
    return 0.68 if character.isupper() else 0.55


def _row(frame: TextDirection, line: Line, style: LineStyle | None) -> Row:
    left, top, right, bottom = frame.bounds([line.polygon])
    size = max(1.0, min(bottom - top, frame.line_height(line.polygon)))
    middle = (top + bottom) / 2
    box = frame.box(style.boxes[0]) if style and style.boxes else None
    return Row(
        (line,),
        style,
        line.text,
        left,
        middle - size / 2,
        right,
        middle + size / 2,
        box,
        frame.vertical,
    )


def _is_one_line(left: Row, right: Row) -> bool:
    """Whether two pieces belong to one text line."""
    size = min(left.size, right.size)
    if max(left.size, right.size) > LIMITS.same_line_size * size or separated(left, right):
        return False
    if left.is_quantity or right.is_quantity or LABEL.match(right.text):
        return False
    return right.left - left.right < LIMITS.word_space * size


def separated(one: Row, other: Row) -> bool:
    """Whether the pixels show that the two stand in different boxes."""
    return bool(one.style and other.style and one.style.boxes[:1] != other.style.boxes[:1])


def contrast_change(one: LineStyle, other: LineStyle) -> float:
    """How much ink against ground differs between two lines, in the channel that differs most.

    0 to 255. Uneven light changes ink and ground together.
    """
    colours = zip(one.ink, one.ground, other.ink, other.ground, strict=True)
    return max(abs((a - b) - (c - d)) for a, b, c, d in colours)


def _together(left: Row, right: Row) -> Row:
    return Row(
        left.lines + right.lines,
        left.style if left.width >= right.width else right.style,
        f"{left.text} {right.text}",
        left.left,
        min(left.top, right.top),
        max(left.right, right.right),
        max(left.bottom, right.bottom),
        left.box,
        left.vertical,
    )
