"""The README's tables against the settings and the measured peaks."""

import json
import re
from pathlib import Path

from jsonschema import Draft202012Validator

from pipeline.config import Settings
from pipeline.ocr import memory_estimate
from pipeline.outcomes.document import schema

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text("utf-8")


def test_the_readme_lists_every_setting_with_its_default() -> None:
    """Given the settings, the README's table has a row for each, with its default."""
    rows = {
        cells[1].strip(): cells[2].strip()
        for line in README.splitlines()
        if line.startswith("| ") and (cells := line.split("|"))[1].strip().isupper()
    }
    assert rows == {
        name.upper(): shown(field.default) for name, field in Settings.model_fields.items()
    }


def shown(default: object) -> str:
    if default is None:
        return "none"
    if isinstance(default, tuple):
        return ",".join(default)
    return str(default) if not str(default).startswith("Pydantic") else "required"


def test_the_table_printed_at_start_is_the_readmes() -> None:
    """Given the memory table, the row a service prints at its start says the same."""
    table = README.partition("| memory | stock")[2].partition("\n\n")[0]
    rows = [[cell.strip() for cell in line.split("|")] for line in table.splitlines()]
    mebibytes = {"MiB": 1, "GiB": 1024}
    limits = [(*row[1].split(), row[4]) for row in rows if row[1:2] and "iB" in row[1]]
    peaks = {int(limit) * mebibytes[unit]: peak for limit, unit, peak in limits}
    assert peaks.keys() == memory_estimate.PROVEN.keys()
    for limit, peak in memory_estimate.PROVEN.items():
        assert peaks[limit].startswith(f"{peak} %")
    assert memory_estimate.proven(3 * 2**30) == memory_estimate.proven(2 * 2**30)
    assert "1024 MiB is the least" in memory_estimate.proven(2**29)


def test_the_tests_that_the_readme_names_exist() -> None:
    """Given the promises of the README, each test file that they name is in tests/."""
    files = {path.name: path for path in (ROOT / "tests").rglob("test_*.py")}
    named = re.findall(r"`(tests/[\w/]+\.py|test_\w+\.py)`", README)
    assert len(named) > 10
    for name in named:
        assert (ROOT / name).is_file() if "/" in name else name in files, name


def test_the_example_is_a_valid_document_and_holds_the_excerpt() -> None:
    """Given docs/example.json, then it is valid, and the README's excerpt stands in it."""
    example = json.loads((ROOT / "docs" / "example.json").read_text("utf-8"))
    Draft202012Validator(schema()).validate(example)
    excerpt = json.loads(README.partition("```json\n")[2].partition("```")[0])
    assert excerpt in example["pages"][0]["paragraphs"]
