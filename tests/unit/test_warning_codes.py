"""The registry of warning codes, and the two places that list it for readers."""

import re
from pathlib import Path

from pipeline.models import WarningCode
from pipeline.outcomes import document

README = (Path(__file__).parents[2] / "README.md").read_text("utf-8")
CODES = {str(code) for code in WarningCode}


def test_the_schema_names_each_warning_code() -> None:
    """Given the registry, when the schema is read, then it lists exactly the same codes."""
    description = document.schema()["properties"]["warnings"]["description"]
    assert set(re.findall(r"[a-z]+(?:_[a-z]+)+", description)) == CODES


def test_the_readme_has_a_row_for_each_warning_code() -> None:
    """Given the registry, when the README is read, then its table has exactly a row
    for each code.
    """
    table = README.partition("\n| code | meaning |\n|---|---|\n")[2].partition("\n\n")[0]
    rows = [line.split("|")[1].strip() for line in table.splitlines()]
    assert sorted(rows) == sorted(f"`{code}`" for code in CODES)
