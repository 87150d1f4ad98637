"""In which order a page's paragraphs are read."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from pipeline.models import Paragraph

_DEEPEST = 50
_GUTTER = 0.7
_OVERLAP = 0.5


@dataclass(frozen=True, slots=True)
class Piece:
    """A paragraph to be ordered: its place in the page's main frame."""

    paragraph: Paragraph
    rows: int
    size: float
    left: float
    top: float
    right: float
    bottom: float


def in_order(pieces: Sequence[Piece], *, tiers: bool = False, depth: int = 0) -> list[Piece]:
    """Columns of prose one after the other, each read to its end; else bands from the top.

    With `tiers` every column is, as in pages of upright columns of characters, where what
    stands below a gap through the page is read after all that stands above it.
    """
    if len(pieces) > 1 and depth < _DEEPEST:
        columns = _columns(pieces, 0 if tiers else _GUTTER)
        if len(columns) > 1 and (tiers or _are_prose(columns)):
            return _each(columns, tiers, depth)
        bands = _bands(_rows(pieces))
        if len(bands) > 1:
            return _each(bands, tiers, depth)
        cells = _columns(pieces, -_OVERLAP)
        if len(cells) > 1:
            return _each(cells, tiers, depth)
    return sorted(pieces, key=lambda piece: (piece.top, piece.left, piece.bottom, piece.right))


def _each(parts: Iterable[Sequence[Piece]], tiers: bool, depth: int) -> list[Piece]:
    return [piece for part in parts for piece in in_order(part, tiers=tiers, depth=depth + 1)]


def _rows(pieces: Iterable[Piece]) -> list[list[Piece]]:
    # Letters of neighbouring rows may overlap a little.
    insets = ((min(0.25 * p.size, 0.4 * (p.bottom - p.top)), p) for p in pieces)
    return _cut((piece.top + inset, piece.bottom - inset, piece) for inset, piece in insets)


def _columns(pieces: Iterable[Piece], apart: float) -> list[list[Piece]]:
    """Parts that have `apart` letters' height between them."""
    return _cut((piece.left, piece.right + apart * piece.size, piece) for piece in pieces)


def _cut(spans: Iterable[tuple[float, float, Piece]]) -> list[list[Piece]]:
    parts: list[list[Piece]] = []
    reached = -math.inf
    for start, end, piece in sorted(spans, key=lambda span: span[:2]):
        if start >= reached:
            parts.append([])
        parts[-1].append(piece)
        reached = max(reached, end)
    return parts


def _are_prose(columns: Sequence[Sequence[Piece]]) -> bool:
    return sum(any(piece.rows > 1 for piece in column) for column in columns) > 1


def _bands(rows: Sequence[Sequence[Piece]]) -> list[list[Piece]]:
    """Rows, put together again where columns of prose run through several."""
    bands: list[list[Piece]] = []
    at = 0
    while at < len(rows):
        band = list(rows[at])
        taken, end = band, at + 1
        for to in range(at + 1, len(rows)):
            band = band + list(rows[to])
            columns = _columns(band, _GUTTER)
            if len(columns) < 2:
                break
            if _are_prose(columns):
                taken, end = band, to + 1
        bands.append(taken)
        at = end
    return bands
