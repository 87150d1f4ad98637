"""`image-translation report`: documents as a gallery that a browser opens from disk."""

from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from pipeline.cli.picture_source import FoundPictures
from pipeline.cli.skipped import SkippedDocuments
from pipeline.errors import ImageTranslationError
from pipeline.images.library_messages import silence_decoders
from pipeline.operations.documents import Location, read_documents
from pipeline.presentation.report.pages import Gallery
from pipeline.presentation.report.shown_names import shown_name
from pipeline.presentation.report.writer import INDEX, write_report


def report(
    documents: Annotated[str, typer.Argument(help="a folder of documents, or gs://BUCKET/PREFIX")],
    out: Annotated[Path, typer.Option(help="folder the report is written to")],
    *,
    images: Annotated[
        Path | None, typer.Option(help="folder of the images, where they are no longer in place")
    ] = None,
    force: Annotated[bool, typer.Option(help="overwrite files that exist")] = False,
) -> None:
    """Write a gallery of documents and their images, and a page for each."""
    console = Console(stderr=True)
    skipped = SkippedDocuments(console)
    location = Location.parse(documents)
    pictures = FoundPictures(location.path, images=images)
    count = _write(location, documents, out, pictures, skipped, force=force)
    console.print(f"{count} documents in {out / INDEX}", markup=False, soft_wrap=True)
    skipped.exit_if_any()


def report_beside(documents: Path, files: Mapping[str, Path]) -> Path:
    """Writes the report of a folder of documents into it; returns the page to open.

    `files` are the images by object name; those of other documents are where these say.

    Raises:
        UsageError: the disk does not take a file.
    """
    out = documents / "report"
    skipped = SkippedDocuments(Console(stderr=True))
    pictures = FoundPictures(documents, files=files)
    _write(Location(documents), str(documents), out, pictures, skipped, force=True)
    return out / INDEX


def _write(
    location: Location,
    title: str,
    out: Path,
    pictures: FoundPictures,
    skipped: SkippedDocuments,
    *,
    force: bool,
) -> int:
    silence_decoders()
    unreadable: list[tuple[str, str]] = []

    def skip(place: str, error: ImageTranslationError) -> None:
        skipped(place, error)
        unreadable.append((shown_name(place), str(error)))

    return write_report(
        read_documents(location, skip),
        out,
        gallery=Gallery(shown_name(title), f"made {datetime.now(UTC):%Y-%m-%d %H:%M} UTC"),
        source=pictures,
        unreadable=unreadable,
        force=force,
    )
