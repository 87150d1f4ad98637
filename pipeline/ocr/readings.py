"""Readings of a page's lines: which are kept, and which are read again upside down; pure."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from pipeline.models import Line
from pipeline.ocr.quads import Quads, text_polygon
from pipeline.ocr.scripts.guess import ScriptGuess

MIN_CONFIDENCE = 0.5
"""Lines below are noise or a script the model does not read."""

LEAST_SIDE = 6
"""Pixels. A narrower page holds no letter, and 1,000,000 x 1 would be 1,000 windows."""

_DOUBTFUL = 0.88
_SURE = 0.92


@dataclass(frozen=True, slots=True)
class Reading:
    """Text and mean confidence of one line; `upside_down` where it was turned by 180 degrees.

    `guess` is the script that the picture shows, where it was guessed.
    `unread_script` is the ISO 15924 code of a script that no installed reader reads.
    """

    text: str
    confidence: float
    upside_down: bool = False
    guess: ScriptGuess | None = None
    unread_script: str | None = None


def read_both_ways(quads: Quads, read: Callable[[Quads, bool], Sequence[Reading]]) -> list[Reading]:
    """Reads every quad, and the doubtful ones again turned by 180 degrees.

    Text upside down, or running upwards, reads as nonsense; turned it does not. `read`
    takes quads and whether to turn them.
    """
    readings = list(read(quads, False))
    doubtful = [i for i, reading in enumerate(readings) if reading.confidence < _DOUBTFUL]
    for i, turned in zip(doubtful, read(quads[doubtful], True), strict=True):
        if turned.confidence > max(_SURE, readings[i].confidence):
            readings[i] = turned
    return readings


def lines_of(quads: Quads, readings: Sequence[Reading]) -> list[Line]:
    """The lines worth keeping: confident and with a letter or digit, or of an unread script."""
    return [
        Line(
            reading.text.strip(),
            reading.confidence,
            text_polygon(quad, reading.text, upside_down=reading.upside_down),
            unread_script=reading.unread_script,
        )
        for quad, reading in zip(quads, readings, strict=True)
        if reading.unread_script
        or (reading.confidence >= MIN_CONFIDENCE and any(map(str.isalnum, reading.text)))
    ]
