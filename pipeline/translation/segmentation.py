"""Segmentation: splits texts into segments for translation and puts the answers together."""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

from pipeline.language.text_forms import SENTENCE_BREAK, SENTENCE_END

_WHITE_SPACE = re.compile(r"\s+")
_BREAKS = (SENTENCE_BREAK, _WHITE_SPACE)


@dataclass(frozen=True, slots=True)
class Segment:
    """A part of the text at `index`: `core`, and the white space `before` and `after` it."""

    index: int
    before: str
    core: str
    after: str


def segment_texts(
    texts: Iterable[str], limit: int, *, by: Literal["limit", "line", "sentence"] = "limit"
) -> list[Segment]:
    """Splits the texts into segments of at most `limit` code points, in order.

    A segment is one line, one sentence, or as long as the limit allows. Longer lines and
    sentences are split after a possible sentence end, else after white space, else anywhere.
    A blank text has only segments without a core, or none.
    """
    return [
        _segment(index, part)
        for index, text in enumerate(texts)
        for unit in _UNITS[by](text)
        for part in split_text(unit, limit)
    ]


def reassemble(count: int, segments: Sequence[Segment], answers: Iterable[str]) -> list[str]:
    """The `count` texts with each segment's core replaced by its answer; blank cores have none."""
    parts: list[list[str]] = [[] for _ in range(count)]
    remaining = iter(answers)
    for segment in segments:
        core = next(remaining) if segment.core else ""
        parts[segment.index] += (segment.before, core, segment.after)
    return ["".join(text_parts) for text_parts in parts]


def pack(contents: Iterable[str], *, strings: int, code_points: int) -> Iterator[list[str]]:
    """Packs the contents in order into batches within two limits: strings and code points."""
    batch: list[str] = []
    batch_code_points = 0
    for text in contents:
        if batch and (len(batch) == strings or batch_code_points + len(text) > code_points):
            yield batch
            batch, batch_code_points = [], 0
        batch.append(text)
        batch_code_points += len(text)
    if batch:
        yield batch


def split_text(text: str, limit: int) -> list[str]:
    """Splits the text into parts of at most `limit` code points, without losing a character."""
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


def _segment(index: int, text: str) -> Segment:
    core = text.strip()
    start = text.index(core)
    return Segment(index, text[:start], core, text[start + len(core) :])


def _ends(pattern: re.Pattern[str], text: str, start: int, limit: int) -> list[int]:
    return [match.end() for match in pattern.finditer(text, start, start + limit)]
