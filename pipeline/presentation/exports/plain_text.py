"""A document as plain text: a paragraph a line, an empty line between pages."""

from pipeline.outcomes.document_reader import Document
from pipeline.presentation.exports.characters import printable


def render(document: Document) -> bytes:
    """UTF-8; a line break inside a paragraph becomes a space."""
    pages = (
        "".join(f"{printable(' '.join(p.text.splitlines()))}\n" for p in page.paragraphs)
        for page in document.pages
    )
    return "\n".join(filter(None, pages)).encode()
