"""The text layer of a PDF's page, checked against the page as it is seen."""

import unicodedata
from collections.abc import Iterable, Sequence
from difflib import SequenceMatcher

import cv2
import numpy as np

from pipeline.models import Line, Pixels, Polygon
from pipeline.ocr.base import OcrEngine

_SAMPLE = 5
"""Lines of a page that are read to check the layer."""
_LEAST_LIKENESS = 0.8
"""Mean `SequenceMatcher.ratio` of the sample's lines and the text read in their places."""
_LARGEST_SHARE_BESIDE = 0.2
"""Characters that are seen where the layer has none, as a share of the layer's."""
_LEAST_CONTRAST = 24
"""Grey levels between the darkest and the lightest pixel of a line that can be seen."""


def lines_that_agree(
    pixels: Pixels, layer: Sequence[Line], engine: OcrEngine, *, detector_size: int
) -> list[Line] | None:
    """The lines of the layer, with the text beside them, or None where the layer is wrong.

    The engine reads a copy of the page on which all but a sample of the layer's lines are
    painted over: it sees the sample, and text that the layer lacks.

    Args:
        pixels: the rendered page.
        layer: its text layer, in pixels of `pixels`.
        engine: reads the copy.
        detector_size: one of the engine's.
    """
    seen = [line for line in layer if _contrast(pixels, line.polygon) >= _LEAST_CONTRAST]
    sample = _sample(seen)
    if not sample or len(seen) < len(layer):
        return None
    painted = pixels.copy()
    for line in seen:
        if line not in sample:
            _paint_over(painted, line.polygon)
    read = engine.recognize(painted, detector_size=detector_size)
    beside = [line for line in read if not any(_is_inside(line, each) for each in sample)]
    if _characters(beside) > _LARGEST_SHARE_BESIDE * _characters(layer):
        return None
    found = [line for line in read if line not in beside]
    return [*layer, *beside] if _likeness(sample, found) >= _LEAST_LIKENESS else None


def _sample(lines: Sequence[Line]) -> list[Line]:
    """The longest lines, one of each part of the page."""
    parts = np.array_split(np.arange(len(lines)), min(_SAMPLE, len(lines)) or 1)
    return [
        max((lines[index] for index in part), key=lambda line: len(line.text))
        for part in parts
        if len(part)
    ]


def _likeness(sample: Sequence[Line], found: Sequence[Line]) -> float:
    """The mean over the sample; lines of the engine count for the line in which they are."""
    ratios = []
    for line in sample:
        inside = sorted(
            (each for each in found if _is_inside(each, line)), key=lambda each: each.polygon[0]
        )
        read = _letters("".join(each.text for each in inside))
        ratios.append(SequenceMatcher(None, _letters(line.text), read, autojunk=False).ratio())
    return sum(ratios) / len(ratios)


def _letters(text: str) -> str:
    """Without spaces, which are often missing in layers, and differences of form and case."""
    return "".join(unicodedata.normalize("NFKC", text).casefold().split())


def _characters(lines: Iterable[Line]) -> int:
    return sum(len(_letters(line.text)) for line in lines)


def _is_inside(line: Line, around: Line) -> bool:
    """Whether the middle of `line` is in the polygon of `around`."""
    x, y = np.mean(np.array(line.polygon), axis=0)
    polygon = np.array(around.polygon, np.float32)
    return bool(cv2.pointPolygonTest(polygon, (float(x), float(y)), measureDist=False) >= 0)


def _crop(pixels: Pixels, polygon: Polygon) -> Pixels:
    left, top, width, height = cv2.boundingRect(np.array(polygon, np.int32))
    return pixels[max(0, top) : max(0, top + height), max(0, left) : max(0, left + width)]


def _contrast(pixels: Pixels, polygon: Polygon) -> int:
    crop = _crop(pixels, polygon)
    return int(np.ptp(crop.mean(axis=2))) if crop.size else 0


def _paint_over(pixels: Pixels, polygon: Polygon) -> None:
    """Fills the line with its median colour, which is that of the ground."""
    crop = _crop(pixels, polygon)
    if crop.size:
        ground = np.median(crop.reshape(-1, 3), axis=0)
        cv2.fillConvexPoly(pixels, np.array(polygon, np.int32), ground.tolist())
