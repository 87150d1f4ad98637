"""Character error rate of read lines, by kind of line.

Spaces do not count, and neither does the width of a Japanese letter.
"""

import unicodedata
from collections import Counter
from collections.abc import Sequence

from tests.support.drawn_lines import DrawnLine


def error_rates(lines: Sequence[DrawnLine], read: Sequence[str]) -> dict[str, float]:
    """Kind of line, and "all" -> edits a true character (Levenshtein), at most 1 a line."""
    edits, length = Counter[str](), Counter[str]()
    for line, text in zip(lines, read, strict=True):
        true = _comparable(line.text)
        wrong = min(len(true), distance(true, _comparable(text)))
        for kind in (line.kind, "all"):
            edits[kind] += wrong
            length[kind] += len(true)
    return {kind: edits[kind] / length[kind] for kind in length}


def distance(one: str, other: str) -> int:
    """Levenshtein distance: insertions, deletions and replacements."""
    row = list(range(len(other) + 1))
    for i, left in enumerate(one, 1):
        previous, row[0] = row[0], i
        for j, right in enumerate(other, 1):
            previous, row[j] = row[j], min(row[j] + 1, row[j - 1] + 1, previous + (left != right))
    return row[-1]


def _comparable(text: str) -> str:
    return "".join(unicodedata.normalize("NFKC", text).split())
