"""`image-translation export`: documents as files of another format."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import closing
from functools import cache
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from pipeline.cli.skipped import SkippedDocuments
from pipeline.errors import ObjectGoneError, PermanentError, UsageError
from pipeline.models import ObjectRef
from pipeline.operations.documents import Location, read_documents
from pipeline.outcomes.document_reader import Document, in_language
from pipeline.presentation.exports.formats import (
    COLLECTION_FORMATS,
    FILE_FORMATS,
    CollectionRender,
    FileFormat,
    check_installed,
)
from pipeline.presentation.exports.output_files import check_target, complete_file
from pipeline.presentation.exports.pictures import StoredPictures
from pipeline.stores.base import Store
from pipeline.stores.directory import DirectoryStore, path_of

_MAX_PIXELS = 1_000_000_000
_FORMATS = " ".join([*COLLECTION_FORMATS, *FILE_FORMATS])


def export(
    documents: Annotated[str, typer.Argument(help="a folder of documents, or gs://BUCKET/PREFIX")],
    format_name: Annotated[str, typer.Option("--format", help=f"one of: {_FORMATS}")],
    out: Annotated[
        Path,
        typer.Option(
            help=f"a file for {', '.join(COLLECTION_FORMATS)};"
            f" a folder for {', '.join(FILE_FORMATS)}"
        ),
    ],
    *,
    language: Annotated[
        str | None, typer.Option(help="a target language in place of the original text")
    ] = None,
    pictures: Annotated[
        Path | None, typer.Option(help="folder of the pictures, where they are no longer in place")
    ] = None,
    force: Annotated[bool, typer.Option(help="overwrite files that exist")] = False,
) -> None:
    """Write documents in another format, one document in memory at a time."""
    if language and format_name in COLLECTION_FORMATS:
        raise UsageError(f"--language goes with {', '.join(FILE_FORMATS)}: {format_name} has all")
    console = Console(stderr=True)
    skipped = SkippedDocuments(console)
    stream = read_documents(Location.parse(documents), skipped)
    if format_name in COLLECTION_FORMATS:
        count = _write_one(COLLECTION_FORMATS[format_name], stream, out, force=force)
    elif format_name in FILE_FORMATS:
        check_installed(format_name)
        check_target(out, force=force)
        translated = (in_language(each, language) for each in stream) if language else stream
        each_format = FILE_FORMATS[format_name]
        with closing(_stored(pictures)) as stored:
            count = _write_each(each_format, translated, stored, out, skipped, force=force)
    else:
        raise UsageError(f"--format {format_name!r} is unknown: name one of {_FORMATS}")
    console.print(f"{count} documents exported to {out}", markup=False, soft_wrap=True)
    skipped.exit_if_any()


def _write_one(
    render: CollectionRender, documents: Iterable[Document], out: Path, *, force: bool
) -> int:
    count = 0

    def counted() -> Iterator[Document]:
        nonlocal count
        for document in documents:
            count += 1
            yield document

    with complete_file(out, force=force) as file:
        file.writelines(render(counted()))
    return count


def _write_each(
    file_format: FileFormat,
    documents: Iterable[Document],
    pictures: StoredPictures,
    folder: Path,
    skipped: SkippedDocuments,
    *,
    force: bool,
) -> int:
    count = 0
    for document in documents:
        if not document.pages:
            skipped.note(f"left out {document.source.uri}: its status is {document.status}")
            continue
        try:
            content = file_format.render(document, pictures)
        except (ObjectGoneError, PermanentError) as error:
            skipped(document.source.uri, error)
            continue
        path = path_of(str(folder), document.source.name + file_format.suffix)
        with complete_file(path, force=force) as file:
            file.write(content)
        count += 1
    return count


def _stored(folder: Path | None) -> StoredPictures:
    """The pictures where the documents say, or below `folder` by their object names."""
    return StoredPictures(
        (lambda source: _read(folder, source)) if folder else _downloader(),
        max_pixels=_MAX_PIXELS,
    )


def _read(folder: Path, source: ObjectRef) -> bytes:
    try:
        return path_of(str(folder), source.name).read_bytes()
    except OSError as error:
        raise ObjectGoneError(f"its picture {folder / source.name} is not there") from error


def _downloader() -> Callable[[ObjectRef], bytes]:
    from pipeline.stores.gcs import GcsStore  # noqa: PLC0415 - loads the cloud clients

    cloud = cache(GcsStore.from_environment)

    def download(source: ObjectRef) -> bytes:
        store: Store = DirectoryStore() if source.bucket.startswith("/") else cloud()
        try:
            return store.download(source)
        except ObjectGoneError as error:
            raise ObjectGoneError(
                f"{error}; if its picture is elsewhere, type --pictures FOLDER"
            ) from error

    return download
