"""Documents and pictures for the tests of the report and the review page."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from io import BytesIO
from pathlib import Path
from typing import Any

from PIL import Image, ImageDraw

from pipeline.models import (
    Failure,
    Line,
    ObjectRef,
    Outcome,
    OutcomeWarning,
    PageText,
    Paragraph,
    Polygon,
    Status,
    Translation,
    Upload,
    WarningCode,
)
from pipeline.outcomes.document import document_name, to_document

SIZE = (400, 300)
DAMAGED = b"\x89PNG\r\n\x1a\nbroken"
INK, GROUND = (200, 20, 20), (245, 245, 240)
BOX = (60, 40, 180, 80)
"""Left, top, right and bottom of the first line, which the picture shows in INK."""


def picture(
    size: tuple[int, int] = SIZE, *, format_name: str = "PNG", orientation: int = 1
) -> bytes:
    """A picture with a box of INK at BOX as a person sees it, stored in an EXIF orientation."""
    upright = Image.new("RGB", size, GROUND)
    ImageDraw.Draw(upright).rectangle(BOX, fill=INK)
    undo = {
        2: Image.Transpose.FLIP_LEFT_RIGHT,
        3: Image.Transpose.ROTATE_180,
        4: Image.Transpose.FLIP_TOP_BOTTOM,
        5: Image.Transpose.TRANSPOSE,
        6: Image.Transpose.ROTATE_90,
        7: Image.Transpose.TRANSVERSE,
        8: Image.Transpose.ROTATE_270,
    }
    stored = upright.transpose(undo[orientation]) if orientation > 1 else upright
    exif = Image.Exif()
    exif[0x0112] = orientation
    stream = BytesIO()
    stored.save(
        stream, format_name, exif=exif, **({"quality": 95} if format_name == "JPEG" else {})
    )
    return stream.getvalue()


def box(left: float, top: float, right: float, bottom: float) -> Polygon:
    return ((left, top), (right, top), (right, bottom), (left, bottom))


def paragraph(
    *texts: str,
    language: str = "es",
    confidence: float = 0.97,
    polygons: Sequence[Polygon] | None = None,
    translations: Mapping[str, str | Translation] | None = None,
) -> Paragraph:
    """A paragraph of those lines, the first of them at BOX."""
    left, top, right, bottom = BOX
    height = bottom - top
    places = polygons or [
        box(left, top + 1.5 * height * row, right, bottom + 1.5 * height * row)
        for row in range(len(texts))
    ]
    lines = tuple(Line(text, confidence, place) for text, place in zip(texts, places, strict=True))
    translated = {
        target: Translation(each, "fake") if isinstance(each, str) else each
        for target, each in (translations or {}).items()
    }
    return Paragraph(" ".join(texts), lines[0].polygon, lines, language, 0.99, translated)


def outcome(
    name: str,
    *pages: Sequence[Paragraph],
    bucket: str = "uploads",
    generation: int = 7,
    size: tuple[int, int] = SIZE,
    bytes_: int = 0,
    warnings: Sequence[OutcomeWarning] = (),
) -> Outcome:
    """The outcome of an upload with those pages."""
    texts = tuple(
        PageText(index, *size, 0, tuple(paragraphs)) for index, paragraphs in enumerate(pages)
    )
    targets = dict.fromkeys(
        target for page in pages for each in page for target in each.translations
    )
    found = any(pages)
    return Outcome(
        Upload(ObjectRef(bucket, name, generation), bytes_ or len(picture(size))),
        Status.TRANSLATED if found else Status.NO_TEXT,
        "0123456789abcdef",
        texts,
        target_languages=tuple(targets),
        engine={"ocr": {"name": "fake", "version": "1"}, "translator": {"name": "fake"}},
        timings_ms={"queued": 900.0, "download": 4, "ocr": 180, "translate": 40.5, "total": 240},
        characters_translated=50,
        characters_billed=40,
        warnings=tuple(warnings),
    )


def failed(
    name: str,
    code: str = "corrupt_image",
    message: str = "the PNG is damaged",
    bytes_: int = len(DAMAGED),
) -> Outcome:
    """The outcome of an upload that failed."""
    return replace(
        outcome(name, bytes_=bytes_),
        status=Status.FAILED,
        pages=(),
        error=Failure(code, message, 1),
    )


def write(folder: Path, *outcomes: Outcome, **changes: object) -> None:
    """Writes each document under its name; `changes` are further fields of the JSON."""
    for each in outcomes:
        path = (
            folder / document_name(each.upload.ref.name).replace("/", "_").replace("\0", "_")[-150:]
        )
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps({**to_document(each), **changes}), "utf-8")


def corpus() -> list[tuple[Outcome, bytes | None]]:
    """Documents of every kind that a gallery shows, each with its picture or without one."""
    capped = OutcomeWarning(WarningCode.UNSUPPORTED_PAIR, "fake does not translate from ja to en")
    found: list[tuple[Outcome, Any]] = [
        (
            outcome(
                "signs/danger.png",
                [
                    paragraph("PELIGRO", translations={"en": "DANGER", "de": "GEFAHR"}),
                    paragraph(
                        "Prohibido el paso",
                        "a toda persona",
                        polygons=[box(60, 120, 260, 150), box(60, 160, 260, 190)],
                        translations={
                            "en": Translation(
                                "No entry to anybody", "fake", via="fr", glossary=True
                            ),
                            "de": "Kein Zutritt",
                        },
                    ),
                ],
            ),
            picture(),
        ),
        (
            outcome(
                "menu.jpg",
                [
                    paragraph(
                        "Crème brûlée",
                        language="fr",
                        confidence=0.72,
                        translations={"en": "Burnt cream"},
                    )
                ],
                bytes_=len(picture(format_name="JPEG", orientation=6)),
            ),
            picture(format_name="JPEG", orientation=6),
        ),
        (
            outcome(
                "arabic.png",
                [
                    paragraph(
                        "مرحبا بالعالم",
                        language="ar",
                        confidence=0.55,
                        translations={"en": "Hello world"},
                    )
                ],
            ),
            picture(),
        ),
        (
            outcome(
                "hebrew.png",
                [paragraph("Exit", language="en", translations={"he": "יציאה מכאן"})],
            ),
            picture(),
        ),
        (outcome("station.png", [paragraph("駅", language="ja")], warnings=[capped]), picture()),
        (outcome("blank.png", []), picture()),
        (failed("broken.png"), DAMAGED),
        (
            failed("given-up.png", "attempts_exhausted", "20 deliveries failed", len(picture())),
            picture(),
        ),
        (outcome("gone.png", [paragraph("Hola", translations={"en": "Hello"})]), None),
    ]
    return found
