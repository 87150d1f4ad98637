"""Regions: columns of rows, each row the only one under the one before it."""

from collections.abc import Iterator, Sequence

from pipeline.layout.rows import Pairs, Row, chains


def regions(rows: Sequence[Row], under: Pairs) -> Iterator[list[Row]]:
    """Rows given from the top, each in one region."""
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
