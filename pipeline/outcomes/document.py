"""The JSON document of an outcome, schema version 1, and its object name."""

import hashlib
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from importlib.resources import files
from itertools import count
from typing import Any

from pipeline.models import Line, Outcome, PageText, Paragraph, Translation
from pipeline.outcomes.display_lines import spread_over_lines

SCHEMA_VERSION = 1

_encode = json.JSONEncoder(ensure_ascii=False).encode
CONTENT_TYPE = "application/json; charset=utf-8"

_LONGEST_OBJECT_NAME = 1024
"""UTF-8 bytes; https://cloud.google.com/storage/docs/objects#naming"""

KEPT_BYTES = _LONGEST_OBJECT_NAME - len("~0123456789abcdef.json") - 3
"""A document's name begins with at least this many bytes of a longer object name: a character
of up to four bytes that does not fit is left out whole."""

_SHORTENED = re.compile(r"~[0-9a-f]{16}$")


class OneLine(list[Any]):
    """An array that `render` writes on one line; other arrays get one line for each item."""


def schema() -> dict[str, Any]:
    """The JSON Schema of the documents."""
    text = files("pipeline").joinpath(f"schema/outcome-{SCHEMA_VERSION}.json").read_text("utf-8")
    parsed: dict[str, Any] = json.loads(text)
    return parsed


def document_name(object_name: str) -> str:
    """`<object name>.json`; see `result_name`."""
    return result_name(object_name, ".json")


def result_name(object_name: str, suffix: str) -> str:
    """`<object name><suffix>`; a name that is too long is shortened and gets a digest.

    A name that has the form of a shortened one is shortened too, so two objects never
    share a document.
    """
    name = f"{object_name}{suffix}"
    length = len(name.encode())
    looks_shortened = length > _LONGEST_OBJECT_NAME - 4 and _SHORTENED.search(object_name)
    if length <= _LONGEST_OBJECT_NAME and not looks_shortened:
        return name
    digest = hashlib.sha256(object_name.encode()).hexdigest()[:16]
    ending = f"~{digest}{suffix}"
    kept = object_name.encode()[: _LONGEST_OBJECT_NAME - len(ending)].decode("utf-8", "ignore")
    return kept + ending


def render(outcome: Outcome) -> bytes:
    """The document as UTF-8 JSON, indented for people."""
    return _indented(to_document(outcome), "\n").encode() + b"\n"


def _indented(value: Any, line: str) -> str:
    """As `json.dumps(indent=2)`, except for `OneLine`; `line` is a line feed and the indent."""
    if isinstance(value, OneLine):
        return _encode(value)
    inner = line + "  "
    if isinstance(value, Mapping) and value:
        items = (f"{_encode(key)}: {_indented(each, inner)}" for key, each in value.items())
        return "{" + inner + f",{inner}".join(items) + line + "}"
    if isinstance(value, list) and value:
        return "[" + inner + f",{inner}".join(_indented(each, inner) for each in value) + line + "]"
    return _encode(value)


def to_document(outcome: Outcome) -> dict[str, Any]:
    """The document as values that `json` can write."""
    upload = outcome.upload
    paragraphs = [p for page in outcome.pages for p in page.paragraphs]
    identifiers = (f"p{number}" for number in count(1)), (f"l{number}" for number in count(1))
    document: dict[str, Any] = {
        "schema_version": SCHEMA_VERSION,
        "status": str(outcome.status),
        "source": {
            "uri": upload.ref.uri,
            "bucket": upload.ref.bucket,
            "name": upload.ref.name,
            "generation": str(upload.ref.generation),
            "content_type": upload.content_type,
            "size": upload.size,
            "crc32c": upload.crc32c,
            "uploaded_at": upload.uploaded_at.isoformat() if upload.uploaded_at else None,
        },
        "pages": [_page(page, *identifiers) for page in outcome.pages],
        "text": "\n".join(p.text for p in paragraphs),
        "translations": {
            language: "\n".join(_translated(p, language) for p in paragraphs)
            for language in outcome.target_languages
            if any(language in p.translations for p in paragraphs)
        },
        "engine": {**outcome.engine, "fingerprint": outcome.fingerprint},
        "timings_ms": {name: round(value, 1) for name, value in outcome.timings_ms.items()},
        "usage": {
            "characters_translated": outcome.characters_translated,
            "characters_billed": outcome.characters_billed,
        },
        "warnings": [{"code": str(w.code), "message": w.message} for w in outcome.warnings],
    }
    if outcome.exports:
        document["exports"] = dict(outcome.exports)
    if outcome.renderings:
        document["renderings"] = [
            {"language": each.language, "page": each.page, "uri": each.uri}
            for each in outcome.renderings
        ]
    if outcome.error:
        document["error"] = {
            "code": outcome.error.code,
            "message": outcome.error.message,
            "attempts": outcome.error.attempts,
        }
    return document


def _translated(paragraph: Paragraph, language: str) -> str:
    translation = paragraph.translations.get(language)
    return translation.text if translation else paragraph.text


def _page(page: PageText, paragraph_ids: Iterator[str], line_ids: Iterator[str]) -> dict[str, Any]:
    paragraphs, lines = [], []
    for paragraph in page.paragraphs:
        identifier = next(paragraph_ids)
        paragraph_lines = [_line(line, next(line_ids), identifier) for line in paragraph.lines]
        lines += paragraph_lines
        paragraphs.append(
            {
                "id": identifier,
                "text": paragraph.text,
                "language": paragraph.language,
                "language_confidence": round(paragraph.language_confidence, 3),
                "polygon": OneLine(paragraph.polygon),
                "lines": OneLine(line["id"] for line in paragraph_lines),
                "translations": {
                    language: _translation(translation, paragraph.lines)
                    for language, translation in paragraph.translations.items()
                },
            }
        )
    return {
        "index": page.index,
        "width": page.width,
        "height": page.height,
        "frames_skipped": page.frames_skipped,
        "paragraphs": paragraphs,
        "lines": lines,
    }


def _line(line: Line, identifier: str, paragraph: str) -> dict[str, Any]:
    return {
        "id": identifier,
        "text": line.text,
        "confidence": round(line.confidence, 4),
        "polygon": OneLine(line.polygon),
        "paragraph": paragraph,
    }


def _translation(translation: Translation, lines: Sequence[Line]) -> dict[str, Any]:
    rendered: dict[str, Any] = {"text": translation.text, "engine": translation.engine}
    if len(lines) > 1:
        # For programs that draw the translation over the image, line by line.
        rendered["lines"] = spread_over_lines(translation.text, [len(line.text) for line in lines])
    if translation.via:
        rendered["via"] = translation.via
    if translation.glossary:
        rendered["glossary"] = True
    return rendered
