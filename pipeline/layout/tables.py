"""Tables among blocks: bands whose cells begin on one line."""

from collections.abc import Sequence
from itertools import pairwise

from pipeline.layout.blocks import Block, cut, flat
from pipeline.layout.thresholds import LIMITS


def is_table_row(band: Sequence[Block]) -> bool:
    """Whether a band has several cells that begin on one line."""
    tops = [b.top for b in band]
    return len(band) > 1 and max(tops) - min(tops) < 0.5 * min(b.size for b in band)


def _are_cells(bands: Sequence[Sequence[Block]]) -> bool:
    columns = cut([(b.left, b.right + 0.3 * b.size, b) for band in bands for b in band])
    if len(bands) < 2 or len(columns) < 2:
        return False
    kinds = [are_quantities(column) for column in columns]
    starts = [i for i in range(1, len(kinds) - 1) if kinds[i] and not kinds[i + 1]]
    if not kinds[0] and starts and _is_list_again(kinds, starts[0] + 1, columns):
        return False
    rows = [sorted(band, key=lambda b: (b.left, b.top)) for band in bands]
    ends = [(row[0], row[-1]) for row in rows]
    short = all(b.rows == 1 for column in columns for b in column)
    return any(kinds) or ((len(bands) > 2 or short) and not _alternate(ends))


def _is_list_again(kinds: Sequence[bool], at: int, columns: Sequence[Sequence[Block]]) -> bool:
    """Whether a price list or a text begins in column `at`, right of a list's prices."""
    return kinds[at + 1 : at + 2] == [True] or any(b.rows > 2 for b in columns[at])


def _differ(one: Block, other: Block) -> bool:
    sizes = one.size, other.size
    return max(sizes) > 1.2 * min(sizes) or (one.rows > 1) != (other.rows > 1)


def are_quantities(column: Sequence[Block]) -> bool:
    """Whether most blocks are numbers."""
    return 2 * sum(b.quantity for b in column) > len(column)


def is_table(bands: Sequence[Sequence[Block]], middle: float) -> bool:
    """Whether most bands that both sides of `middle` share are rows of cells."""
    both = [band for band in bands if len({b.left < middle for b in band}) > 1]
    rows = [band for band in both if is_table_row(band)]
    return len(flat(rows)) >= LIMITS.table_rows * len(flat(both)) and _are_cells(rows)


def _alternate(pairs: Sequence[tuple[Block, Block]]) -> bool:
    """Whether both columns change their type together, as titles over texts do."""
    changes = [_differ(a, c) and _differ(b, d) for (a, b), (c, d) in pairwise(pairs)]
    return 2 * sum(changes) >= len(changes)
