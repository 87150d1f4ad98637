"""Long texts in pieces that can be translated by themselves; pure."""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

_CLOSING = r"['\")\]\u00bb\u201d\u2019\u300d\u300f]*"  # quotes and brackets after the mark
_BREAKS = (
    re.compile(rf"[.!?\u2026]{_CLOSING}\s+|[\u3002\uff01\uff1f\uff0e]{_CLOSING}\s*|\n+"),
    re.compile(r"\s+"),
)


@dataclass(frozen=True, slots=True)
class Piece:
    """A part of the text at `index`: `core` without the white space around it."""

    index: int
    before: str
    core: str
    after: str


def cut(texts: Iterable[str], limit: int, *, by_line: bool = False) -> list[Piece]:
    """The texts in pieces of at most `limit` code points, in order.

    Cut after a sentence where there is one, else after white space, else anywhere; and,
    where asked, after every line. A text without pieces to translate has blank ones.
    """
    return [
        _piece(index, part)
        for index, text in enumerate(texts)
        for line in (text.splitlines(keepends=True) if by_line else [text])
        for part in split_text(line, limit)
    ]


def join(count: int, pieces: Sequence[Piece], answers: Iterable[str]) -> list[str]:
    """The `count` texts again, with an answer in the place of each core that is not blank."""
    parts: list[list[str]] = [[] for _ in range(count)]
    remaining = iter(answers)
    for piece in pieces:
        core = next(remaining) if piece.core else ""
        parts[piece.index] += (piece.before, core, piece.after)
    return ["".join(each) for each in parts]


def pack(contents: Iterable[str], *, strings: int, code_points: int) -> Iterator[list[str]]:
    """The contents in order, in batches as full as the two limits of a batch allow."""
    batch: list[str] = []
    held = 0
    for text in contents:
        if batch and (len(batch) == strings or held + len(text) > code_points):
            yield batch
            batch, held = [], 0
        batch.append(text)
        held += len(text)
    if batch:
        yield batch


def split_text(text: str, limit: int) -> list[str]:
    """Parts of at most `limit` code points which, joined, are the text again."""
    parts: list[str] = []
    start = 0
    while len(text) - start > limit:
        end = next(
            (ends[-1] for pattern in _BREAKS if (ends := _ends(pattern, text, start, limit))),
            start + limit,
        )
        parts.append(text[start:end])
        start = end
    return [*parts, text[start:]]


def shouts(text: str) -> bool:
    """Whether a text is all capitals, which engines read badly; one letter is no shouting."""
    return sum(map(str.isalpha, text)) > 1 and text == text.upper() != text.lower()


def _piece(index: int, text: str) -> Piece:
    core = text.strip()
    start = text.index(core)
    return Piece(index, text[:start], core, text[start + len(core) :])


def _ends(pattern: re.Pattern[str], text: str, start: int, limit: int) -> list[int]:
    return [match.end() for match in pattern.finditer(text, start, start + limit)]
