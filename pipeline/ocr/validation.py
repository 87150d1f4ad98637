"""What an engine returned, held to its contract before anything is made of it."""

import math
import unicodedata
from collections.abc import Iterator, Sequence

from pipeline.errors import EngineUnavailableError
from pipeline.models import Line, Point

_LONGEST_TEXT = 10_000
"""Characters no line in a picture has; every one of them might be paid for."""


def validate_lines(lines: Sequence[Line], width: int, height: int) -> list[Line]:
    """The lines, their polygons within `width` x `height` pixels, without blank ones.

    What is out of bounds is brought in. Characters that neither a document nor a translator
    can hold (controls, half of a surrogate pair) become spaces.

    Raises:
        EngineUnavailableError: something that is no line, or no number; another delivery,
            on another instance, may fare better.
    """
    try:
        return list(_checked(lines, width, height))
    except (AttributeError, TypeError, ValueError) as error:
        # Without the error's own words: they may quote the text.
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
