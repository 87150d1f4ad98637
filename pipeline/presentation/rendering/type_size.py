"""The type size of paragraphs: their letters compared with the same text drawn at a known size."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from math import ceil
from statistics import median

import cv2
import numpy as np
from PIL import Image, ImageDraw

from pipeline.presentation.rendering.fonts import FontFile
from pipeline.presentation.rendering.lettering import Extent, Ink, Lettering
from pipeline.presentation.rendering.shaping import Typesetter

_SIZE = 40
_BASELINE, _ROWS = 56, 80
_COMPARED_CHARACTERS = 24
"""As many as `Lettering` sees of a long line."""
_EIGHTHS = 8
"""Characters are drawn at so many sizes: small ones are blurred, which widens strokes."""
_MARGIN, _HALF_COVERED = 4, 127
_SIZES_OF_HEIGHT = 0.45, 1.1
"""The type size as a share of the polygon's height, at least and at most."""
_BOLD_STROKES = 1.4
"""Strokes of Noto Sans Bold over those of Noto Sans."""
_BOLD = 0.79
"""Share of the way from the regular strokes to the bold ones; type of even strokes comes to 0.7."""
_UNCERTAIN = 0.55, 0.95
"""Between these the paragraphs of the same size decide."""
_ONE_SIZE = 1.12
"""The ratio of sizes that are taken for one; they are measured within 5 %."""
_SPREAD_OF_IDEOGRAPHS = 0.26
"""Ems by which the ink of ideographs spreads over their rows: they fill their squares."""
_USUAL_HEIGHT, _USUAL_MIDDLE = 0.72, 0.27


@dataclass(frozen=True, slots=True)
class TypeSize:
    """Pixels an em, and where the letters stand on their line.

    `weight` is 0 for letters like the regular font's and 1 for the bold one's. The ink's middle
    is `above_baseline` ems above the baseline, and at `ink_middle` of the line's height.
    """

    size: float
    weight: float
    above_baseline: float
    ink_middle: float

    @property
    def is_bold(self) -> bool:
        """Whether the bold font comes nearer."""
        return self.weight > _BOLD


def type_size(
    texts: Sequence[str],
    heights: Sequence[float],
    letterings: Sequence[Lettering],
    typesetter: Typesetter,
    *,
    upright_columns: bool,
) -> TypeSize:
    """Compares the longest line of a paragraph with the same text in a regular font."""
    height = median(heights)
    index = max(range(len(texts)), key=lambda index: len(texts[index]))
    if upright_columns:
        found: TypeSize | None = _of_column(heights[index], letterings[index])
    else:
        found = _compared(texts[index], heights[index], letterings[index], typesetter)
    if not found:
        return TypeSize(_USUAL_HEIGHT * height, 0.0, _USUAL_MIDDLE, 0.5)
    smallest, largest = (share * height for share in _SIZES_OF_HEIGHT)
    return replace(found, size=min(max(found.size, smallest), largest))


def harmonized(sizes: Sequence[TypeSize]) -> list[TypeSize]:
    """The same, where paragraphs of nearly one size get exactly one, and a common weight."""
    result = list(sizes)
    for group in one_size_groups(sizes):
        size = median(sizes[index].size for index in group)
        weight = median(sizes[index].weight for index in group)
        for index in group:
            is_certain = not _UNCERTAIN[0] < sizes[index].weight < _UNCERTAIN[1]
            result[index] = replace(
                sizes[index], size=size, weight=sizes[index].weight if is_certain else weight
            )
    return result


def one_size_groups(sizes: Sequence[TypeSize]) -> Iterator[list[int]]:
    """The indexes of paragraphs that have nearly one size, group by group."""
    group: list[int] = []
    for index in sorted(range(len(sizes)), key=lambda index: sizes[index].size):
        if group and sizes[index].size > _ONE_SIZE * sizes[group[0]].size:
            yield group
            group = []
        group.append(index)
    if group:
        yield group


def one_type_groups(sizes: Sequence[TypeSize]) -> Iterator[list[int]]:
    """The same for paragraphs of one size that are all regular, or all bold."""
    for group in one_size_groups(sizes):
        for is_bold in (False, True):
            members = [index for index in group if sizes[index].is_bold is is_bold]
            if members:
                yield members


def _of_column(width: float, lettering: Lettering) -> TypeSize:
    spread = lettering.extent.spread if lettering.extent else _SPREAD_OF_IDEOGRAPHS
    return TypeSize(spread * width / _SPREAD_OF_IDEOGRAPHS, 0.0, _USUAL_MIDDLE, 0.5)


def _compared(
    text: str, height: float, lettering: Lettering, typesetter: Typesetter
) -> TypeSize | None:
    regular = _drawn_extent(text[:_COMPARED_CHARACTERS], height, typesetter)
    seen = lettering.extent
    if not seen or not regular:
        return None
    strokes = (seen.weight / seen.spread) / (regular.weight / regular.spread)
    return TypeSize(
        _SIZE * seen.spread * height / (regular.spread * _ROWS),
        (strokes - 1) / (_BOLD_STROKES - 1),
        (_BASELINE - regular.middle * _ROWS) / _SIZE,
        seen.middle,
    )


def _drawn_extent(text: str, height: float, typesetter: Typesetter) -> Extent | None:
    """The extent of a text that is drawn as small as it is seen, then made larger as that is."""
    eighths = min(_EIGHTHS, max(2, round(_EIGHTHS * _USUAL_HEIGHT * height / _SIZE)))
    inks = [
        _character_ink(run.font, character, eighths)
        for run in typesetter.runs(text)
        for character in run.text
        if character.isprintable() and not character.isspace()
    ]
    if not inks:
        return None
    rows = np.sum([ink.rows for ink in inks], axis=0)
    return Extent.of(Ink(rows, sum(ink.depth for ink in inks)))


@lru_cache(maxsize=1 << 12)
def _character_ink(font: FontFile, character: str, eighths: int) -> Ink:
    """The ink of a character drawn at so many eighths of `_SIZE`, in `_ROWS` rows."""
    scale = eighths / _EIGHTHS
    face = font.at(_SIZE * scale)
    width = max(1, ceil(face.getlength(character))) + 2 * _MARGIN
    canvas = Image.new("L", (width, round(_ROWS * scale)))
    ImageDraw.Draw(canvas).text((_MARGIN, _BASELINE * scale), character, 255, face, anchor="ls")
    drawn = cv2.resize(np.asarray(canvas, np.uint8), (round(width / scale), _ROWS))
    return Ink.of((np.asarray(drawn) > _HALF_COVERED).astype(np.uint8))
