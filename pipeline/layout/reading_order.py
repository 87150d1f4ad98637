"""Order of a page's paragraphs: boxes read whole, bands from the top, columns, tables by row.

Follows the recursive cuts of Nagy and Seth (1984), the widest gap first; a block that spans
columns ends them (Breuel 2003).
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

from pipeline.layout.blocks import Block, Text, cut, flat
from pipeline.layout.tables import are_quantities, is_table, is_table_row
from pipeline.layout.thresholds import LIMITS
from pipeline.models import Box


def reading_order(blocks: Sequence[Block], *, vertical_text: bool = False) -> list[Text]:
    """Paragraphs in the order a person reads them."""
    return [
        text
        for block in _ordered(_boxed(blocks, vertical_text), vertical_text)
        for text in block.text
    ]


def _boxed(blocks: Sequence[Block], vertical_text: bool) -> list[Block]:
    """Blocks in one box as one block, the innermost box first."""
    boxes = sorted({box for block in blocks for box in block.boxes}, key=_area)
    left = list(blocks)
    for box in boxes:
        inside = [block for block in left if _contains(box, block)]
        outside = [block for block in left if not _contains(box, block)]
        if (
            inside
            and not (len(inside) > 1 and are_quantities(inside))
            and not any(_overlaps(box, block) for block in outside)
        ):
            ordered = _ordered(inside, vertical_text)
            left = [*outside, _merged(ordered, box)]
    return left


def _area(box: Box) -> tuple[float, ...]:
    return (box[2] - box[0]) * (box[3] - box[1]), *box


def _contains(box: Box, block: Block) -> bool:
    x, y = (block.left + block.right) / 2, (block.top + block.bottom) / 2
    return box[0] < x < box[2] and box[1] < y < box[3]


def _overlaps(box: Box, block: Block) -> bool:
    inset = block.size / 2
    return (
        box[0] < block.right - inset
        and block.left + inset < box[2]
        and box[1] < block.bottom - inset
        and block.top + inset < box[3]
    )


def _merged(blocks: Sequence[Block], box: Box) -> Block:
    return Block(
        tuple(text for block in blocks for text in block.text),
        sum(block.rows for block in blocks),
        min(block.size for block in blocks),
        *box,
        drawn=True,
    )


def _ordered(blocks: Sequence[Block], vertical: bool, depth: int = 0) -> list[Block]:
    if len(blocks) < 2 or depth > LIMITS.deepest_cut:
        return _from_top(blocks)
    parts = [part for part in _parts(_bands(blocks), vertical) if part]
    if len(parts) < 2:
        return _from_top(blocks)
    return [block for part in parts for block in _ordered(part, vertical, depth + 1)]


def _parts(bands: Sequence[list[Block]], vertical: bool) -> Sequence[list[Block]]:
    """A region cut in two or more, in reading order."""
    blocks = flat(bands)
    corridor = _corridor(bands)
    if corridor is None:
        # Among upright columns a gap through the page separates two rows of columns.
        spans = [(b.left, b.right - LIMITS.overlap * b.size * (not vertical), b) for b in blocks]
        across = cut(spans) if vertical or len(bands) == 1 else []
        return across if len(across) > 1 else bands
    start, end = corridor.start, corridor.end
    if end - start < len(bands):
        return [flat(bands[:start]), flat(bands[start:end]), flat(bands[end:])]
    if not vertical and len(bands) > 1:
        if is_table(bands, corridor.left):
            return bands
        at = _margin(bands, corridor)
        if at:
            return [flat(bands[:at]), flat(bands[at:])]
    right = [b.right > corridor.left + b.size / 2 for b in blocks]
    return [[b for b, r in zip(blocks, right, strict=True) if r is side] for side in (False, True)]


def _margin(bands: Sequence[Sequence[Block]], corridor: "_Corridor") -> int | None:
    """Where a region is cut before its corridor: under a row of headings, or at a wide gap."""
    if is_table_row(bands[0]) and _keeps_to_none(bands[0], bands[1:]):
        return 1
    gap, at = _widest_gap(bands)
    grid = any(len(band) > 1 and all(b.drawn for b in band) for band in bands)
    least = (LIMITS.band_over_box_gutter if grid else LIMITS.band_over_gutter) * corridor.width
    sides = [{b.left < corridor.left for b in flat(part)} for part in (bands[:at], bands[at:])]
    if min(map(len, sides)) == 1:
        least = min(least, LIMITS.one_sided_gap)
    return at if gap > least else None


def _keeps_to_none(band: Sequence[Block], rest: Sequence[Sequence[Block]]) -> bool:
    """Whether the last block of a band begins above no block of the rest."""
    last = max(band, key=lambda b: b.left)
    return not any(abs(b.left - last.left) < last.size for b in flat(rest))


@dataclass(frozen=True, slots=True)
class _Corridor:
    """A white strip between columns, free in the bands from `start` to before `end`."""

    support: int
    width: float
    left: float
    right: float
    start: int
    end: int


def _from_top(blocks: Iterable[Block]) -> list[Block]:
    return sorted(blocks, key=lambda b: (b.top, b.left, b.bottom, b.right))


def _bands(blocks: Iterable[Block]) -> list[list[Block]]:
    # Drawn boxes of neighbouring rows overlap on a tilted page.
    insets = (((0.4 if b.drawn else 0.25) * b.size, b) for b in blocks)
    return cut([(b.top + inset, b.bottom - inset, b) for inset, b in insets])


def _corridor(bands: Sequence[Sequence[Block]]) -> _Corridor | None:
    """The corridor with the most rows of text on its poorer side; of several the widest."""
    found: list[_Corridor] = []
    for at, band in enumerate(bands):
        for left, right in _gaps(band):
            known = any(c.start <= at < c.end and c.left < right and left < c.right for c in found)
            if not known:
                found.append(_extended(bands, at, left, right))
    found = [corridor for corridor in found if corridor.support > 1]
    return max(found, key=lambda c: (c.support, c.width, -c.left), default=None)


def _gaps(band: Sequence[Block]) -> list[tuple[float, float]]:
    """The widest gaps of a band, the widest first."""
    columns = cut([(b.left, b.right + LIMITS.gutter * b.size, b) for b in band])
    gaps = [
        (max(b.right for b in one), min(b.left for b in other)) for one, other in pairwise(columns)
    ]
    return sorted(gaps, key=lambda gap: gap[0] - gap[1])[: LIMITS.gaps]


def _extended(bands: Sequence[Sequence[Block]], at: int, left: float, right: float) -> _Corridor:
    """The corridor through a gap of band `at`, as far up and down as it stays wide enough."""
    start, end = at, at + 1
    while end < len(bands) and (free := _free(bands[end], left, right)):
        left, right = free
        end += 1
    while start > 0 and (free := _free(bands[start - 1], left, right)):
        left, right = free
        start -= 1
    blocks = flat(bands[start:end])
    first = sum(b.rows for b in blocks if b.left < left)
    support = min(first, sum(b.rows for b in blocks) - first)
    size = min(b.size for b in blocks)
    return _Corridor(support, (right - left) / size, left, right, start, end)


def _free(band: Sequence[Block], left: float, right: float) -> tuple[float, float] | None:
    """The part of a strip that no block of the band reaches into, None where it is too narrow."""
    for block in band:
        if left < block.right and block.left < right:
            if block.left - left > right - block.right:
                right = block.left
            else:
                left = block.right
    return (left, right) if right - left > LIMITS.gutter * band[0].size else None


def _widest_gap(bands: Sequence[Sequence[Block]]) -> tuple[float, int]:
    """The widest gap between bands in letters' height, and the number of the band under it."""
    gaps = []
    for at in range(1, len(bands)):
        size = min(b.size for b in (*bands[at - 1], *bands[at]))
        gap = min(b.top for b in bands[at]) - max(b.bottom for b in bands[at - 1])
        gaps.append((gap / size, at))
    return max(gaps, key=lambda each: (each[0], -each[1]))
