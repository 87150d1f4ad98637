"""docs/architecture.md describes the folders and functions that exist."""

import importlib
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "architecture.md").read_text("utf-8")
DRAWING = PAGE.partition("```mermaid")[2].partition("```")[0]
WALK = PAGE.partition("## One delivery")[2].partition("\n## ")[0]
FOLDERS = {"functions"} | {path.parent.name for path in ROOT.glob("pipeline/*/__init__.py")}


def test_the_drawing_shows_every_folder_and_no_other() -> None:
    """Given the drawing, when it is read, then its boxes are the folders of pipeline/
    and functions/.
    """
    assert set(re.findall(r'\["(\w+)/"\]', DRAWING)) == FOLDERS


def test_the_table_has_a_row_for_every_folder() -> None:
    """Given the table below the drawing, when it is read, then each folder has one row."""
    assert sorted(re.findall(r"^\| `(\w+)/` \|", PAGE, re.MULTILINE)) == sorted(FOLDERS)


@pytest.mark.parametrize("name", re.findall(r"`((?:pipeline|functions)\.[\w.]+)`", WALK))
def test_the_delivery_steps_name_functions_that_exist(name: str) -> None:
    """Given a function named in the steps of a delivery, when imported, then it exists."""
    *parts, last = name.split(".")
    modules = [part for part in parts if part.islower()]
    found: object = importlib.import_module(".".join(modules))
    for attribute in [*parts[len(modules) :], last]:
        found = getattr(found, attribute)
    assert callable(found)


def test_the_delivery_has_ten_steps_and_each_names_a_function() -> None:
    """Given the steps of one delivery, when they are read, then they are ten lines
    with a function each.
    """
    steps = re.findall(r"^\d+\. `((?:pipeline|functions)\.[\w.]+)`", WALK, re.MULTILINE)
    assert len(steps) == 10


def test_every_file_that_the_page_names_exists() -> None:
    """Given a path on the page, when looked up in pipeline/ or in the project, then it exists."""
    for name in re.findall(r"`([\w/]+\.(?:py|md|toml))`", PAGE):
        assert any(
            (ROOT / folder / name).exists()
            for folder in (".", "pipeline", "pipeline/translation", "pipeline/translation/engines")
        ), name
