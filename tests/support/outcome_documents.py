"""Outcome documents for tests: made of lines of text, written as the service writes them."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path

from pipeline.models import (
    Line,
    ObjectRef,
    Outcome,
    PageText,
    Paragraph,
    Status,
    Translation,
    Upload,
)
from pipeline.outcomes.document import document_name, render, to_document
from pipeline.outcomes.document_reader import Document, parse_document

WIDTH, HEIGHT = 400, 300


def outcome(
    texts: Sequence[str],
    *,
    name: str = "a.png",
    bucket: str = "uploads",
    translations: Mapping[str, Sequence[str]] | None = None,
    language: str = "es",
) -> Outcome:
    """One page of 400 x 300 pixels; each text is a paragraph, each of its lines 20 pixels high."""
    paragraphs, top = [], 10.0
    for index, text in enumerate(texts):
        lines = []
        for each in text.split("\n"):
            polygon = ((10.0, top), (210.0, top), (210.0, top + 20), (10.0, top + 20))
            lines.append(Line(each, 0.9, polygon))
            top += 30
        translated = {
            target: Translation(values[index], "fake")
            for target, values in (translations or {}).items()
        }
        polygon = (*lines[0].polygon[:2], *lines[-1].polygon[2:])
        paragraphs.append(
            Paragraph(" ".join(text.split("\n")), polygon, tuple(lines), language, 1.0, translated)
        )
    page = PageText(0, WIDTH, HEIGHT, 0, tuple(paragraphs))
    upload = Upload(ObjectRef(bucket, name, 7), 100)
    status = Status.TRANSLATED if texts else Status.NO_TEXT
    targets = tuple(translations or {})
    return Outcome(upload, status, "fingerprint", (page,), target_languages=targets)


def document(texts: Sequence[str], **changes: object) -> Document:
    """The document of `outcome`, as a reader finds it; escapes let any text through."""
    content = json.dumps(to_document(outcome(texts, **changes)))  # type: ignore[arg-type]
    return parse_document(content.encode())


def write_documents(folder: Path, *outcomes: Outcome) -> Path:
    """Writes each beside the others, under the names that a results bucket has."""
    for each in outcomes:
        path = folder / document_name(each.upload.ref.name)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(render(each))
    return folder
