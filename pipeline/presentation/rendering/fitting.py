"""Fits a text into a rectangle: the largest size, and the lines it is broken into."""

from collections.abc import Sequence
from dataclasses import dataclass

from pipeline.language.scripts import is_unspaced
from pipeline.presentation.rendering.line_breaks import characters, phrases
from pipeline.presentation.rendering.shaping import Typesetter

_STEP = 0.97
"""The ratio of neighbouring sizes that are tried."""
_SMALLEST_SIZE = 8.0
"""Pixels an em below which letters cannot be read."""
_BROKEN_PHRASE_GAIN = 1.25
"""Phrases of unspaced scripts are broken where the text is so much larger then; words never are,
unless the text fits at no size."""
_LEAST_PITCH = 1.02
"""Ems from one baseline to the next; less, and accents touch the line above."""
_MEASURED_SIZE = 64.0
"""Parts are measured once, at this size: widths grow with the size but for hinting."""
_ROUNDING = 1.01
"""Widths at other sizes differ by so much at most, since letters stand on whole pixels."""
_HALVINGS = 10
_SMALLEST_CHARACTER = 0.2
"""Ems that even a narrow character takes; bounds the length of texts that are tried."""


@dataclass(frozen=True, slots=True)
class Room:
    """The rectangle for a text, in pixels; `pitch` is from baseline to baseline, in ems."""

    width: float
    height: float
    size: float
    pitch: float


@dataclass(frozen=True, slots=True)
class FittedText:
    """Lines at `size` pixels an em, `pitch` pixels apart.

    `ascent` is the first line's ink above its baseline, `descent` the last line's below its.
    """

    lines: tuple[str, ...]
    size: float
    pitch: float
    ascent: float
    descent: float

    @property
    def height(self) -> float:
        """Pixels from the first line's top to the last line's bottom."""
        return self.ascent + (len(self.lines) - 1) * self.pitch + self.descent


def fit_text(
    text: str, language: str, room: Room, typesetter: Typesetter, *, balanced: bool
) -> FittedText | None:
    """The text at the largest size, up to the room's, at which it fits; None if none does.

    With `balanced` the lines are made about equally long.
    """
    smallest = min(_SMALLEST_SIZE, 0.8 * room.size)
    if len(text) * _SMALLEST_CHARACTER * smallest**2 > room.width * room.height:
        return None
    sizes = [room.size]
    while sizes[-1] * _STEP >= smallest:
        sizes.append(sizes[-1] * _STEP)
    parts = _measured(phrases(text, language), typesetter)
    fitted = _largest(parts, sizes, room)
    if fitted is None or (is_unspaced(text) and fitted.size * _BROKEN_PHRASE_GAIN < room.size):
        small_parts = _measured(characters(text), typesetter)
        broken = _largest(small_parts, sizes, room)
        if broken and (fitted is None or fitted.size * _BROKEN_PHRASE_GAIN < broken.size):
            parts, fitted = small_parts, broken
    if fitted and balanced and len(fitted.lines) > 1:
        return _balanced(parts, fitted, room)
    return fitted


@dataclass(frozen=True, slots=True)
class _Part:
    """A part of a text with the spaces at its end; lengths are in ems.

    `width` excludes the spaces. `ascent` and `descent` are its ink above and below the baseline.
    """

    text: str
    width: float
    space: float
    ascent: float
    descent: float


_Lines = list[list[_Part]]


def _measured(texts: Sequence[str], typesetter: Typesetter) -> list[_Part]:
    space = typesetter.width(" ", _MEASURED_SIZE) / _MEASURED_SIZE
    known: dict[str, _Part] = {}
    for text in texts:
        if text not in known:
            bare = text.rstrip()
            width = typesetter.width(bare, _MEASURED_SIZE) / _MEASURED_SIZE * _ROUNDING
            above, below = typesetter.rows(bare, _MEASURED_SIZE)
            known[text] = _Part(
                text,
                width,
                space if len(text) > len(bare) else 0.0,
                above / _MEASURED_SIZE,
                below / _MEASURED_SIZE,
            )
    return [known[text] for text in texts]


def _wrapped(parts: Sequence[_Part], width: float) -> _Lines | None:
    """The lines of at most `width` ems; None where one part is wider."""
    lines: _Lines = [[]]
    taken = 0.0
    for part in parts:
        if part.width > width:
            return None
        if taken + part.width > width:
            lines.append([])
            taken = 0.0
        lines[-1].append(part)
        taken += part.width + part.space
    return lines


def _largest(parts: Sequence[_Part], sizes: Sequence[float], room: Room) -> FittedText | None:
    """Searches the descending sizes for the first at which the parts fit."""
    first, last, found = 0, len(sizes) - 1, None
    while first <= last:
        middle = (first + last) // 2
        fitted = _fitted(parts, sizes[middle], room)
        if fitted:
            found, last = fitted, middle - 1
        else:
            first = middle + 1
    return found


def _fitted(parts: Sequence[_Part], size: float, room: Room) -> FittedText | None:
    lines = _wrapped(parts, room.width / size)
    if lines is None:
        return None
    fitted = _text_of(lines, size, room)
    return fitted if fitted.height <= room.height else None


def _text_of(lines: _Lines, size: float, room: Room) -> FittedText:
    return FittedText(
        tuple("".join(part.text for part in line).rstrip() for line in lines),
        size,
        max(room.pitch, _LEAST_PITCH) * size,
        max(part.ascent for part in lines[0]) * size,
        max(part.descent for part in lines[-1]) * size,
    )


def _balanced(parts: Sequence[_Part], fitted: FittedText, room: Room) -> FittedText:
    """The same number of lines at the same size, in the narrowest room that holds them."""
    narrowest, widest = 0.0, room.width / fitted.size
    found = fitted
    for _ in range(_HALVINGS):
        middle = (narrowest + widest) / 2
        lines = _wrapped(parts, middle)
        if lines and len(lines) == len(fitted.lines):
            found, widest = _text_of(lines, fitted.size, room), middle
        else:
            narrowest = middle
    return found
