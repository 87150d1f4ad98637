"""Lines like those of an OCR engine."""

import math

from pipeline.models import Line, Point


def line(text: str, left: float, top: float, width: float | None = None, size: float = 20) -> Line:
    """A line with letters of height `size`; `width` is by default that of such letters."""
    right = left + (width if width is not None else 0.55 * size * len(text))
    return Line(text, 0.99, ((left, top), (right, top), (right, top + size), (left, top + size)))


def column(text: str, left: float, top: float, size: float = 40) -> Line:
    """Upright characters, one below the other."""
    bottom = top + size * len(text)
    return Line(
        text, 0.99, ((left, top), (left + size, top), (left + size, bottom), (left, bottom))
    )


def turned(lines: list[Line], degrees: float) -> list[Line]:
    cos, sin = math.cos(math.radians(degrees)), math.sin(math.radians(degrees))

    def turn(point: Point) -> Point:
        return point[0] * cos - point[1] * sin, point[0] * sin + point[1] * cos

    quads = [tuple(turn(point) for point in each.polygon) for each in lines]
    return [
        Line(each.text, each.confidence, (a, b, c, d))
        for each, (a, b, c, d) in zip(lines, quads, strict=True)
    ]
