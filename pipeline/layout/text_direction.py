"""The ways text runs on a page: level, tilted, turned, right to left, and in upright columns."""

import math
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby

from pipeline.language.scripts import RIGHT_TO_LEFT, is_ideographic, script_of
from pipeline.layout.thresholds import LIMITS
from pipeline.models import Box, Line, Polygon


@dataclass(frozen=True, slots=True)
class TextDirection:
    """A frame in which text runs to the right and the next line is below.

    `tilt` is the text's direction in radians, clockwise from the picture's right; `vertical` is for
    columns of upright characters, read from right to left; `mirrored` for Arabic and Hebrew.
    `shear` is how far line beginnings move right with each pixel downwards, on a page seen askew.
    """

    tilt: float
    vertical: bool
    mirrored: bool = False
    shear: float = 0.0

    def bounds(self, polygons: Iterable[Polygon]) -> Box:
        """Left, top, right and bottom of everything, in the frame."""
        cos, sin = math.cos(self.tilt), math.sin(self.tilt)
        points = [(x * cos + y * sin, y * cos - x * sin) for each in polygons for x, y in each]
        if self.vertical:
            points = [(y, -x) for x, y in points]
        elif self.mirrored:
            points = [(-x, y) for x, y in points]
        us = [x - self.shear * y for x, y in points]
        vs = [y for _, y in points]
        return min(us), min(vs), max(us), max(vs)

    def box(self, box: Box) -> Box:
        """The bounds in the frame of an upright box of the picture."""
        left, top, right, bottom = box
        return self.bounds([((left, top), (right, top), (right, bottom), (left, bottom))])

    def line_height(self, polygon: Polygon) -> float:
        """How high a line is: of one tilted more than its frame the bounds are too tall."""
        a, b, c, d = polygon
        if self.vertical:
            return (math.dist(a, b) + math.dist(c, d)) / 2
        return (math.dist(b, c) + math.dist(d, a)) / 2

    def polygon(self, left: float, top: float, right: float, bottom: float) -> Polygon:
        """The picture's points of a rectangle, from its top left as upright text has it."""
        if self.vertical:
            left, top, right, bottom = -bottom, left, -top, right
        elif self.mirrored:
            left, right = -right, -left
        cos, sin = math.cos(self.tilt), math.sin(self.tilt)
        corners = (left, top), (right, top), (right, bottom), (left, bottom)
        a, b, c, d = (
            (round(x * cos - y * sin, 1), round(x * sin + y * cos, 1)) for x, y in corners
        )
        return (a, b, c, d)


def group_by_direction(lines: Sequence[Line]) -> list[tuple[TextDirection, list[Line]]]:
    """Lines by the way they run: by quarter turn, then by nearness of tilt."""
    found = []
    directed = [(*_direction(line), line) for line in lines]
    if _mostly_vertical(directed):
        directed = [_stood_up(*each) for each in directed]
    directed.sort(key=lambda each: each[:3])
    for (vertical, quarter), group in groupby(directed, key=lambda each: each[:2]):
        for cluster in _clusters([(tilt, line) for _, _, tilt, line in group]):
            tilt = _weighted_median([(tilt, _length(line)) for tilt, line in cluster])
            members = [line for _, line in cluster]
            mirrored = not vertical and _runs_left(members)
            frame = TextDirection(math.radians(90 * quarter + tilt), vertical, mirrored)
            found.append((frame, members))
    return found


def _mostly_vertical(directed: Sequence[tuple[bool, int, float, Line]]) -> bool:
    upright = sum(len(line.text) for vertical, _, _, line in directed if vertical)
    return 2 * upright > sum(len(line.text) for *_, line in directed)


def _stood_up(
    vertical: bool, quarter: int, tilt: float, line: Line
) -> tuple[bool, int, float, Line]:
    """Among upright columns, one character is the end of a column."""
    ends = quarter == 0 and sum(map(str.isalpha, line.text)) == 1 and is_ideographic(line.text[0])
    return vertical or ends, quarter, tilt, line


def _runs_left(lines: Sequence[Line]) -> bool:
    letters = Counter(char for line in lines for char in line.text if char.isalpha())
    left = sum(count for char, count in letters.items() if script_of(char) in RIGHT_TO_LEFT)
    return 2 * left > letters.total()


def _direction(line: Line) -> tuple[bool, int, float]:
    """Whether it is an upright column, its quarter turn, and its tilt from that in degrees."""
    a, b, c, d = line.polygon
    along = (b[0] - a[0] + c[0] - d[0], b[1] - a[1] + c[1] - d[1])
    across = (d[0] - a[0] + c[0] - b[0], d[1] - a[1] + c[1] - b[1])
    tall = math.hypot(*across) >= LIMITS.tall_line * math.hypot(*along)
    # The longer sides give the tilt more precisely.
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
        if cluster and tilt - cluster[-1][0] > LIMITS.same_tilt:
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
