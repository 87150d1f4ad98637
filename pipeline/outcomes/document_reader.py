"""An outcome document's JSON, read back as data."""

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from pipeline.errors import InvalidDocumentError
from pipeline.models import Line, ObjectRef, PageText, Paragraph, Polygon, Status, Translation
from pipeline.outcomes.display_lines import spread_over_lines
from pipeline.outcomes.document import SCHEMA_VERSION


@dataclass(frozen=True, slots=True)
class Document:
    """An outcome document.

    `content` is the whole JSON, with optional fields that this program does not know.
    """

    source: ObjectRef
    status: Status
    fingerprint: str
    pages: tuple[PageText, ...]
    target_languages: tuple[str, ...]
    content: Mapping[str, Any] = field(repr=False)

    @property
    def paragraphs(self) -> tuple[Paragraph, ...]:
        """The paragraphs of all pages, in reading order."""
        return tuple(paragraph for page in self.pages for paragraph in page.paragraphs)


def parse_document(content: bytes) -> Document:
    """Reads a document of schema version 1.

    Raises:
        InvalidDocumentError: it is of another version, or no outcome document.
    """
    try:
        raw = json.loads(content, parse_constant=_refuse_constant)
    except (ValueError, RecursionError) as error:
        raise InvalidDocumentError(f"is not JSON: {error}") from error
    if not isinstance(raw, dict) or "schema_version" not in raw:
        raise InvalidDocumentError("is not an outcome document: it has no schema_version")
    if raw["schema_version"] != SCHEMA_VERSION:
        raise InvalidDocumentError(
            f"has schema version {str(raw['schema_version'])[:40]}; this program reads version"
            f" {SCHEMA_VERSION}: use the release that wrote it"
        )
    try:
        source = raw["source"]
        return Document(
            ObjectRef(_text(source["bucket"]), _text(source["name"]), int(source["generation"])),
            Status(raw["status"]),
            _text(raw["engine"]["fingerprint"]),
            tuple(_page(page) for page in raw["pages"]),
            tuple(raw["translations"]),
            raw,
        )
    except (KeyError, TypeError, ValueError, AttributeError, OverflowError) as error:
        reason = f"{type(error).__name__}: {error}"
        raise InvalidDocumentError(
            f"is not an outcome document of version {SCHEMA_VERSION}: {reason}"
        ) from error


def in_language(document: Document, language: str) -> Document:
    """The document with its translations into `language` in place of the original lines.

    Paragraphs without such a translation stay in the original.
    """
    return replace(
        document,
        pages=tuple(
            replace(page, paragraphs=tuple(_translated(p, language) for p in page.paragraphs))
            for page in document.pages
        ),
    )


def line_translations(paragraph: Paragraph, language: str) -> list[str]:
    """The share of each line in the paragraph's translation; empty texts where there is none."""
    translation = paragraph.translations.get(language)
    if translation is None:
        return [""] * len(paragraph.lines)
    return spread_over_lines(translation.text, [len(line.text) for line in paragraph.lines])


def _translated(paragraph: Paragraph, language: str) -> Paragraph:
    if language not in paragraph.translations:
        return paragraph
    texts = line_translations(paragraph, language)
    return replace(
        paragraph,
        text=paragraph.translations[language].text,
        language=language,
        lines=tuple(
            replace(line, text=text) for line, text in zip(paragraph.lines, texts, strict=True)
        ),
    )


def _page(raw: Mapping[str, Any]) -> PageText:
    lines = {line["id"]: _line(line) for line in raw["lines"]}
    width, height = int(raw["width"]), int(raw["height"])
    if width < 1 or height < 1:
        raise ValueError(f"page of {width} x {height} pixels")
    paragraphs = tuple(_paragraph(each, lines) for each in raw["paragraphs"])
    return PageText(int(raw["index"]), width, height, int(raw["frames_skipped"]), paragraphs)


def _paragraph(raw: Mapping[str, Any], lines: Mapping[str, Line]) -> Paragraph:
    own = tuple(lines[identifier] for identifier in raw["lines"])
    if not own:
        raise ValueError(f"paragraph {raw['id']} has no lines")
    return Paragraph(
        text=_text(raw["text"]),
        polygon=_polygon(raw["polygon"]),
        lines=own,
        language=_text(raw["language"]),
        language_confidence=float(raw["language_confidence"]),
        translations={
            language: Translation(
                _text(each["text"]),
                _text(each["engine"]),
                via=_text(each["via"]) if "via" in each else None,
                glossary=each.get("glossary") is True,
            )
            for language, each in raw["translations"].items()
        },
    )


def _line(raw: Mapping[str, Any]) -> Line:
    confidence = float(raw["confidence"])
    if not 0 <= confidence <= 1:
        raise ValueError(f"confidence {confidence} is not between 0 and 1")
    return Line(_text(raw["text"]), confidence, _polygon(raw["polygon"]))


def _polygon(raw: Any) -> Polygon:
    a, b, c, d = ((float(x), float(y)) for x, y in raw)
    if not all(math.isfinite(value) for point in (a, b, c, d) for value in point):
        raise ValueError(f"{raw} has no place on a page")
    return (a, b, c, d)


def _text(raw: object) -> str:
    if not isinstance(raw, str):
        raise TypeError(f"{raw!r} is not a text")
    return raw


def _refuse_constant(name: str) -> None:
    raise ValueError(f"{name} is not JSON")
