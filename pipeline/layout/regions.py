"""Regions: columns of rows, each row the only one under the one before it."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import repeat

from pipeline.layout.rows import Pairs, Row, chains, neighbours, partners, rows_of
from pipeline.layout.text_direction import TextDirection, group_by_direction
from pipeline.models import Line, LineStyle


@dataclass(frozen=True, slots=True)
class Region:
    """Rows from the top, and the rows beside each of the page's rows, by `id`."""

    frame: TextDirection
    rows: Sequence[Row]
    beside: Mapping[int, Sequence[Row]]


def regions_of(lines: Sequence[Line], styles: Sequence[LineStyle] | None) -> list[Region]:
    """The regions of a page; the order of `lines` does not matter."""
    pairs = sorted(
        zip(lines, styles or repeat(None, len(lines)), strict=True),
        key=lambda pair: (pair[0].polygon, pair[0].text, pair[0].confidence),
    )
    style_of = {id(line): style for line, style in pairs}
    found = []
    for direction, members in group_by_direction([line for line, _ in pairs]):
        frame, rows = rows_of(direction, members, [style_of[id(line)] for line in members])
        right, under = neighbours(rows)
        beside = partners(rows, right)
        found += [Region(frame, chain, beside) for chain in _chains(rows, under)]
    return found


def _chains(rows: Sequence[Row], under: Pairs) -> Iterator[list[Row]]:
    over: Pairs = [[] for _ in rows]
    for i in reversed(range(len(rows))):
        for j in under[i]:
            over[j].append(i)
    below = [_only(rows, found) for found in under]
    above = [_only(rows, found) for found in over]
    following = {i: j for i, j in enumerate(below) if j is not None and above[j] == i}
    yield from chains(rows, following)


def _only(rows: Sequence[Row], found: Sequence[int]) -> int | None:
    """The nearest, unless another stands beside it."""
    if not found:
        return None
    nearest = rows[found[0]]
    return None if any(nearest.beside(rows[i]) for i in found[1:]) else found[0]
