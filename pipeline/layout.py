"""Lines to paragraphs in reading order.

Lines that run the same way are laid into one frame, where text runs right and the next
line is below: so tilted, turned and vertical text need no rules of their own. There lines
chain into blocks by place and size, and blocks break where the text begins anew. The
paragraphs are ordered by recursive cuts between rows and between columns of prose.
"""

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import reduce
from itertools import pairwise
from statistics import median

from pipeline.frames import Frame, framed
from pipeline.joining import continues, is_capitals, is_ideographic, is_quantity, join
from pipeline.models import Line, Paragraph
from pipeline.reading import Piece, in_order

_CLOSE = 0.8
_SPACED = 0.4
_SAME_SIZE = 1.35


@dataclass(frozen=True, slots=True)
class _Row:
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
        return self.bottom - self.top

    @property
    def width(self) -> float:
        return self.right - self.left

    @property
    def middle(self) -> float:
        return (self.top + self.bottom) / 2

    def beside(self, other: "_Row") -> bool:
        shared = min(self.bottom, other.bottom) - max(self.top, other.top)
        return shared > 0.5 * min(self.size, other.size)

    def shared_width(self, other: "_Row") -> float:
        return min(self.right, other.right) - max(self.left, other.left)


def paragraphs(lines: Sequence[Line]) -> tuple[Paragraph, ...]:
    """Groups lines into paragraphs, in reading order.

    Every line is in exactly one paragraph; the order of `lines` does not matter.
    Polygons of paragraphs enclose their lines, turned as the text is.
    """
    ordered = sorted(lines, key=lambda line: (line.polygon, line.text, line.confidence))
    frames = framed(ordered)
    if not frames:
        return ()
    main, _ = max(frames, key=lambda pair: sum(len(line.text) for line in pair[1]))
    pieces = [
        _piece(frame, main, rows)
        for frame, members in frames
        for block in _blocks(_rows(frame, members))
        for rows in _split(block)
    ]
    return tuple(piece.paragraph for piece in in_order(pieces, tiers=main.vertical))


def _rows(frame: Frame, lines: Sequence[Line]) -> list[_Row]:
    """Lines in their frame from top to bottom, pieces of one text line put together."""
    pieces = _from_top(_row(frame, line) for line in lines)
    to_right = {
        i: min(
            (j for j in near if _one_line(pieces[i], pieces[j])),
            default=None,
            key=lambda j: pieces[j].left,
        )
        for i, near in enumerate(_near(pieces))
    }
    rows = _from_top(reduce(_together, chain) for chain in _chains(pieces, to_right))
    return [
        replace(row, in_table=any(_in_table(row, rows[j]) for j in near))
        for row, near in zip(rows, _near(rows), strict=True)
    ]


def _from_top(rows: Iterable[_Row]) -> list[_Row]:
    return sorted(rows, key=lambda row: (row.top, row.left))


def _near(rows: Sequence[_Row]) -> list[list[int]]:
    """For each row, given from the top, the rows beside it or close above or below."""
    near: list[list[int]] = [[] for _ in rows]
    for i, row in enumerate(rows):
        for j in range(i + 1, len(rows)):
            if rows[j].top > row.bottom + _CLOSE * row.size:
                break
            near[i].append(j)
            near[j].append(i)
    return near


def _chains(rows: Sequence[_Row], following: Mapping[int, int | None]) -> Iterator[list[_Row]]:
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


def _row(frame: Frame, line: Line) -> _Row:
    left, top, right, bottom = frame.bounds([line.polygon])
    a, b, c, d = line.polygon
    sides = (math.dist(a, b) + math.dist(c, d)) / 2, (math.dist(b, c) + math.dist(d, a)) / 2
    # A long line tilted a little more than its frame has tall bounds, not tall letters.
    size = max(1.0, min(bottom - top, sides[0] if frame.vertical else sides[1]))
    middle = (top + bottom) / 2
    return _Row((line,), line.text, left, middle - size / 2, right, middle + size / 2)


def _one_line(left: _Row, right: _Row) -> bool:
    gap, size = right.left - left.right, min(left.size, right.size)
    return (
        left.left < right.left
        and -0.5 * size < gap < 0.5 * size
        and left.beside(right)
        and max(left.size, right.size) < 1.3 * size
        and not is_quantity(left.text)
        and not is_quantity(right.text)
    )


def _together(left: _Row, right: _Row) -> _Row:
    return _Row(
        left.lines + right.lines,
        join([left.text, right.text]),
        left.left,
        min(left.top, right.top),
        right.right,
        max(left.bottom, right.bottom),
    )


def _in_table(row: _Row, other: _Row) -> bool:
    """Whether `other` is a price or a number on the same line of a table."""
    return (
        row is not other
        and row.beside(other)
        and (is_quantity(other.text) or is_quantity(row.text))
    )


def _blocks(rows: Sequence[_Row]) -> Iterator[list[_Row]]:
    """Chains of rows, each the only one under the one before it."""
    near = _near(rows)
    under = {i: _next_to(i, rows, near[i], below=True) for i in range(len(rows))}
    over = {i: _next_to(i, rows, near[i], below=False) for i in range(len(rows))}
    yield from _chains(rows, {i: j for i, j in under.items() if j is not None and over[j] == i})


def _next_to(at: int, rows: Sequence[_Row], near: Sequence[int], *, below: bool) -> int | None:
    """The one row close under (over) `rows[at]`; None when there are several, or none."""
    row = rows[at]
    candidates = [
        i
        for i in near
        if (rows[i].middle > row.middle) is below
        and _gap(row, rows[i]) <= _CLOSE * min(row.size, rows[i].size)
        and row.shared_width(rows[i]) > 0
        and not row.beside(rows[i])
    ]
    if not candidates:
        return None
    nearest = min(candidates, key=lambda i: (_gap(row, rows[i]), rows[i].left))
    alone = not any(i != nearest and rows[i].beside(rows[nearest]) for i in candidates)
    return nearest if alone and _aligned(row, rows[nearest]) else None


def _gap(row: _Row, other: _Row) -> float:
    return max(row.top, other.top) - min(row.bottom, other.bottom)


def _aligned(row: _Row, other: _Row) -> bool:
    size = min(row.size, other.size)
    if max(row.size, other.size) > _SAME_SIZE * size:
        return False
    centred = abs(row.left + row.right - other.left - other.right) / 2
    return (
        abs(row.left - other.left) <= 3 * size
        or abs(row.right - other.right) <= size
        or centred <= size
    )


def _split(block: Sequence[_Row]) -> Iterator[list[_Row]]:
    """Breaks a block where the text begins anew."""
    paragraph = [block[0]]
    for above, below in pairwise(block):
        if not _goes_on(block, above, below):
            yield paragraph
            paragraph = []
        paragraph.append(below)
    yield paragraph


def _goes_on(block: Sequence[_Row], above: _Row, below: _Row) -> bool:
    gaps = [_gap(a, b) for a, b in pairwise(block)]
    if _gap(above, below) > min(gaps) + _SPACED * median(row.size for row in block):
        return False
    if above.in_table or below.in_table:
        return False
    # A line is full when the next one's first word would not have fitted on it.
    width = max(row.width for row in block)
    full = [a for a, b in pairwise(block) if width - a.width < _first_word(b)]
    prose = len(full) > 1 and 2 * len(full) > len(block) - 1 and _is_prose(block)
    return continues(above.text, below.text, full=above in full, prose=prose)


def _is_prose(block: Sequence[_Row]) -> bool:
    """Whether rows begin under each other, and not each with a capital as items do."""
    lefts = [row.left for row in block[1:]]
    flush = max(lefts) - min(lefts) <= median(row.size for row in block)
    capitals = all(is_capitals(row.text) for row in block)
    return flush and (capitals or not all(row.text[0].isupper() for row in block))


def _first_word(row: _Row) -> float:
    """How wide the row's first word is, with a space."""
    word = next(iter(row.text.split()), row.text)
    if any(map(is_ideographic, word)):
        return 1.5 * row.size
    return row.width * (len(word) + 1) / max(1, len(row.text))


def _piece(frame: Frame, main: Frame, rows: Sequence[_Row]) -> Piece:
    lines = tuple(line for row in rows for line in row.lines)
    polygon = lines[0].polygon
    if len(lines) > 1:
        polygon = frame.polygon(*frame.bounds(line.polygon for line in lines))
    return Piece(
        Paragraph(join([row.text for row in rows]), polygon, lines),
        len(rows),
        median(row.size for row in rows),
        *main.bounds([polygon]),
    )
