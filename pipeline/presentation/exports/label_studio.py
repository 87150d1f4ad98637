"""Documents as Label Studio tasks with predictions (https://labelstud.io/guide/predictions).

They fit the OCR template: tags named `bbox`, `label` and `transcription` on an image named `image`.
"""

import json
import math
from collections.abc import Iterable, Iterator
from typing import Any
from urllib.parse import quote

from pipeline.models import Line, PageText
from pipeline.outcomes.document_reader import Document


def render(documents: Iterable[Document]) -> Iterator[bytes]:
    """A JSON array with a task for each page, ready for Label Studio's import."""
    separator = b"[\n"
    for document in documents:
        for page in document.pages:
            task = json.dumps(_task(document, page), ensure_ascii=False)
            yield separator + task.encode("utf-8", "backslashreplace")
            separator = b",\n"
    yield b"[]\n" if separator == b"[\n" else b"\n]\n"


def picture_address(document: Document) -> str:
    """`gs://`, or Label Studio's address of a local file (document root `/`)."""
    if document.source.bucket.startswith("/"):
        path = f"{document.source.bucket}/{document.source.name}".lstrip("/")
        return f"/data/local-files/?d={quote(path, errors='surrogatepass')}"
    return document.source.uri


def _task(document: Document, page: PageText) -> dict[str, Any]:
    lines = [line for paragraph in page.paragraphs for line in paragraph.lines]
    confidence = sum(line.confidence for line in lines) / max(1, len(lines))
    return {
        "data": {
            "image": picture_address(document),
            "uri": document.source.uri,
            "name": document.source.name,
            "page": page.index + 1,
        },
        "predictions": [
            {
                "model_version": document.fingerprint,
                "score": round(confidence, 4),
                "result": [
                    result
                    for number, line in enumerate(lines, 1)
                    for result in _region(f"l{number}", line, page)
                ],
            }
        ],
    }


def _region(identifier: str, line: Line, page: PageText) -> Iterator[dict[str, Any]]:
    """A rectangle, its label and its text, joined by their id; places in percent of the page."""
    a, b, _, d = line.polygon
    # Label Studio turns a rectangle clockwise round its top left.
    rectangle = {
        "x": 100 * a[0] / page.width,
        "y": 100 * a[1] / page.height,
        "width": 100 * math.dist(a, b) / page.width,
        "height": 100 * math.dist(a, d) / page.height,
        "rotation": math.degrees(math.atan2(b[1] - a[1], b[0] - a[0])) % 360,
    }
    for kind, name, value in (
        ("rectangle", "bbox", {}),
        ("labels", "label", {"labels": ["Text"]}),
        ("textarea", "transcription", {"text": [line.text]}),
    ):
        yield {
            "id": identifier,
            "type": kind,
            "from_name": name,
            "to_name": "image",
            "original_width": page.width,
            "original_height": page.height,
            "image_rotation": 0,
            "value": rectangle | value,
            **({"score": line.confidence} if kind == "textarea" else {}),
        }
