"""The parts of `image-translation evaluate` that need the extra `evaluate`: input, table, JSON."""

import json
import tempfile
from collections.abc import Iterable, Mapping
from pathlib import Path

from rich.box import SIMPLE_HEAD
from rich.table import Table

from pipeline.errors import UsageError
from pipeline.operations.evaluation.evaluate import ALL, EvaluatedImage, Totals, evaluate
from pipeline.operations.evaluation.label_studio_truth import LabelStudioExport
from pipeline.operations.evaluation.page import DifferencesPage, shown
from pipeline.operations.evaluation.scores import LOWER_IS_BETTER, MEASURES
from pipeline.operations.evaluation.truth import TruthFolder, Truths
from pipeline.presentation.exports.output_files import complete_file

__all__ = [
    "evaluate",
    "failures",
    "json_report",
    "load_truths",
    "parse_limit",
    "summarise",
    "table",
]


def load_truths(path: Path) -> Truths:
    """The truth of a folder, or of a Label Studio export.

    Raises:
        UsageError: there is none.
    """
    if not path.exists():
        raise UsageError(f"{path} does not exist: name a folder of truth or a Label Studio export")
    return TruthFolder.scan(path) if path.is_dir() else LabelStudioExport.load(path)


def parse_limit(text: str) -> tuple[str, float]:
    """`0.95` for the word F1, or `MEASURE=VALUE`.

    Raises:
        UsageError: it is neither.
    """
    name, _, value = text.rpartition("=")
    name = name or "word_f1"
    try:
        limit = float(value)
    except ValueError:
        limit = float("nan")
    if name not in MEASURES or limit != limit:  # noqa: PLR0124 - not a number
        raise UsageError(
            f"--fail-under {text!r}: type a number, or MEASURE=NUMBER with one of"
            f" {', '.join(MEASURES)}"
        )
    return name, limit


def summarise(
    images: Iterable[EvaluatedImage], systems: tuple[str, ...], html: Path | None, *, force: bool
) -> Totals:
    """The totals; with `html`, the page of differences is written too.

    Raises:
        UsageError: the page cannot be written.
    """
    totals = Totals()
    if html is None:
        for image in images:
            totals.add(image)
        return totals
    with (
        complete_file(html, force=force) as file,
        tempfile.TemporaryFile("w+", encoding="utf-8", errors="replace") as differences,
    ):
        page = DifferencesPage(differences)
        for image in images:
            totals.add(image)
            page.add(image)
        page.save(file, totals.rows(), systems)
    return totals


def failures(totals: Totals, limits: Mapping[str, float], *, fail_if_worse: bool) -> list[str]:
    """A sentence for each measure that does not reach its limit."""
    first, *others = totals.rows()[ALL]
    found = []
    for name, limit in limits.items():
        value = first.measures()[name]
        lower = name in LOWER_IS_BETTER
        if value is None or (value > limit if lower else value < limit):
            wanted = "at most" if lower else "at least"
            found.append(f"{name} is {shown(value)}, and {wanted} {limit} is asked for")
    if fail_if_worse and (first.word_f1 or 0) < (others[0].word_f1 or 0):
        found.append(
            f"word_f1 is {shown(first.word_f1)}, the compared engine's {shown(others[0].word_f1)}"
        )
    return found


def table(totals: Totals, systems: tuple[str, ...]) -> Table:
    """A row for each language and system."""
    found = Table(box=SIMPLE_HEAD, header_style="bold", padding=(0, 1, 0, 0))
    found.add_column("language", no_wrap=True)
    if len(systems) > 1:
        found.add_column("documents", overflow="fold")
    for name in ("images", *MEASURES):
        found.add_column(name, justify="right", no_wrap=True)
    for language, scores in totals.rows().items():
        for system, score in zip(systems, scores, strict=True):
            named = [system] if len(systems) > 1 else []
            measures = map(shown, score.measures().values())
            found.add_row(language, *named, str(score.images), *measures)
    return found


def json_report(totals: Totals, systems: tuple[str, ...], unused: list[str]) -> str:
    """Measures by language and by image, each with one entry for each system."""
    languages = {
        language: [
            {"documents": system, "images": score.images, **score.measures()}
            for system, score in zip(systems, scores, strict=True)
        ]
        for language, scores in totals.rows().items()
    }
    images = [
        {
            "name": name,
            "language": language,
            "measures": [score.measures() for score in scores],
        }
        for name, language, scores in totals.images
    ]
    report = {"languages": languages, "images": images, "truths_without_document": unused}
    return json.dumps(report, indent=2) + "\n"
