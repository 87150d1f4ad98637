"""In which order a page's paragraphs are read."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from pipeline.layout.continuation import is_quantity
from pipeline.models import Paragraph

_DEEPEST = 50
_GUTTER = 0.7
_OVERLAP = 0.5


@dataclass(frozen=True, slots=True)
class Block:
    """A paragraph to be ordered: its place in the page's main frame."""

    paragraph: Paragraph
    rows: int
    size: float
    left: float
    top: float
    right: float
    bottom: float


def reading_order(
    pieces: Sequence[Block], *, vertical_text: bool = False, depth: int = 0
) -> list[Block]:
    """Columns one after the other where each is read by itself; else bands from the top.

    With `vertical_text` every column is, as in pages of upright columns of characters, where what
    stands below a gap through the page is read after all that stands above it.
    """
    if len(pieces) > 1 and depth < _DEEPEST:
        columns = _columns(pieces, 0 if vertical_text else _GUTTER)
        if len(columns) > 1 and (vertical_text or _are_prose(columns)):
            return _each(columns, vertical_text, depth)
        bands = _bands(_rows(pieces))
        if len(bands) > 1:
            return _each(bands, vertical_text, depth)
        lists = _own_columns(pieces)
        cells = lists if len(lists) > 1 else _columns(pieces, -_OVERLAP)
        if len(cells) > 1:
            return _each(cells, vertical_text, depth)
    return sorted(pieces, key=lambda piece: (piece.top, piece.left, piece.bottom, piece.right))


def _each(parts: Iterable[Sequence[Block]], vertical_text: bool, depth: int) -> list[Block]:
    return [
        piece
        for part in parts
        for piece in reading_order(part, vertical_text=vertical_text, depth=depth + 1)
    ]


def _rows(pieces: Iterable[Block]) -> list[list[Block]]:
    # Letters of neighbouring rows may overlap a little.
    insets = ((min(0.25 * p.size, 0.4 * (p.bottom - p.top)), p) for p in pieces)
    return _cut((piece.top + inset, piece.bottom - inset, piece) for inset, piece in insets)


def _columns(pieces: Iterable[Block], apart: float) -> list[list[Block]]:
    """Parts that have `apart` letters' height between them."""
    return _cut((piece.left, piece.right + apart * piece.size, piece) for piece in pieces)


def _cut(spans: Iterable[tuple[float, float, Block]]) -> list[list[Block]]:
    parts: list[list[Block]] = []
    reached = -math.inf
    for start, end, piece in sorted(spans, key=lambda span: span[:2]):
        if start >= reached:
            parts.append([])
        parts[-1].append(piece)
        reached = max(reached, end)
    return parts


def _own_columns(pieces: Sequence[Block]) -> list[list[Block]]:
    """Columns to be read by themselves: of prose, or of items with their prices.

    All in one where neighbours belong together, as in a table.
    """
    columns = _columns(pieces, _GUTTER)
    if _are_prose(columns):
        return columns
    lists: list[list[Block]] = [[]]
    for before, column in zip([[], *columns], columns, strict=False):
        if _are_prices(before) and not _are_prices(column):
            lists.append([])
        lists[-1] += column
    if all(_is_list(each) for each in lists):
        return lists
    return [list(pieces)]


def _are_prose(columns: Sequence[Sequence[Block]]) -> bool:
    return sum(any(piece.rows > 1 for piece in column) for column in columns) > 1


def _are_prices(column: Sequence[Block]) -> bool:
    return 2 * sum(is_quantity(piece.paragraph.text) for piece in column) > len(column)


def _is_list(pieces: Sequence[Block]) -> bool:
    prices = sum(is_quantity(piece.paragraph.text) for piece in pieces)
    return prices > 1 and len(pieces) - prices >= prices


def _bands(rows: Sequence[Sequence[Block]]) -> list[list[Block]]:
    """Rows, put together again where columns read by themselves run through several."""
    bands: list[list[Block]] = []
    at = 0
    while at < len(rows):
        end = next(
            (end for end in _ends_of_columns(rows, at) if _stand_apart(rows[at:end])), at + 1
        )
        if not _are_prose(_columns(_pieces(rows[at:end]), _GUTTER)):
            end = _without_lines_alone(rows, at, end)
        bands.append(_pieces(rows[at:end]))
        at = end
    return bands


def _pieces(rows: Iterable[Sequence[Block]]) -> list[Block]:
    return [piece for row in rows for piece in row]


def _stand_apart(rows: Sequence[Sequence[Block]]) -> bool:
    return len(rows) > 1 and len(_own_columns(_pieces(rows))) > 1


def _ends_of_columns(rows: Sequence[Sequence[Block]], at: int) -> list[int]:
    """Where columns that begin at a row may end, the farthest first.

    That is before a row that closes a gap between two of them.
    """
    ends: list[int] = []
    spans: list[tuple[float, float]] = []
    for to in range(at, len(rows)):
        widened = _widened(spans, rows[to])
        if to > at and len(widened) < max(2, len(spans)):
            ends.append(to)
            if len(widened) < 2:
                return ends[::-1]
        spans = widened
    return [len(rows), *reversed(ends)]


def _without_lines_alone(rows: Sequence[Sequence[Block]], at: int, end: int) -> int:
    # Under a list of items with prices, a line by itself is none of them.
    while end > at + 1 and len(rows[end - 1]) == 1 and rows[end - 1][0].rows == 1:
        end -= 1
    return end


def _widened(
    spans: Sequence[tuple[float, float]], pieces: Sequence[Block]
) -> list[tuple[float, float]]:
    """The parts of the page's width that are taken, once `pieces` are there too."""
    taken: list[tuple[float, float]] = []
    added = [(piece.left, piece.right + _GUTTER * piece.size) for piece in pieces]
    for left, right in sorted([*spans, *added]):
        if taken and left < taken[-1][1]:
            taken[-1] = taken[-1][0], max(taken[-1][1], right)
        else:
            taken.append((left, right))
    return taken
