"""Entries: the values that the gallery shows of a document."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pipeline.models import Paragraph
from pipeline.outcomes.document_reader import Document
from pipeline.presentation.exports.characters import printable
from pipeline.presentation.report.advice import Advice, error_advice, warning_advice
from pipeline.presentation.report.shown_names import shown_name
from pipeline.presentation.report.totals import number_of

_GOOD, _FAIR = 0.9, 0.7
_EXCERPT_CHARACTERS = 120


@dataclass(frozen=True, slots=True)
class Confidence:
    """A confidence for people: whole percent, rounded down, and `good`, `fair` or `poor`."""

    percent: int
    level: str

    @classmethod
    def of(cls, confidence: float) -> "Confidence":
        """The view of a confidence from 0 to 1."""
        level = "good" if confidence >= _GOOD else "fair" if confidence >= _FAIR else "poor"
        return cls(int(confidence * 100), level)


@dataclass(frozen=True, slots=True)
class ShownPicture:
    """A picture of a page, or the reason why there is none."""

    href: str = ""
    problem: str = ""


@dataclass(frozen=True, slots=True)
class Entry:
    """A document in the gallery."""

    identifier: str
    href: str
    thumbnail: ShownPicture
    name: str
    status: str
    languages: tuple[str, ...]
    targets: tuple[str, ...]
    pages: int
    is_wide: bool
    lines: int
    lowest: Confidence | None
    warnings: tuple[str, ...]
    error: str
    text: str
    translation: str
    total_ms: float


def entry_of(document: Document, *, identifier: str, href: str, thumbnail: ShownPicture) -> Entry:
    """The gallery's view of a document."""
    content = document.content
    paragraphs = document.paragraphs
    confidences = [line.confidence for each in paragraphs for line in each.lines]
    failure = failure_of(content)
    first = next(iter(paragraphs), None)
    translated = next(iter(first.translations.values()), None) if first else None
    return Entry(
        identifier=identifier,
        href=href,
        thumbnail=thumbnail,
        name=shown_name(document.source.name),
        status=str(document.status),
        languages=_languages(paragraphs),
        targets=tuple(map(printable, document.target_languages)),
        pages=len(document.pages),
        is_wide=any(page.width > 1.5 * page.height for page in document.pages[:1]),
        lines=len(confidences),
        lowest=Confidence.of(min(confidences)) if confidences else None,
        warnings=tuple(dict.fromkeys(each.code for each in warnings_of(content))),
        error=failure.code if failure else "",
        text=_excerpt(first.text if first else ""),
        translation=_excerpt(translated.text if translated else ""),
        total_ms=number_of(mapping_of(content.get("timings_ms")).get("total")),
    )


def search_text(document: Document) -> str:
    """Everything that the gallery's search looks through: name, text and translations."""
    translations = (
        translation.text
        for paragraph in document.paragraphs
        for translation in paragraph.translations.values()
    )
    texts = (document.source.name, *(p.text for p in document.paragraphs), *translations)
    return printable("\n".join(texts))


def warnings_of(content: Mapping[str, Any]) -> Iterator[Advice]:
    """The warnings of a document, with their remedies."""
    listed = content.get("warnings")
    for each in listed if isinstance(listed, list) else ():
        raw = mapping_of(each)
        yield warning_advice(printable(str(raw.get("code"))), printable(str(raw.get("message"))))


def failure_of(content: Mapping[str, Any]) -> Advice | None:
    """The failure of a document, if it failed."""
    if "error" not in content:
        return None
    raw = mapping_of(content["error"])
    return error_advice(printable(str(raw.get("code"))), printable(str(raw.get("message"))))


def mapping_of(raw: object) -> Mapping[str, Any]:
    """An object of the JSON; an empty one for anything else."""
    return raw if isinstance(raw, Mapping) else {}


def _languages(paragraphs: Sequence[Paragraph]) -> tuple[str, ...]:
    """The languages by the number of their paragraphs."""
    found = [each.language for each in paragraphs if each.language != "und"]
    return tuple(
        printable(each) for each in sorted(set(found), key=lambda each: (-found.count(each), each))
    )


def _excerpt(text: str) -> str:
    cut = text if len(text) <= _EXCERPT_CHARACTERS else f"{text[:_EXCERPT_CHARACTERS]}…"
    return printable(cut)
