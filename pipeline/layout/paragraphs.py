"""Lines to paragraphs in reading order.

Lines that run the same way are laid into one frame, where text runs right and the next
line is below: so tilted, turned and vertical text need no rules of their own. There lines
chain into blocks by place and size, and blocks break where the text begins anew. The
paragraphs are ordered by recursive cuts between rows and between columns of prose.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise, takewhile
from statistics import median

from pipeline.language.scripts import is_ideographic
from pipeline.language.text_forms import is_all_caps
from pipeline.layout.continuation import LineEnd, continues, ends_sentence
from pipeline.layout.line_text import join
from pipeline.layout.reading_order import Block, reading_order
from pipeline.layout.rows import CLOSE, Row, chains, near, rows_of
from pipeline.layout.text_direction import TextDirection, group_by_direction
from pipeline.models import Line, Paragraph

_SPACED = 0.4
_SAME_SIZE = 1.35
_SAME_EM = 1.25
_MANY_LETTERS = 8
_LONG = 40
_SENTENCE_ROWS = 12


def paragraphs(lines: Sequence[Line]) -> tuple[Paragraph, ...]:
    """Groups lines into paragraphs, in reading order.

    Every line is in exactly one paragraph; the order of `lines` does not matter.
    Polygons of paragraphs enclose their lines, turned as the text is.
    """
    ordered = sorted(lines, key=lambda line: (line.polygon, line.text, line.confidence))
    frames = group_by_direction(ordered)
    if not frames:
        return ()
    main, _ = max(frames, key=lambda pair: sum(len(line.text) for line in pair[1]))
    pieces = [
        _piece(frame, main, rows)
        for frame, members in frames
        for block in _blocks(rows_of(frame, members))
        for rows in _split(block)
    ]
    return tuple(piece.paragraph for piece in reading_order(pieces, vertical_text=main.vertical))


def _blocks(rows: Sequence[Row]) -> Iterator[list[Row]]:
    """Chains of rows, each the only one under the one before it."""
    close = near(rows)
    under = {i: _next_to(i, rows, close[i], below=True) for i in range(len(rows))}
    over = {i: _next_to(i, rows, close[i], below=False) for i in range(len(rows))}
    yield from chains(rows, {i: j for i, j in under.items() if j is not None and over[j] == i})


def _next_to(at: int, rows: Sequence[Row], near: Sequence[int], *, below: bool) -> int | None:
    """The one row close under (over) `rows[at]`; None when there are several, or none."""
    row = rows[at]
    candidates = [
        i
        for i in near
        if (rows[i].middle > row.middle) is below
        and row.gap(rows[i]) <= CLOSE * min(row.size, rows[i].size)
        and row.shared_width(rows[i]) > 0
        and not row.beside(rows[i])
    ]
    if not candidates:
        return None
    nearest = min(candidates, key=lambda i: (row.gap(rows[i]), rows[i].left))
    alone = not any(i != nearest and rows[i].beside(rows[nearest]) for i in candidates)
    return nearest if alone and _aligned(row, rows[nearest]) else None


def _aligned(row: Row, other: Row) -> bool:
    if not _same_size(row, other):
        return False
    size = min(row.size, other.size)
    centred = abs(row.left + row.right - other.left - other.right) / 2
    return (
        abs(row.left - other.left) <= 3 * size
        or abs(row.right - other.right) <= size
        or centred <= size
    )


def _same_size(row: Row, other: Row) -> bool:
    sizes = row.size, other.size
    # Boxes are as high as their letters happen to reach; the width of many says more.
    if min(len(row.text), len(other.text)) >= _MANY_LETTERS and not _is_ideographic(row, other):
        ems = row.em, other.em
        return max(ems) <= _SAME_EM * min(ems) and max(sizes) <= 1.5 * min(sizes)
    return max(sizes) <= _SAME_SIZE * min(sizes)


def _is_ideographic(*rows: Row) -> bool:
    return any(is_ideographic(character) for row in rows for character in row.text)


def _split(block: Sequence[Row]) -> Iterator[list[Row]]:
    """Breaks a block where the text begins anew."""
    shape = _shape(block)
    paragraph = [block[0]]
    for i, (above, below) in enumerate(pairwise(block)):
        spaced = above.gap(below) > shape.widest_gap
        in_table = above.in_table and below.in_table
        if spaced or in_table or not continues(_line_end(block, i, shape, paragraph[0])):
            yield paragraph
            paragraph = []
        paragraph.append(below)
    yield paragraph


@dataclass(frozen=True, slots=True)
class _Shape:
    """What a block's rows are like together."""

    width: float
    widest_gap: float
    prose: bool


def _shape(block: Sequence[Row]) -> _Shape:
    width = max(row.width for row in block)
    size = median(row.size for row in block)
    full = sum(_is_full(above, below, width) for above, below in pairwise(block))
    return _Shape(
        width,
        min((above.gap(below) for above, below in pairwise(block)), default=0) + _SPACED * size,
        prose=full > 1 and 2 * full > len(block) - 1 and _runs_on(block, size),
    )


def _runs_on(block: Sequence[Row], size: float) -> bool:
    """Whether rows begin under each other, and not each with a capital as items do."""
    lefts = [row.left for row in block[1:]]
    if max(lefts) - min(lefts) > size:
        return False
    return (
        all(is_all_caps(row.text) for row in block)
        or not all(row.text[0].isupper() for row in block)
        or median(len(row.text) for row in block) >= _LONG
    )


def _line_end(block: Sequence[Row], at: int, shape: _Shape, first: Row) -> LineEnd:
    above, below = block[at], block[at + 1]
    full = _is_full(above, below, shape.width)
    # In the middle of a sentence a ragged line is full a little earlier.
    ragged = shape.prose and not ends_sentence(above.text) and above.width > 0.7 * shape.width
    return LineEnd(
        first.text,
        above.text,
        below.text,
        full=full or ragged,
        prose=shape.prose,
        in_table=above.in_table or below.in_table,
        in_sentence=_in_sentence(block[at + 1 : at + 1 + _SENTENCE_ROWS]),
    )


def _in_sentence(rest: Sequence[Row]) -> bool:
    """Whether rows in capitals follow, the last with a full stop or the like."""
    capitals = list(takewhile(lambda row: is_all_caps(row.text), rest))
    return any(ends_sentence(row.text) for row in capitals)


def _is_full(above: Row, below: Row, width: float) -> bool:
    """Whether the first word of `below` would not have fitted on `above`."""
    return width - above.width < _first_word(below)


def _first_word(row: Row) -> float:
    """How wide the row's first word is, with a space."""
    word = next(iter(row.text.split()), row.text)
    if any(map(is_ideographic, word)):
        return 1.5 * row.size
    return row.width * (len(word) + 1) / max(1, len(row.text))


def _piece(frame: TextDirection, main: TextDirection, rows: Sequence[Row]) -> Block:
    lines = tuple(line for row in rows for line in row.lines)
    polygon = lines[0].polygon
    if len(lines) > 1:
        polygon = frame.polygon(*frame.bounds(line.polygon for line in lines))
    return Block(
        Paragraph(join([row.text for row in rows]), polygon, lines),
        len(rows),
        median(row.size for row in rows),
        *main.bounds([polygon]),
    )
