"""Validation: checks and cleans the lines that an OCR engine returned."""

import math
import unicodedata
from collections.abc import Iterator, Sequence

from pipeline.errors import EngineUnavailableError
from pipeline.models import Line, Point

_LONGEST_TEXT = 10_000
"""Maximum characters of a line: no real line has more, and each may be billed."""


def validate_lines(lines: Sequence[Line], width: int, height: int) -> list[Line]:
    """The non-blank lines, with polygons inside `width` x `height` pixels.

    Points outside are moved inside. Control characters and halves of surrogate pairs, which
    documents and translators cannot hold, become spaces.

    Raises:
        EngineUnavailableError: an item is not a line, or a coordinate not a number. Another
            delivery, on another instance, may succeed.
    """
    try:
        return list(_checked(lines, width, height))
    except (AttributeError, TypeError, ValueError) as error:
        # The error's message is left out, because it may contain the text.
        raise EngineUnavailableError(
            f"the OCR engine broke its contract: {type(error).__name__} in what it returned"
        ) from None


def _checked(lines: Sequence[Line], width: int, height: int) -> Iterator[Line]:
    for line in lines:
        text = _sound(line.text)
        if len(text) > _LONGEST_TEXT:
            raise ValueError("longer than any line")
        a, b, c, d = (_within(point, width, height) for point in line.polygon)
        confidence = min(1.0, max(0.0, _finite(line.confidence)))
        if text:
            yield Line(text, confidence, (a, b, c, d))


def _sound(text: str) -> str:
    if text.isprintable():
        return text.strip()
    spaced = (" " if unicodedata.category(each) in {"Cc", "Cs"} else each for each in text)
    return "".join(spaced).strip()


def _within(point: Point, width: int, height: int) -> Point:
    x, y = point
    return min(float(width), max(0.0, _finite(x))), min(float(height), max(0.0, _finite(y)))


def _finite(number: float) -> float:
    if isinstance(number, str) or not math.isfinite(number):
        raise ValueError("not a number")
    return float(number)
