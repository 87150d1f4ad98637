"""CTC decoding: a line's scores as text and confidence; pure.

Graves et al., "Connectionist Temporal Classification", ICML 2006: best path, repeats
collapsed, blanks dropped.
"""

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

_BLANK = 0


def classes(characters: Sequence[str]) -> list[str]:
    """The text of each class of the recogniser: blank, the characters, a space."""
    return ["", *characters, " "]


def decode(scores: NDArray[np.float32], classes: Sequence[str]) -> tuple[str, float]:
    """Text and mean probability of its characters, from scores before the softmax.

    `scores` are steps x classes. The softmax of all steps would take a twentieth of the
    recogniser's time, and only the steps with a character need it. Without a character, or
    with a score that is not a number, the text is empty.
    """
    best = scores.argmax(axis=1)
    kept = best != _BLANK
    kept[1:] &= best[1:] != best[:-1]
    if not kept.any():
        return "", 0.0
    characters = scores[kept]
    with np.errstate(invalid="ignore", over="ignore"):  # infinite scores
        below = characters - characters.max(axis=1, keepdims=True)
        # The softmax at its highest score: exp(0) over the sum.
        confidence = float((1 / np.exp(below).sum(axis=1)).mean())
    if not math.isfinite(confidence):
        return "", 0.0
    return "".join(classes[each] for each in best[kept]), confidence
