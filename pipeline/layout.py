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
from itertools import groupby, pairwise
from statistics import median

from pipeline.joining import continues, is_ideographic, is_quantity, join
from pipeline.models import Line, Paragraph, Point, Polygon

_TALL = 1.5
_CLUSTER_DEGREES = 10.0
_DEEPEST = 50
_CLOSE = 0.8
_SPACED = 0.4
_SAME_SIZE = 1.35


@dataclass(frozen=True, slots=True)
class _Frame:
    """Where text runs right and lines follow downwards.

    `tilt` is the text's direction in radians, clockwise from the picture's right;
    `vertical` is for columns of upright characters, read from right to left.
    """

    tilt: float
    vertical: bool

    def place(self, point: Point) -> Point:
        cos, sin = math.cos(self.tilt), math.sin(self.tilt)
        x, y = point[0] * cos + point[1] * sin, point[1] * cos - point[0] * sin
        return (y, -x) if self.vertical else (x, y)

    def bounds(self, polygons: Iterable[Polygon]) -> tuple[float, float, float, float]:
        us, vs = zip(*(self.place(point) for each in polygons for point in each), strict=True)
        return min(us), min(vs), max(us), max(vs)

    def polygon(self, left: float, top: float, right: float, bottom: float) -> Polygon:
        """The picture's points of a rectangle, from its top left as upright text has it."""
        if self.vertical:
            left, top, right, bottom = -bottom, left, -top, right
        cos, sin = math.cos(self.tilt), math.sin(self.tilt)
        corners = (left, top), (right, top), (right, bottom), (left, bottom)
        a, b, c, d = (
            (round(x * cos - y * sin, 1), round(x * sin + y * cos, 1)) for x, y in corners
        )
        return (a, b, c, d)


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


@dataclass(frozen=True, slots=True)
class _Piece:
    """A paragraph to be ordered: its place in the page's main frame."""

    paragraph: Paragraph
    rows: int
    size: float
    left: float
    top: float
    right: float
    bottom: float


def paragraphs(lines: Sequence[Line]) -> tuple[Paragraph, ...]:
    """Groups lines into paragraphs, in reading order.

    Every line is in exactly one paragraph; the order of `lines` does not matter.
    Polygons of paragraphs enclose their lines, turned as the text is.
    """
    ordered = sorted(lines, key=lambda line: (line.polygon, line.text, line.confidence))
    framed = _framed(ordered)
    if not framed:
        return ()
    main, _ = max(framed, key=lambda pair: sum(len(line.text) for line in pair[1]))
    pieces = [
        _piece(frame, main, rows)
        for frame, members in framed
        for block in _blocks(_rows(frame, members))
        for rows in _split(block)
    ]
    return tuple(piece.paragraph for piece in _in_order(pieces))


def _framed(lines: Sequence[Line]) -> list[tuple[_Frame, list[Line]]]:
    """Lines by the way they run: by quarter turn, then by nearness of tilt."""
    facts = [(*_direction(line), line) for line in lines]
    facts.sort(key=lambda fact: fact[:3])
    framed = []
    for (vertical, quarter), group in groupby(facts, key=lambda fact: fact[:2]):
        for cluster in _clusters([(tilt, line) for _, _, tilt, line in group]):
            tilt = _weighted_median([(tilt, _length(line)) for tilt, line in cluster])
            frame = _Frame(math.radians(90 * quarter + tilt), vertical)
            framed.append((frame, [line for _, line in cluster]))
    return framed


def _direction(line: Line) -> tuple[bool, int, float]:
    """Whether it is a column, its quarter turn, and its tilt from that in degrees."""
    a, b, c, d = line.polygon
    along = (b[0] - a[0] + c[0] - d[0], b[1] - a[1] + c[1] - d[1])
    across = (d[0] - a[0] + c[0] - b[0], d[1] - a[1] + c[1] - b[1])
    tall = math.hypot(*across) >= _TALL * math.hypot(*along)
    # The longer sides tell the tilt better.
    x, y = (across[1], -across[0]) if tall else along
    degrees = math.degrees(math.atan2(y, x))
    quarter = round(degrees / 90)
    vertical = tall and sum(map(is_ideographic, line.text)) >= 2
    return vertical, quarter % 4, degrees - 90 * quarter


def _clusters(tilted: Sequence[tuple[float, Line]]) -> Iterator[list[tuple[float, Line]]]:
    cluster: list[tuple[float, Line]] = []
    for tilt, line in tilted:
        if cluster and tilt - cluster[-1][0] > _CLUSTER_DEGREES:
            yield cluster
            cluster = []
        cluster.append((tilt, line))
    if cluster:
        yield cluster


def _length(line: Line) -> float:
    a, b, c, _ = line.polygon
    return max(math.dist(a, b), math.dist(b, c))


def _weighted_median(values: Sequence[tuple[float, float]]) -> float:
    half = sum(weight for _, weight in values) / 2
    for value, weight in sorted(values):
        half -= weight
        if half <= 0:
            return value
    return values[-1][0]


def _rows(frame: _Frame, lines: Sequence[Line]) -> list[_Row]:
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


def _row(frame: _Frame, line: Line) -> _Row:
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
        and -0.5 * size < gap < 0.8 * size
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
    full = [row for row in block[:-1] if width - row.width < _first_word(block, row)]
    return continues(
        above.text,
        below.text,
        full=above in full,
        prose=len(full) > 1 and 2 * len(full) > len(block) - 1,
    )


def _first_word(block: Sequence[_Row], above: _Row) -> float:
    """How wide the first word of the row under `above` is, with a space."""
    below = block[block.index(above) + 1]
    word = below.text.split()[0] if below.text.split() else below.text
    if any(map(is_ideographic, word)):
        return 1.5 * below.size
    return below.width * (len(word) + 1) / max(1, len(below.text))


def _piece(frame: _Frame, main: _Frame, rows: Sequence[_Row]) -> _Piece:
    lines = tuple(line for row in rows for line in row.lines)
    polygon = lines[0].polygon
    if len(lines) > 1:
        polygon = frame.polygon(*frame.bounds(line.polygon for line in lines))
    return _Piece(
        Paragraph(join([row.text for row in rows]), polygon, lines),
        len(rows),
        median(row.size for row in rows),
        *main.bounds([polygon]),
    )


def _in_order(pieces: Sequence[_Piece], depth: int = 0) -> list[_Piece]:
    """Columns of prose left to right, each read to its end; else bands top to bottom."""
    if len(pieces) < 2:
        return list(pieces)
    if depth < _DEEPEST:
        columns = _cut(pieces, across=False)
        if len(columns) > 1 and _are_prose(columns):
            return _each(columns, depth)
        bands = _bands(_cut(pieces, across=True))
        if len(bands) > 1:
            return _each(bands, depth)
        if len(columns) > 1:
            return _each(columns, depth)
    return sorted(pieces, key=lambda piece: (piece.top, piece.left, piece.bottom, piece.right))


def _each(parts: Iterable[Sequence[_Piece]], depth: int) -> list[_Piece]:
    return [piece for part in parts for piece in _in_order(part, depth + 1)]


def _cut(pieces: Sequence[_Piece], *, across: bool) -> list[list[_Piece]]:
    """Parts with a clear gap between them: rows when cut `across`, else columns."""
    spans = sorted(
        ((*_span(piece, across=across), piece) for piece in pieces), key=lambda span: span[:2]
    )
    parts: list[list[_Piece]] = []
    reached = -math.inf
    for start, end, piece in spans:
        if start >= reached:
            parts.append([])
        parts[-1].append(piece)
        reached = max(reached, end)
    return parts


def _span(piece: _Piece, *, across: bool) -> tuple[float, float]:
    # Neighbouring rows' letters may overlap a little; columns keep a letter's distance.
    if across:
        inset = min(0.25 * piece.size, 0.5 * (piece.bottom - piece.top))
        return piece.top + inset, piece.bottom - inset
    return piece.left, piece.right + 0.7 * piece.size


def _are_prose(columns: Sequence[Sequence[_Piece]]) -> bool:
    return sum(any(piece.rows > 1 for piece in column) for column in columns) > 1


def _bands(rows: Sequence[Sequence[_Piece]]) -> list[list[_Piece]]:
    """Rows, put together again where columns of prose run through several."""
    bands: list[list[_Piece]] = []
    at = 0
    while at < len(rows):
        band = list(rows[at])
        taken, end = band, at + 1
        for to in range(at + 1, len(rows)):
            band = band + list(rows[to])
            columns = _cut(band, across=False)
            if len(columns) < 2:
                break
            if _are_prose(columns):
                taken, end = band, to + 1
        bands.append(taken)
        at = end
    return bands
