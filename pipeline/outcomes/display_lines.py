"""A paragraph's translation, spread over the lines it is shown in."""

from collections.abc import Sequence
from itertools import accumulate

from pipeline.language.scripts import is_unspaced


def spread_over_lines(text: str, lengths: Sequence[int]) -> list[str]:
    """A paragraph's translation over the lines it came from, for display.

    Words stay whole, where there are words; each line gets about the share of the text
    that its own `length` is of all of them. The parts, joined with spaces (with nothing,
    in scripts without), are the text.
    """
    units, glue = (list(text), "") if is_unspaced(text) else (text.split(" "), " ")
    whole = sum(map(len, units))
    shares = list(accumulate(max(1, length) for length in lengths))
    ends = [share / shares[-1] * whole for share in shares]
    lines: list[list[str]] = [[] for _ in lengths]
    line, placed = 0, 0.0
    for unit in units:
        # A word goes where its middle falls.
        while line < len(lengths) - 1 and placed + len(unit) / 2 > ends[line]:
            line += 1
        lines[line].append(unit)
        placed += len(unit)
    return [glue.join(each) for each in lines]
