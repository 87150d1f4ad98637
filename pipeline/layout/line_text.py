"""The text of several lines as one: hyphens undone, spaces where the script has them."""

import re
from collections.abc import Sequence
from functools import reduce

from pipeline.language.scripts import is_ideographic
from pipeline.language.text_forms import is_all_caps

SPLIT_WORD = re.compile(r"([^\W\d_])[-\u2010\u00ac\u00ad]$")
"""A line that ends inside a word."""


def join(texts: Sequence[str]) -> str:
    """Puts lines into one text: hyphens undone, spaces where the script has them."""
    return reduce(_joined, texts) if texts else ""


def _joined(above: str, below: str) -> str:
    if not above or not below:
        return above + below
    if above[-1] == "\u00ad":
        return above[:-1] + below
    # Two characters decide; a search through all of a long text takes its square.
    if SPLIT_WORD.search(above[-2:]):
        one_word = below[0].islower() or (is_all_caps(above) and is_all_caps(below))
        return (above[:-1] if one_word else above) + below
    together = is_ideographic(above[-1]) and is_ideographic(below[0])
    return above + ("" if together else " ") + below
