"""Views: the values that the page of an image shows, with nothing left to compute."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pipeline.models import Line, PageText, Paragraph, Polygon
from pipeline.outcomes.document_reader import Document, line_translations
from pipeline.presentation.exports.characters import printable
from pipeline.presentation.report.advice import Advice
from pipeline.presentation.report.entries import (
    Confidence,
    Entry,
    ShownPicture,
    failure_of,
    mapping_of,
    warnings_of,
)
from pipeline.presentation.report.overlay import OverlayText, place_text
from pipeline.presentation.report.shown_names import shown_name
from pipeline.presentation.report.totals import Stage, number_of, stages


@dataclass(frozen=True, slots=True)
class LineView:
    """A line; `overlays` has its share of each translation by target language."""

    number: str
    text: str
    confidence: Confidence
    points: str
    overlays: Mapping[str, OverlayText]


@dataclass(frozen=True, slots=True)
class TranslationView:
    """A translation of a paragraph; `about` has its engine, its pivot and a glossary hit."""

    language: str
    text: str
    about: str
    glossary: bool


@dataclass(frozen=True, slots=True)
class ParagraphView:
    """A paragraph; `number` counts over all pages, in reading order."""

    number: int
    language: str
    lines: tuple[LineView, ...]
    translations: tuple[TranslationView, ...]


@dataclass(frozen=True, slots=True)
class PageView:
    """A page; `renderings` are its translated pictures by target language."""

    number: int
    width: int
    height: int
    picture: ShownPicture
    renderings: Mapping[str, str]
    paragraphs: tuple[ParagraphView, ...]

    @property
    def is_strip(self) -> bool:
        """Whether the page is so long that it is shown at its full width and scrolled."""
        return self.height > 3 * self.width


@dataclass(frozen=True, slots=True)
class ImageView:
    """A document on its page."""

    entry: Entry
    uri: str
    facts: tuple[tuple[str, str], ...]
    warnings: tuple[Advice, ...]
    failure: Advice | None
    stages: tuple[Stage, ...]
    pages: tuple[PageView, ...]


def image_view(
    document: Document,
    entry: Entry,
    *,
    pages: Sequence[PageText],
    picture: Callable[[PageText], ShownPicture],
    renderings: Callable[[PageText], Mapping[str, str]],
) -> ImageView:
    """The page's view of a document.

    `pages` are the document's own or, where it has none, those of its picture; the callables
    have their pictures.
    """
    content = document.content
    numbered = iter(range(1, 1 + len(document.paragraphs)))
    return ImageView(
        entry=entry,
        uri=shown_name(document.source.uri),
        facts=tuple(fact for fact in _facts(document) if fact[1]),
        warnings=tuple(warnings_of(content)),
        failure=failure_of(content),
        stages=stages(mapping_of(content.get("timings_ms"))),
        pages=tuple(
            PageView(
                page.index + 1,
                page.width,
                page.height,
                picture(page),
                renderings(page),
                tuple(_paragraph(each, next(numbered)) for each in page.paragraphs),
            )
            for page in pages
        ),
    )


def _paragraph(paragraph: Paragraph, number: int) -> ParagraphView:
    shares = {
        language: line_translations(paragraph, language) for language in paragraph.translations
    }
    return ParagraphView(
        number,
        printable(paragraph.language),
        tuple(
            _line(line, f"{number}-{index + 1}", {key: each[index] for key, each in shares.items()})
            for index, line in enumerate(paragraph.lines)
        ),
        tuple(
            TranslationView(
                printable(language),
                printable(each.text),
                printable(each.engine + (f" via {each.via}" if each.via else "")),
                each.glossary,
            )
            for language, each in paragraph.translations.items()
        ),
    )


def _line(line: Line, number: str, translations: Mapping[str, str]) -> LineView:
    return LineView(
        number,
        printable(line.text),
        Confidence.of(line.confidence),
        _points(line.polygon),
        {
            printable(language): place_text(text, line.polygon)
            for language, text in translations.items()
            if text.strip()
        },
    )


def _points(polygon: Polygon) -> str:
    return " ".join(f"{x:.1f},{y:.1f}" for x, y in polygon)


def _facts(document: Document) -> Iterator[tuple[str, str]]:
    source = mapping_of(document.content.get("source"))
    engine = mapping_of(document.content.get("engine"))
    usage = mapping_of(document.content.get("usage"))
    uploaded = source.get("uploaded_at")
    yield "OCR", _engine(mapping_of(engine.get("ocr")))
    yield "translator", _engine(mapping_of(engine.get("translator")))
    yield "characters translated", f"{number_of(usage.get('characters_translated')):,.0f}"
    yield "characters billed", f"{number_of(usage.get('characters_billed')):,.0f}"
    yield "size", f"{number_of(source.get('size')) / 1000:,.0f} kB"
    yield (
        "uploaded",
        printable(uploaded[:16].replace("T", " ")) if isinstance(uploaded, str) else "",
    )


def _engine(described: Mapping[str, Any]) -> str:
    return printable(
        " ".join(str(described[key]) for key in ("name", "version") if key in described)
    )
