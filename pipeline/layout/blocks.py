"""Blocks: paragraphs with their place on the page, as they are put in order."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from pipeline.layout.rows import Row
from pipeline.layout.text_direction import TextDirection
from pipeline.models import Box


@dataclass(frozen=True, slots=True)
class Block:
    """A paragraph to be ordered, or several that are read together, in the page's main frame.

    Attributes:
        text: its rows, or those of the blocks read together, the first to the last.
        size: the height of its letters in pixels.
        quantity: whether all of it is numbers.
        boxes: the boxes drawn around it, the innermost first.
        drawn: whether it is all that a drawn box holds.
    """

    text: tuple["Text", ...]
    rows: int
    size: float
    left: float
    top: float
    right: float
    bottom: float
    quantity: bool = False
    boxes: tuple[Box, ...] = ()
    drawn: bool = False


@dataclass(frozen=True, slots=True)
class Text:
    """The rows of one paragraph, in the frame they were found in."""

    frame: TextDirection
    rows: tuple[Row, ...]


def flat(parts: Iterable[Sequence[Block]]) -> list[Block]:
    """The blocks of all parts, one after the other."""
    return [block for part in parts for block in part]


def cut(spans: Iterable[tuple[float, float, Block]]) -> list[list[Block]]:
    """Cuts blocks, each with its start and end along an axis, at every gap of the axis."""
    parts: list[list[Block]] = []
    reached = -math.inf
    for start, end, block in sorted(spans, key=lambda span: span[:2]):
        if start >= reached:
            parts.append([])
        parts[-1].append(block)
        reached = max(reached, end)
    return parts
