"""`image-translation evaluate`: its table, JSON, page and exit codes."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from pipeline.cli.commands import cli
from pipeline.errors import UsageError
from tests.support.outcome_documents import outcome, write_documents

RIGHT, WRONG = "PROHIBIDO EL PASO", "PROHIBIDO EL VASO"


@pytest.fixture
def folders(tmp_path: Path) -> tuple[Path, Path, Path]:
    """A truth, and the documents of an engine that reads it and of one that does not."""
    truth = tmp_path / "truth"
    truth.mkdir()
    (truth / "a.txt").write_text(RIGHT)
    good = write_documents(tmp_path / "good", outcome([RIGHT]))
    bad = write_documents(tmp_path / "bad", outcome([WRONG]))
    return truth, good, bad


def run(*arguments: object) -> Result:
    return CliRunner().invoke(cli, ["evaluate", *map(str, arguments)])


def test_json_has_every_measure_by_language_and_image(folders: tuple[Path, Path, Path]) -> None:
    """Given a document, the JSON has its measures in all, by language and by image."""
    truth, _, bad = folders
    result = run(truth, bad, "--json")
    assert result.exit_code == 0, result.output
    report = json.loads(result.stdout)
    (total,) = report["languages"]["all"]
    assert (total["images"], total["word_f1"]) == (1, pytest.approx(2 / 3))
    assert report["languages"]["es"] == report["languages"]["all"]
    assert report["images"][0]["name"] == "a.png"
    assert report["images"][0]["measures"][0]["cer"] == pytest.approx(1 / 17)


def test_two_engines_stand_side_by_side(folders: tuple[Path, Path, Path]) -> None:
    """Given --compare, each language has a figure for both, and so has the page."""
    truth, good, bad = folders
    page = truth.parent / "page.html"
    result = run(truth, good, "--compare", bad, "--json", "--html", page)
    report = json.loads(result.stdout)
    assert [each["word_f1"] for each in report["languages"]["all"]] == [1.0, pytest.approx(2 / 3)]
    content = page.read_text("utf-8")
    assert "<del>P</del><ins>V</ins>ASO" in content.replace("\n", "")


@pytest.mark.parametrize(
    ("options", "code"),
    [
        (["--fail-under", "0.6"], 0),
        (["--fail-under", "0.9"], 1),
        (["--fail-under", "cer=0.1"], 0),
        (["--fail-under", "cer=0.01"], 1),
        (["--fail-under", "precision=0.5"], 1),
    ],
)
def test_a_limit_that_is_not_reached_ends_with_1(
    folders: tuple[Path, Path, Path], options: list[str], code: int
) -> None:
    """Given limits, the exit code says whether all are reached; one that is not known is not."""
    truth, _, bad = folders
    assert run(truth, bad, *options).exit_code == code


def test_a_regression_ends_with_1(folders: tuple[Path, Path, Path]) -> None:
    """Given --fail-if-worse, only the worse of two engines fails against the other."""
    truth, good, bad = folders
    assert run(truth, bad, "--compare", good, "--fail-if-worse").exit_code == 1
    assert run(truth, good, "--compare", bad, "--fail-if-worse").exit_code == 0


def test_a_missing_document_of_the_other_engine_counts_as_nothing_read(
    folders: tuple[Path, Path, Path],
) -> None:
    """Given another engine without the document, its recall of words is nil."""
    truth, good, bad = folders
    next(bad.glob("*.json")).unlink()
    report = json.loads(run(truth, good, "--compare", bad, "--json").stdout)
    assert report["languages"]["all"][1]["word_f1"] == 0.0


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        (["--fail-if-worse"], "--fail-if-worse goes with --compare"),
        (["--fail-under", "high"], "type a number"),
        (["--fail-under", "beauty=1"], "type a number"),
    ],
)
def test_options_that_do_not_fit_are_refused(
    folders: tuple[Path, Path, Path], options: list[str], reason: str
) -> None:
    """Given an option that cannot be followed, the error says what to type."""
    result = run(*folders[:2], *options)
    assert isinstance(result.exception, UsageError)
    assert reason in str(result.exception)


def test_without_any_truth_there_is_an_error(folders: tuple[Path, Path, Path]) -> None:
    """Given documents of other images, the error says that none has a truth."""
    truth, good, _ = folders
    (truth / "a.txt").rename(truth / "other.txt")
    assert "no document in" in str(run(truth, good).exception)


def test_a_truth_without_document_is_reported(folders: tuple[Path, Path, Path]) -> None:
    """Given a truth more than documents, it is named."""
    truth, good, _ = folders
    (truth / "lost.txt").write_text("x")
    assert "1 truths have no document: lost" in run(truth, good).output


def test_a_page_is_not_overwritten(folders: tuple[Path, Path, Path]) -> None:
    """Given a page that exists, it is kept unless forced."""
    truth, good, _ = folders
    page = truth.parent / "page.html"
    page.write_text("before")
    assert isinstance(run(truth, good, "--html", page).exception, UsageError)
    assert page.read_text() == "before"
    assert run(truth, good, "--html", page, "--force").exit_code == 0
