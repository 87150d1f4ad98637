"""Spreads the translation of a paragraph over the lines of the original, for display."""

from collections.abc import Sequence
from itertools import accumulate

from pipeline.language.scripts import is_unspaced


def spread_over_lines(text: str, lengths: Sequence[int]) -> list[str]:
    """Divides `text` into one part for each of `lengths`, in proportion to them.

    Words stay whole. Joined with spaces (in scripts written without spaces, with
    nothing), the parts are `text` again.

    Args:
        text: the translation of a paragraph.
        lengths: the characters of each original line.
    """
    units, glue = (list(text), "") if is_unspaced(text) else (text.split(" "), " ")
    characters = sum(map(len, units))
    shares = list(accumulate(max(1, length) for length in lengths))
    ends = [share / shares[-1] * characters for share in shares]
    lines: list[list[str]] = [[] for _ in lengths]
    line, placed = 0, 0.0
    for unit in units:
        # A word belongs to the line that contains its middle.
        while line < len(lengths) - 1 and placed + len(unit) / 2 > ends[line]:
            line += 1
        lines[line].append(unit)
        placed += len(unit)
    return [glue.join(each) for each in lines]
