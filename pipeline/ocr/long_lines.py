"""Lines too long for the recogniser, cut between words and put together again; pure."""

from collections.abc import Sequence
from itertools import pairwise

import numpy as np

from pipeline.language.scripts import is_ideographic
from pipeline.models import Pixels

_SEARCHED = 4  # heights to either side of a cut in which the widest gap is looked for
_GAP = 0.3  # heights a gap between words has at least


def pieces(crop: Pixels, *, longest: int, piece: int) -> list[Pixels]:
    """The line (height x width x 3) from left to right; itself where it is short enough.

    Args:
        crop: the line.
        longest: widths in heights up to which a line is read in one piece.
        piece: heights that a piece is long; the search for a gap makes it up to eight longer.
    """
    height, width = crop.shape[:2]
    if width <= longest * height:
        return [crop]
    count = -(-width // (piece * height))
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
