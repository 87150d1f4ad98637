"""Documents as CSV (RFC 4180): one row for each line of text."""

import csv
import io
import json
import tempfile
import unicodedata
from collections.abc import Iterable, Iterator, Sequence

from pipeline.outcomes.document_reader import Document, line_translations
from pipeline.presentation.exports.characters import printable

_BEFORE = ("uri", "page", "paragraph", "text", "language")
_AFTER = ("confidence", "box")
_FORMULA_STARTS = "=+-@\t\r\n"


def render(documents: Iterable[Document]) -> Iterator[bytes]:
    """A header, then a row for each line; one column for each target language of any document.

    `page` counts from 1, `box` holds x1 y1 ... x4 y4 in pixels. A cell that a spreadsheet would
    take for a formula gets a leading apostrophe.
    """
    languages: dict[str, None] = {}
    # The header needs every document's languages; the rows wait on disk, so memory is bounded.
    with tempfile.TemporaryFile("w+", encoding="ascii") as rows:
        for document in documents:
            for before, translations, after in _rows(document):
                languages.update(dict.fromkeys(translations))
                rows.write(json.dumps([before, translations, after]) + "\n")
        rows.seek(0)
        yield _encoded([*_BEFORE, *(f"translation_{each}" for each in languages), *_AFTER])
        for row in rows:
            before, translations, after = json.loads(row)
            yield _encoded([*before, *(translations.get(each, "") for each in languages), *after])


def defused(cell: str) -> str:
    """`cell`, with an apostrophe before it where a spreadsheet would run it as a formula."""
    # Some spreadsheets take the full-width forms of these signs too.
    first = unicodedata.normalize("NFKC", cell[:1])
    return f"'{cell}" if cell and first in _FORMULA_STARTS else cell


def _rows(document: Document) -> Iterator[tuple[list[str], dict[str, str], list[str]]]:
    uri = document.source.uri
    number = 0
    for page in document.pages:
        for paragraph in page.paragraphs:
            number += 1
            parts = {
                language: line_translations(paragraph, language)
                for language in document.target_languages
            }
            for index, line in enumerate(paragraph.lines):
                box = " ".join(f"{value:g}" for point in line.polygon for value in point)
                yield (
                    [uri, str(page.index + 1), f"p{number}", line.text, paragraph.language],
                    {language: texts[index] for language, texts in parts.items()},
                    [f"{line.confidence:.4f}", box],
                )


def _encoded(cells: Sequence[str]) -> bytes:
    row = io.StringIO()
    csv.writer(row, lineterminator="\r\n").writerow([defused(printable(cell)) for cell in cells])
    return row.getvalue().encode()
