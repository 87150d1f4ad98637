"""A translated picture read again: words that came back, lines that were left, pixels outside."""

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from pipeline.models import Line, PageText, Paragraph, Pixels, Polygon
from pipeline.ocr.base import OcrEngine
from pipeline.presentation.rendering.page import new_text

_SHORTEST_WORD = 3
_CUT_SHARE = 0.25
"""Line heights by which letters may stand beyond their line's polygon; they are removed there."""


@dataclass(frozen=True, slots=True)
class Reading:
    """What one page shows after rendering.

    `missing` are drawn words that were not read; `left` are lines of the source that still were.
    `outside` counts pixels that differ outside of the places, `beyond` those that do more than a
    quarter of a line's height outside.
    """

    drawn: int
    missing: tuple[str, ...]
    left: tuple[str, ...]
    outside: int
    beyond: int

    @property
    def found(self) -> int:
        return self.drawn - len(self.missing)


def read_again(
    before: Pixels, after: Pixels, page: PageText, language: str, engine: OcrEngine
) -> Reading:
    """Compares a page before and after rendering; `page` is in their pixels."""
    differs = (before != after).any(axis=2)
    replaced = [
        paragraph
        for paragraph in page.paragraphs
        if new_text(paragraph, language) and differs[filled([paragraph.polygon], differs)].any()
    ]
    lines = engine.recognize(np.ascontiguousarray(after))
    missing: list[str] = []
    left: list[str] = []
    drawn = 0
    for paragraph in replaced:
        text = new_text(paragraph, language) or ""
        read = [line.text for line in lines if _is_inside(line, paragraph)]
        words = _words(text)
        drawn += len(words)
        missing += _missing(words, read)
        left += _left(paragraph, text, read)
    places = filled([each.polygon for each in replaced], differs)
    reach = max(
        (_CUT_SHARE * _height(each.polygon) for p in replaced for each in p.lines), default=0
    )
    around = filled([each.polygon for each in replaced], differs, grown=round(reach) + 1)
    return Reading(
        drawn,
        tuple(missing),
        tuple(left),
        int((differs & ~places).sum()),
        int((differs & ~around).sum()),
    )


def filled(
    polygons: Sequence[Polygon], like: NDArray[np.bool_], *, grown: int = 0
) -> NDArray[np.bool_]:
    """A mask of the polygons, made larger by so many pixels."""
    mask = np.zeros(like.shape, np.uint8)
    for polygon in polygons:
        cv2.fillConvexPoly(mask, np.array(polygon).round().astype(np.int32), [1])
    size = 2 * grown + 1
    return np.asarray(cv2.dilate(mask, np.ones((size, size), np.uint8)), bool)


def _is_inside(line: Line, paragraph: Paragraph) -> bool:
    """Whether the middle of a line that was read is in the paragraph's place."""
    middle = tuple(sum(values) / 4 for values in zip(*line.polygon, strict=True))
    polygon = np.array(paragraph.polygon, np.float32)
    height = _height(paragraph.lines[0].polygon)
    return cv2.pointPolygonTest(polygon, middle, measureDist=True) > -height / 4


def _height(polygon: Polygon) -> float:
    a, b, _, d = (np.array(point) for point in polygon)
    return float(min(np.linalg.norm(d - a), np.linalg.norm(b - a)))


def _missing(words: Iterable[str], read: Sequence[str]) -> list[str]:
    """Words that are neither among those read, nor part of words that were read as one."""
    found = Counter(word for text in read for word in _words(text))
    joined = "".join(word for text in read for word in _words(text))
    missing = []
    for word in words:
        if found[word]:
            found[word] -= 1
        elif len(word) < _SHORTEST_WORD or word not in joined:
            missing.append(word)
    return missing


def _left(paragraph: Paragraph, text: str, read: Sequence[str]) -> list[str]:
    """Lines of the source of which most words that the new text lacks were read."""
    new, seen = set(_words(text)), {word for each in read for word in _words(each)}
    left = []
    for line in paragraph.lines:
        own = {word for word in _words(line.text) if len(word) >= _SHORTEST_WORD} - new
        if own and 2 * len(own & seen) > len(own):
            left.append(line.text)
    return left


def _words(text: str) -> list[str]:
    """Runs of letters and digits, folded; accents are left out, which the OCR confuses."""
    plain = unicodedata.normalize("NFKD", text)
    bare = "".join(each for each in plain if not unicodedata.combining(each))
    return re.findall(r"\w+", bare.casefold())
