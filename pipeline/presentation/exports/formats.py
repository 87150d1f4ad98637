"""The formats that documents are exported to, by the name that `--format` and EXPORTS take."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass

from pipeline.errors import ConfigurationError
from pipeline.outcomes.document_reader import Document
from pipeline.presentation.exports import alto, csv_table, hocr, jsonl, label_studio, plain_text
from pipeline.presentation.exports.pictures import Pictures


@dataclass(frozen=True, slots=True)
class FileFormat:
    """A format with one file for each document; `suffix` follows the object's name.

    `render` takes no pictures where the format shows none.
    """

    suffix: str
    content_type: str
    render: Callable[[Document, Pictures | None], bytes]
    shows_picture: bool = False


CollectionRender = Callable[[Iterable[Document]], Iterator[bytes]]
"""Renders all documents into one file, piece by piece."""


def _pdf(document: Document, pictures: Pictures | None) -> bytes:
    assert pictures is not None
    from pipeline.presentation.exports import pdf  # noqa: PLC0415 - the extra `exports`

    return pdf.render(document, pictures)


FILE_FORMATS: Mapping[str, FileFormat] = {
    "text": FileFormat(".txt", "text/plain; charset=utf-8", lambda d, _: plain_text.render(d)),
    "hocr": FileFormat(".hocr", "text/html; charset=utf-8", lambda d, _: hocr.render(d)),
    "alto": FileFormat(".alto.xml", "application/xml", lambda d, _: alto.render(d)),
    "pdf": FileFormat(".pdf", "application/pdf", _pdf, shows_picture=True),
}

COLLECTION_FORMATS: Mapping[str, CollectionRender] = {
    "jsonl": jsonl.render,
    "csv": csv_table.render,
    "label-studio": label_studio.render,
}


def check_installed(name: str) -> None:
    """Checks that the libraries of a format are there.

    Raises:
        ConfigurationError: one is missing; the message has the command to type.
    """
    if name != "pdf":
        return
    try:
        import bidi  # noqa: F401, PLC0415 - the extra `exports`
        import pikepdf  # noqa: F401, PLC0415 - the same
    except ImportError as error:
        raise ConfigurationError(
            f"the format pdf needs the package {error.name}: type"
            " `pip install 'image-translation[exports]'`"
        ) from error
