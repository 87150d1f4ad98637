"""The translated pictures that a document names in its optional field `renderings`."""

from collections.abc import Iterator
from dataclasses import dataclass

from pipeline.outcomes.document_reader import Document


@dataclass(frozen=True, slots=True)
class Rendering:
    """A translated picture of a page; `page` is the page's index."""

    language: str
    uri: str
    page: int


def renderings_of(document: Document) -> Iterator[Rendering]:
    """The translated pictures; entries of another form are left out."""
    listed = document.content.get("renderings")
    for each in listed if isinstance(listed, list) else ():
        if not isinstance(each, dict):
            continue
        language, uri, page = each.get("language"), each.get("uri"), each.get("page", 0)
        if isinstance(language, str) and isinstance(uri, str) and isinstance(page, int):
            yield Rendering(language, uri, page)
