"""Views: the values that the templates show of a document, with nothing left to compute."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pipeline.models import Line, PageText, Paragraph, Polygon
from pipeline.outcomes.document_reader import Document, line_translations
from pipeline.presentation.exports.characters import printable
from pipeline.presentation.report.advice import Advice, error_advice, warning_advice
from pipeline.presentation.report.overlay import OverlayText, place_text
from pipeline.presentation.report.shown_names import shown_name
from pipeline.presentation.report.totals import Stage, number_of, stages

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


def entry_of(document: Document, *, identifier: str, href: str, thumbnail: ShownPicture) -> Entry:
    """The gallery's view of a document."""
    content = document.content
    paragraphs = document.paragraphs
    confidences = [line.confidence for each in paragraphs for line in each.lines]
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
        warnings=tuple(dict.fromkeys(each.code for each in _warnings(content))),
        error=_failure(content).code if "error" in content else "",
        text=_excerpt(first.text if first else ""),
        translation=_excerpt(translated.text if translated else ""),
        total_ms=number_of(_mapping(content.get("timings_ms")).get("total")),
    )


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
        warnings=tuple(_warnings(content)),
        failure=_failure(content) if "error" in content else None,
        stages=stages(_mapping(content.get("timings_ms"))),
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


def search_text(document: Document) -> str:
    """Everything that the gallery's search looks through: name, text and translations."""
    translations = (
        translation.text
        for paragraph in document.paragraphs
        for translation in paragraph.translations.values()
    )
    texts = (document.source.name, *(p.text for p in document.paragraphs), *translations)
    return printable("\n".join(texts))


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


def _languages(paragraphs: Sequence[Paragraph]) -> tuple[str, ...]:
    """The languages by the number of their paragraphs."""
    found = [each.language for each in paragraphs if each.language != "und"]
    return tuple(
        printable(each) for each in sorted(set(found), key=lambda each: (-found.count(each), each))
    )


def _facts(document: Document) -> Iterator[tuple[str, str]]:
    source = _mapping(document.content.get("source"))
    engine = _mapping(document.content.get("engine"))
    usage = _mapping(document.content.get("usage"))
    uploaded = source.get("uploaded_at")
    yield "OCR", _engine(_mapping(engine.get("ocr")))
    yield "translator", _engine(_mapping(engine.get("translator")))
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


def _warnings(content: Mapping[str, Any]) -> Iterator[Advice]:
    for each in content.get("warnings") or ():
        raw = _mapping(each)
        yield warning_advice(printable(str(raw.get("code"))), printable(str(raw.get("message"))))


def _failure(content: Mapping[str, Any]) -> Advice:
    raw = _mapping(content["error"])
    return error_advice(printable(str(raw.get("code"))), printable(str(raw.get("message"))))


def _excerpt(text: str) -> str:
    cut = text if len(text) <= _EXCERPT_CHARACTERS else f"{text[:_EXCERPT_CHARACTERS]}…"
    return printable(cut)


def _mapping(raw: object) -> Mapping[str, Any]:
    return raw if isinstance(raw, Mapping) else {}
