"""The ways text runs on a page: level, tilted, turned, and in upright columns."""

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby

from pipeline.language.scripts import is_ideographic
from pipeline.models import Line, Point, Polygon

_TALL = 1.5
_CLUSTER_DEGREES = 10.0


@dataclass(frozen=True, slots=True)
class TextDirection:
    """Where text runs right and lines follow downwards.

    `tilt` is the text's direction in radians, clockwise from the picture's right;
    `vertical` is for columns of upright characters, read from right to left.
    """

    tilt: float
    vertical: bool

    def _place(self, point: Point) -> Point:
        cos, sin = math.cos(self.tilt), math.sin(self.tilt)
        x, y = point[0] * cos + point[1] * sin, point[1] * cos - point[0] * sin
        return (y, -x) if self.vertical else (x, y)

    def bounds(self, polygons: Iterable[Polygon]) -> tuple[float, float, float, float]:
        """Left, top, right and bottom of everything, in the frame."""
        us, vs = zip(*(self._place(point) for each in polygons for point in each), strict=True)
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


def group_by_direction(lines: Sequence[Line]) -> list[tuple[TextDirection, list[Line]]]:
    """Lines by the way they run: by quarter turn, then by nearness of tilt."""
    facts = [(*_direction(line), line) for line in lines]
    facts.sort(key=lambda fact: fact[:3])
    found = []
    for (vertical, quarter), group in groupby(facts, key=lambda fact: fact[:2]):
        for cluster in _clusters([(tilt, line) for _, _, tilt, line in group]):
            tilt = _weighted_median([(tilt, _length(line)) for tilt, line in cluster])
            frame = TextDirection(math.radians(90 * quarter + tilt), vertical)
            found.append((frame, [line for _, line in cluster]))
    return found


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
    if quarter % 2 and len(line.text) == 1:
        # A 1 is taller than wide: that does not make it a line that runs downwards.
        degrees, quarter = degrees - 90, quarter - 1
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
