"""Outcome documents as a table in the terminal."""

from collections.abc import Mapping, Sequence
from typing import Any

from rich.box import SIMPLE_HEAD
from rich.table import Table
from rich.text import Text

_STYLES = {"translated": "green", "no_text": "yellow", "failed": "red"}


def outcome_table(documents: Sequence[Mapping[str, Any]]) -> Table:
    """Object, status, language, lines, first line and its translation, milliseconds."""
    table = Table(box=SIMPLE_HEAD, header_style="bold", padding=(0, 1, 0, 0), expand=True)
    # On a narrow terminal only the columns with an ellipsis shrink.
    table.add_column("object", overflow="ellipsis", no_wrap=True, min_width=12, ratio=2)
    table.add_column("status", no_wrap=True, width=10)
    table.add_column("language", no_wrap=True, width=8)
    table.add_column("lines", justify="right", width=5)
    table.add_column("first line", overflow="ellipsis", no_wrap=True, min_width=12, ratio=3)
    table.add_column("translation", overflow="ellipsis", no_wrap=True, min_width=12, ratio=3)
    table.add_column("ms", justify="right", width=6)
    for document in sorted(documents, key=lambda d: str(d["source"]["name"])):
        paragraphs = [p for page in document["pages"] for p in page["paragraphs"]]
        shown = _paragraph_to_show(paragraphs)
        status = str(document["status"])
        table.add_row(
            _text(document["source"]["name"]),
            Text(status, style=_STYLES[status]),
            Text(_language(paragraphs)),
            str(sum(len(page["lines"]) for page in document["pages"])),
            _text(shown["text"] if shown else _failure(document)),
            _text(_translation(shown) if shown else ""),
            f"{document['timings_ms'].get('total', 0):.0f}",
        )
    return table


def _text(raw: object) -> Text:
    """Strips terminal escapes."""
    return Text("".join(c if c.isprintable() else "\ufffd" for c in str(raw)))


def _paragraph_to_show(paragraphs: Sequence[Mapping[str, Any]]) -> Mapping[str, Any] | None:
    """The first paragraph that its translation changes, else the first paragraph."""
    translated = [
        p for p in paragraphs if any(t["text"] != p["text"] for t in p["translations"].values())
    ]
    return next(iter(translated or paragraphs), None)


def _translation(paragraph: Mapping[str, Any]) -> str:
    return str(next((t["text"] for t in paragraph["translations"].values()), "—"))


def _language(paragraphs: Sequence[Mapping[str, Any]]) -> str:
    languages = [str(p["language"]) for p in paragraphs if p["language"] != "und"]
    return max(set(languages), key=lambda code: (languages.count(code), code), default="")


def _failure(document: Mapping[str, Any]) -> str:
    return str(document["error"]["code"]) if "error" in document else ""
