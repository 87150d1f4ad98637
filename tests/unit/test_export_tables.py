"""JSON Lines, CSV, plain text and Label Studio tasks, with hostile text in all of them."""

import csv
import io
import json
import math
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.presentation.exports import csv_table, jsonl, label_studio, plain_text
from tests.support.outcome_documents import document

README = (Path(__file__).parents[2] / "README.md").read_text("utf-8")
HOSTILE = [
    '=HYPERLINK("http://127.0.0.1/","click")',
    "+1+1",
    "-2+3",
    "@SUM(1)",
    "\tx",
    "\rx",
    "\uff1d1+1",
]


def rows_of(*documents: object) -> list[dict[str, str]]:
    content = b"".join(csv_table.render(documents)).decode()  # type: ignore[arg-type]
    return list(csv.DictReader(io.StringIO(content, newline=""), strict=True))


def test_csv_has_a_row_for_each_line_and_a_column_for_each_target() -> None:
    """Given two documents with different targets, when exported, then each row has both columns."""
    first = document(["uno dos\ntres", "cuatro"], translations={"en": ["one two three", "four"]})
    second = document(["eins"], name="b.png", translations={"fr": ["un"]}, language="de")
    rows = rows_of(first, second)
    assert list(rows[0]) == [
        "uri",
        "page",
        "paragraph",
        "text",
        "language",
        "translation_en",
        "translation_fr",
        "confidence",
        "box",
    ]
    assert [(row["paragraph"], row["text"], row["translation_en"]) for row in rows] == [
        ("p1", "uno dos", "one two"),
        ("p1", "tres", "three"),
        ("p2", "cuatro", "four"),
        ("p1", "eins", ""),
    ]
    assert rows[3]["translation_fr"] == "un"
    assert rows[0]["box"] == "10 10 210 10 210 30 10 30"
    assert rows[0]["uri"] == "gs://uploads/a.png"


@pytest.mark.parametrize("text", HOSTILE)
def test_a_cell_that_a_spreadsheet_would_run_gets_an_apostrophe(text: str) -> None:
    """Given a text that begins like a formula, when exported, then a quote stands before it."""
    (row,) = rows_of(document([text.strip("\n")], translations={"en": [text]}))
    assert row["text"] == f"'{text}"
    assert row["translation_en"] == f"'{text}"


@settings(deadline=None)
@given(st.lists(st.text(alphabet=st.characters(exclude_characters="\n"), min_size=1), min_size=1))
def test_any_text_survives_csv_or_is_made_harmless(texts: list[str]) -> None:
    """Given any text, a strict reader gets one row a line, and no cell begins a formula."""
    rows = rows_of(document(texts))
    assert len(rows) == len(texts)
    assert not any(cell[:1] in set("=+-@\t\r\n") for row in rows for cell in row.values() if cell)


@settings(deadline=None)
@given(st.lists(st.text(min_size=1), max_size=3))
def test_json_lines_are_the_documents_with_any_text(texts: list[str]) -> None:
    """Given any text, each document is one line however a reader splits, and reads back whole."""
    found = document(texts)
    content = b"".join(jsonl.render([found, found])).decode()
    assert [json.loads(line) for line in content.splitlines()] == [found.content] * 2


def test_plain_text_has_a_paragraph_a_line() -> None:
    """Given paragraphs, one with a control character, the text has a clean line for each."""
    assert plain_text.render(document(["uno\ndos", "tres\x07"])).decode() == "uno dos\ntres\ufffd\n"


def test_label_studio_tasks_have_the_documented_form() -> None:
    """Given a line, its task has a rectangle, a label and a text that share one id."""
    (task,) = json.loads(b"".join(label_studio.render([document(["hola"])])))
    assert task["data"]["image"] == "gs://uploads/a.png"
    (prediction,) = task["predictions"]
    assert set(prediction) == {"model_version", "score", "result"}
    kinds = {each["type"]: each for each in prediction["result"]}
    assert set(kinds) == {"rectangle", "labels", "textarea"}
    assert len({each["id"] for each in prediction["result"]}) == 1
    for each in prediction["result"]:
        assert each["to_name"] == "image"
        assert (each["original_width"], each["original_height"]) == (400, 300)
        assert f'name="{each["from_name"]}"' in README
        value = each["value"]
        assert (value["x"], value["width"], value["rotation"]) == (2.5, 50.0, 0.0)
        assert math.isclose(value["y"], 100 * 10 / 300)
    assert kinds["textarea"]["value"]["text"] == ["hola"]
    assert kinds["labels"]["value"]["labels"] == ["Text"]


def test_no_documents_are_an_empty_array_for_label_studio() -> None:
    """Given no document, the export is JSON all the same."""
    assert json.loads(b"".join(label_studio.render([]))) == []
