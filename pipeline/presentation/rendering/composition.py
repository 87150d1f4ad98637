"""Composes one paragraph: its new lines, at their size, on their baselines."""

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median

import cv2
import numpy as np
from numpy.typing import NDArray

from pipeline.models import Paragraph
from pipeline.presentation.rendering.drawing import DrawnLine
from pipeline.presentation.rendering.fitting import FittedText, Room, fit_text
from pipeline.presentation.rendering.fonts import is_right_to_left_language
from pipeline.presentation.rendering.lettering import Lettering
from pipeline.presentation.rendering.places import Alignment, Place
from pipeline.presentation.rendering.shaping import Typesetter
from pipeline.presentation.rendering.type_size import TypeSize

_USUAL_PITCH = 1.25
"""Ems from line to line where the original has one line."""
_ASCENT, _DESCENT = 0.72, 0.2
"""Ems that most letters reach above and below the baseline."""
_WIDEST_PADDING = 0.4
"""Line heights of ground before a line's first letter, at most."""


@dataclass(frozen=True, slots=True)
class Original:
    """A paragraph as it is, and the text that replaces it; `letterings` has one for each line."""

    paragraph: Paragraph
    text: str
    place: Place
    letterings: tuple[Lettering, ...]
    type_size: TypeSize


@dataclass(frozen=True, slots=True)
class Composition:
    """The lines that replace a paragraph, in the frame of its place."""

    original: Original
    lines: tuple[DrawnLine, ...]
    typesetter: Typesetter

    @property
    def size_share(self) -> float:
        """The new type size as a share of the old one."""
        return self.lines[0].size / self.original.type_size.size

    def overlaps(self, other: "Composition") -> bool:
        """Whether a new line of this stands over one of the other."""
        return any(
            cv2.intersectConvexConvex(mine, their)[0] > 0
            for mine in self._places()
            for their in other._places()
        )

    def _places(self) -> list[NDArray[np.float32]]:
        direction = self.original.place.direction
        return [
            np.array(
                direction.polygon(
                    line.left,
                    line.baseline - _ASCENT * line.size,
                    line.left + self.typesetter.width(line.text, line.size),
                    line.baseline + _DESCENT * line.size,
                ),
                np.float32,
            )
            for line in self.lines
        ]


def without_overlaps(composed: Sequence[Composition]) -> list[Composition]:
    """Those that stand over none before them.

    Places exclude the lines of other paragraphs, so only rectangles around several lines meet.
    """
    kept: list[Composition] = []
    several: list[Composition] = []
    for each in composed:
        if len(each.original.paragraph.lines) > 1:
            if any(map(each.overlaps, several)):
                continue
            several.append(each)
        kept.append(each)
    return kept


def compose(
    original: Original, language: str, typesetter: Typesetter, *, largest_share: float = 1.0
) -> Composition | None:
    """The new lines, None where they do not fit at a size that can be read.

    The type size is at most `largest_share` of the old one.
    """
    place, letters = original.place, original.type_size
    padding = _padding(place, original.letterings)
    left, top, right, bottom = place.box
    room = Room(
        right - left - padding,
        bottom - top,
        letters.size * largest_share,
        place.pitch / letters.size if place.pitch else _USUAL_PITCH,
    )
    alignment = _alignment(place.alignment, original.paragraph.language, language)
    fitted = fit_text(original.text, language, room, typesetter, balanced=alignment == "centre")
    if fitted is None:
        return None
    baseline = _first_baseline(place, letters, fitted)
    lines = []
    for number, line in enumerate(fitted.lines):
        width = typesetter.width(line, fitted.size)
        start = {
            "left": left + padding,
            "centre": (left + right - width) / 2,
            "right": right - padding - width,
        }[alignment]
        lines.append(DrawnLine(line, fitted.size, start, baseline + number * fitted.pitch))
    return Composition(original, tuple(lines), typesetter)


def _padding(place: Place, letterings: Sequence[Lettering]) -> float:
    if place.upright_columns:
        return 0.0
    return median(
        min(each.left, _WIDEST_PADDING) * height
        for each, height in zip(letterings, place.heights, strict=True)
    )


def _alignment(original: Alignment, source: str, target: str) -> Alignment:
    """Text that began at the edge where its language begins does so in the other language."""
    begins: dict[bool, Alignment] = {False: "left", True: "right"}
    if original == begins[is_right_to_left_language(source)]:
        return begins[is_right_to_left_language(target)]
    return original


def _first_baseline(place: Place, letters: TypeSize, fitted: FittedText) -> float:
    """The frame's y of the first line's baseline; the block stays inside the place."""
    _, top, _, bottom = place.box
    middles = [row[1] + letters.ink_middle * (row[3] - row[1]) for row in place.rows]
    raised = letters.above_baseline
    if place.upright_columns or (len(place.rows) == 1 and len(fitted.lines) > 1):
        baseline = (top + bottom - fitted.height) / 2 + fitted.ascent
    elif len(place.rows) > 1 and place.alignment == "centre":
        block = (len(fitted.lines) - 1) * fitted.pitch
        baseline = (min(middles) + max(middles) - block) / 2 + raised * fitted.size
    else:
        baseline = min(middles) + raised * letters.size
        if len(place.rows) > 1:
            # The top of the letters stays where it was.
            baseline -= 2 * raised * (letters.size - fitted.size)
    return min(max(baseline, top + fitted.ascent), bottom - fitted.height + fitted.ascent)
