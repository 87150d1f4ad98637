"""Lines too long for the recogniser, cut between words and put together again.

PaddleOCR scales a line to a height of 48 and squeezes it to 3200 pixels: letters beyond
66 times their height become unreadable. Pure.
"""

from collections.abc import Sequence
from itertools import pairwise

import numpy as np

from pipeline.language.scripts import is_ideographic
from pipeline.models import Pixels

LONGEST = 60
"""Widths in heights up to which a line is read in one piece."""

# Two pieces, 34 + 2 x 4 heights at most, are no wider than one batch may be.
_PIECE = 34  # heights a piece is long, give or take what it takes to end between words
_SEARCHED = 4  # heights to either side in which the widest gap is looked for
_GAP = 0.3  # heights a gap between words has at least


def pieces(crop: Pixels) -> list[Pixels]:
    """The line (height x width x 3) from left to right; itself where it is short enough."""
    height, width = crop.shape[:2]
    if width <= LONGEST * height:
        return [crop]
    count = -(-width // (_PIECE * height))
    ink = np.ptp(crop.min(axis=2), axis=0).astype(np.float32)
    gap = max(1, round(_GAP * height))
    inked = np.convolve(ink, np.ones(gap, np.float32) / gap, mode="same")
    edges = [0]
    for number in range(1, count):
        middle = number * width // count
        first = middle - _SEARCHED * height
        edges.append(first + int(np.argmin(inked[first : middle + _SEARCHED * height])))
    edges.append(width)
    return [crop[:, left:right] for left, right in pairwise(edges)]


def joined(texts: Sequence[str]) -> str:
    """The pieces' texts as one; Chinese and Japanese have no spaces between words."""
    whole = ""
    for text in texts:
        space = whole and text and not (is_ideographic(whole[-1]) and is_ideographic(text[0]))
        whole += f" {text}" if space else text
    return whole
