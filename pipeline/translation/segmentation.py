"""Long texts in pieces that can be translated by themselves; pure."""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

from pipeline.language.text_forms import SENTENCE_BREAK, SENTENCE_END

_WHITE_SPACE = re.compile(r"\s+")
_BREAKS = (SENTENCE_BREAK, _WHITE_SPACE)


@dataclass(frozen=True, slots=True)
class Piece:
    """A part of the text at `index`: `core` without the white space around it."""

    index: int
    before: str
    core: str
    after: str


def cut(
    texts: Iterable[str], limit: int, *, after: Literal["limit", "line", "sentence"] = "limit"
) -> list[Piece]:
    """The texts in pieces of at most `limit` code points, in order.

    Pieces are as long as the limit allows, or a line, or a sentence each; what is longer
    is cut after a sentence, else after white space, else anywhere. A text without
    anything to translate has blank pieces or none.
    """
    return [
        _piece(index, part)
        for index, text in enumerate(texts)
        for unit in _UNITS[after](text)
        for part in split_text(unit, limit)
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


def _lines(text: str) -> list[str]:
    return text.splitlines(keepends=True)


def _sentences(text: str) -> list[str]:
    sentences: list[str] = []
    for line in _lines(text):
        starts = [0, *(match.end() for match in SENTENCE_END.finditer(line)), len(line)]
        sentences += (line[start:end] for start, end in pairwise(starts))
    return sentences


_UNITS: Mapping[str, Callable[[str], list[str]]] = {
    "limit": lambda text: [text],
    "line": _lines,
    "sentence": _sentences,
}


def _piece(index: int, text: str) -> Piece:
    core = text.strip()
    start = text.index(core)
    return Piece(index, text[:start], core, text[start + len(core) :])


def _ends(pattern: re.Pattern[str], text: str, start: int, limit: int) -> list[int]:
    return [match.end() for match in pattern.finditer(text, start, start + limit)]
