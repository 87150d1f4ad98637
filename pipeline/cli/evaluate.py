"""`image-translation evaluate`: how well documents agree with a truth."""

import sys
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from pipeline.cli.skipped import SkippedDocuments
from pipeline.errors import ConfigurationError, UsageError
from pipeline.operations.documents import Location, index_documents, read_documents
from pipeline.presentation.exports.output_files import check_target


def evaluate(
    truth: Annotated[
        Path, typer.Argument(help="folder of NAME.txt or NAME.csv, or a Label Studio export")
    ],
    documents: Annotated[str, typer.Argument(help="a folder of documents, or gs://BUCKET/PREFIX")],
    *,
    compare: Annotated[
        str | None, typer.Option(help="another engine's documents of the same pictures")
    ] = None,
    fail_under: Annotated[
        list[str] | None,
        typer.Option(help="a word F1 such as 0.95, or MEASURE=VALUE; for cer and wer the most"),
    ] = None,
    fail_if_worse: Annotated[
        bool, typer.Option(help="exit 1 where the word F1 is below the compared engine's")
    ] = False,
    ignore_case: Annotated[
        bool, typer.Option(help="for cer and wer, where the truth is in capitals")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="print JSON")] = False,
    html: Annotated[Path | None, typer.Option(help="a page with the differences coloured")] = None,
    force: Annotated[bool, typer.Option(help="overwrite the page")] = False,
) -> None:
    """Error rates, word F1, detection and reading order against a truth, by language."""
    _check_installed()
    from pipeline.cli import evaluation  # noqa: PLC0415 - the extra `evaluate`

    if fail_if_worse and not compare:
        raise UsageError("--fail-if-worse goes with --compare: name the other documents")
    limits = dict(evaluation.parse_limit(text) for text in fail_under or [])
    if html:
        check_target(html, force=force)
    console = Console(stderr=True)
    skipped = SkippedDocuments(console)
    truths = evaluation.load_truths(truth)
    stream = read_documents(Location.parse(documents), skipped)
    other = index_documents(Location.parse(compare), skipped) if compare else None
    systems = (documents, compare) if compare else (documents,)
    images = evaluation.evaluate(stream, truths, other, ignore_case=ignore_case)
    totals = evaluation.summarise(images, systems, html, force=force)
    if not totals.images:
        raise UsageError(f"no document in {documents} has a truth in {truth}")
    unused = truths.unused()
    if as_json:
        sys.stdout.write(evaluation.json_report(totals, systems, unused))
    else:
        Console().print(evaluation.table(totals, systems))
    if unused:
        names = ", ".join(unused[:5]) + (", ..." if len(unused) > 5 else "")
        skipped.note(f"{len(unused)} truths have no document: {names}")
    failures = evaluation.failures(totals, limits, fail_if_worse=fail_if_worse)
    for failure in failures:
        console.print(failure, style="red", markup=False)
    if failures:
        raise typer.Exit(1)
    skipped.exit_if_any()


def _check_installed() -> None:
    try:
        import rapidfuzz  # noqa: F401, PLC0415 - the extra `evaluate`
        import shapely  # noqa: F401, PLC0415 - the same
    except ImportError as error:
        raise ConfigurationError(
            f"evaluate needs the package {error.name}: type"
            " `pip install 'image-translation[evaluate]'`"
        ) from error
