"""A line of text -> runs of one font and one direction, in the order they stand on the line."""

import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import groupby
from typing import Literal

from bidi import algorithm
from PIL import ImageDraw, ImageFont

from pipeline.presentation.rendering.fonts import FontFile

_RIGHT_TO_LEFT = frozenset({"R", "AL", "AN"})
_MEASURED_SIZE = 64
"""Pixels an em at which rows with ink are measured once for every size."""
Direction = Literal["ltr", "rtl"]


@dataclass(frozen=True, slots=True)
class Run:
    """Characters that one font draws in one direction; `text` is in logical order."""

    text: str
    font: FontFile
    direction: Direction


def visual_runs(text: str, chain: Sequence[FontFile], *, right_to_left: bool) -> list[Run]:
    """The runs of a line from left to right (UAX #9); `right_to_left` is the paragraph's direction.

    Every character is drawn by the first font of `chain` that has it.
    """
    fonts = _font_of_each(text, chain)
    runs = []
    for (font, level), group in groupby(
        _visual_order(text, right_to_left), key=lambda each: (fonts[each[0]], each[1])
    ):
        indexes = sorted(index for index, _ in group)
        run = "".join(text[index] for index in indexes)
        runs.append(Run(run, font, "rtl" if level % 2 else "ltr"))
    return runs


def _font_of_each(text: str, chain: Sequence[FontFile]) -> list[FontFile]:
    """A font for each character; marks and punctuation keep the font of the letter before them."""
    fonts: list[FontFile] = []
    for character in text:
        stays = fonts and not character.isalnum() and fonts[-1].has(character)
        font = fonts[-1] if stays else next((f for f in chain if f.has(character)), chain[0])
        fonts.append(font)
    return fonts


def _visual_order(text: str, right_to_left: bool) -> Iterator[tuple[int, int]]:
    """Index and embedding level of the characters, from left to right."""
    kinds = map(unicodedata.bidirectional, text)
    if not right_to_left and _RIGHT_TO_LEFT.isdisjoint(kinds):
        yield from ((index, 0) for index in range(len(text)))
        return
    storage = algorithm.get_empty_storage()
    storage["base_level"] = int(right_to_left)
    storage["base_dir"] = "R" if right_to_left else "L"
    algorithm.get_embedding_levels(text, storage)
    for index, character in enumerate(storage["chars"]):
        character["index"] = index
    algorithm.explicit_embed_and_overrides(storage)
    algorithm.resolve_weak_types(storage)
    algorithm.resolve_neutral_types(storage, debug=False)
    algorithm.resolve_implicit_levels(storage, debug=False)
    algorithm.reorder_resolved_levels(storage, debug=False)
    yield from ((character["index"], character["level"]) for character in storage["chars"])


class Typesetter:
    """Measures and draws lines with one chain of fonts.

    Threading: for one thread, as FreeType's faces are.
    """

    def __init__(self, chain: Sequence[FontFile], *, right_to_left: bool) -> None:
        self.chain = chain
        self._right_to_left = right_to_left
        self._at = lru_cache(maxsize=64)(FontFile.at)
        self.runs = lru_cache(maxsize=256)(self._visual_runs)
        self.width = lru_cache(maxsize=256)(self._width)

    def rows(self, text: str, size: float) -> tuple[float, float]:
        """Pixels with ink above the baseline and below it."""
        extents = [
            each
            for run in self.runs(text)
            for each in (
                [self._run_rows(run)]
                if any(map(_is_mark, run.text))
                else [_character_rows(run.font, character) for character in run.text]
            )
        ]
        above = max((above for above, _ in extents), default=0.0)
        below = max((below for _, below in extents), default=0.0)
        return above * size, below * size

    def draw(
        self, canvas: ImageDraw.ImageDraw, text: str, size: float, left: float, baseline: float
    ) -> None:
        """Draws a line in white on a canvas of one channel."""
        runs = self.runs(text)
        for number, run in enumerate(runs):
            font = self._at(run.font, size)
            canvas.text((left, baseline), run.text, 255, font, anchor="ls", direction=run.direction)
            if number + 1 < len(runs):
                left += self._run_width(run, size)

    def _visual_runs(self, text: str) -> list[Run]:
        return visual_runs(text, self.chain, right_to_left=self._right_to_left)

    def _width(self, text: str, size: float) -> float:
        """Pixels that a line takes at `size` pixels an em."""
        return sum(self._run_width(run, size) for run in self.runs(text))

    def _run_width(self, run: Run, size: float) -> float:
        font: ImageFont.FreeTypeFont = self._at(run.font, size)
        return font.getlength(run.text, direction=run.direction)

    def _run_rows(self, run: Run) -> tuple[float, float]:
        return _rows(self._at(run.font, _MEASURED_SIZE), run.text)


def _is_mark(character: str) -> bool:
    """Whether a character changes the place of its neighbours' ink."""
    return unicodedata.category(character) in {"Mn", "Mc"}


@lru_cache(maxsize=1 << 13)
def _character_rows(font: FontFile, character: str) -> tuple[float, float]:
    """Ems with ink above and below the baseline."""
    return _rows(font.at(_MEASURED_SIZE), character)


def _rows(font: ImageFont.FreeTypeFont, text: str) -> tuple[float, float]:
    _, top, _, bottom = font.getbbox(text, anchor="ls")
    return (-top / _MEASURED_SIZE, bottom / _MEASURED_SIZE) if bottom > top else (0.0, 0.0)
