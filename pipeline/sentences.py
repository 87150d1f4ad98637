"""Long texts in pieces that can be translated by themselves; pure."""

import re

_CLOSING = r"['\")\]\u00bb\u201d\u2019\u300d\u300f]*"  # quotes and brackets after the mark
_BREAKS = (
    re.compile(rf"[.!?\u2026]{_CLOSING}\s+|[\u3002\uff01\uff1f\uff0e]{_CLOSING}\s*|\n+"),
    re.compile(r"\s+"),
)


def split_text(text: str, limit: int) -> list[str]:
    """Pieces of at most `limit` code points which, joined, are the text again.

    Cut after a sentence where there is one, else after white space, else anywhere.
    """
    pieces: list[str] = []
    start = 0
    while len(text) - start > limit:
        end = next(
            (ends[-1] for pattern in _BREAKS if (ends := _ends(pattern, text, start, limit))),
            start + limit,
        )
        pieces.append(text[start:end])
        start = end
    if text[start:] or not pieces:
        pieces.append(text[start:])
    return pieces


def _ends(pattern: re.Pattern[str], text: str, start: int, limit: int) -> list[int]:
    return [match.end() for match in pattern.finditer(text, start, start + limit)]
