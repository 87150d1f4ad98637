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
    """Text and mean probability of its characters, from steps x classes probabilities.

    Without a character, or with a probability that is not a number, the text is empty.
    """
    best = scores.argmax(axis=1)
    kept = best != _BLANK
    kept[1:] &= best[1:] != best[:-1]
    if not kept.any():
        return "", 0.0
    confidence = float(scores[kept, best[kept]].mean())
    if not math.isfinite(confidence):
        return "", 0.0
    return "".join(classes[each] for each in best[kept]), confidence
