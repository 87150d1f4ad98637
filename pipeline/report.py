"""Outcome documents as a table for people."""

from collections.abc import Mapping, Sequence
from typing import Any

from rich.table import Table
from rich.text import Text

_STYLES = {"translated": "green", "no_text": "yellow", "failed": "red"}


def outcome_table(documents: Sequence[Mapping[str, Any]]) -> Table:
    """Object, status, language, lines, first line and its translation, milliseconds."""
    table = Table(header_style="bold", expand=False)
    table.add_column("object", overflow="ellipsis", no_wrap=True, max_width=28)
    table.add_column("status", no_wrap=True)
    table.add_column("language", no_wrap=True)
    table.add_column("lines", justify="right")
    table.add_column("first line", overflow="ellipsis", no_wrap=True, max_width=34)
    table.add_column("translation", overflow="ellipsis", no_wrap=True, max_width=34)
    table.add_column("ms", justify="right")
    for document in sorted(documents, key=lambda d: str(d["source"]["name"])):
        paragraphs = [p for page in document["pages"] for p in page["paragraphs"]]
        told = _telling(paragraphs)
        status = str(document["status"])
        table.add_row(
            Text(str(document["source"]["name"])),
            Text(status, style=_STYLES[status]),
            Text(_language(paragraphs)),
            str(sum(len(page["lines"]) for page in document["pages"])),
            Text(str(told["text"]) if told else _failure(document)),
            Text(_translation(told) if told else ""),
            f"{document['timings_ms'].get('total', 0):.0f}",
        )
    return table


def _telling(paragraphs: Sequence[Mapping[str, Any]]) -> Mapping[str, Any] | None:
    """The first paragraph that was translated, else the first."""
    translated = [p for p in paragraphs if p["translations"]]
    return next(iter(translated or paragraphs), None)


def _translation(paragraph: Mapping[str, Any]) -> str:
    return str(next((t["text"] for t in paragraph["translations"].values()), "—"))


def _language(paragraphs: Sequence[Mapping[str, Any]]) -> str:
    languages = [str(p["language"]) for p in paragraphs if p["language"] != "und"]
    return max(set(languages), key=lambda code: (languages.count(code), code), default="")


def _failure(document: Mapping[str, Any]) -> str:
    return str(document["error"]["code"]) if "error" in document else ""
