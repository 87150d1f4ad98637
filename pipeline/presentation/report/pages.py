"""Renders the HTML pages from their views; every value is escaped."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined

from pipeline.presentation.report.entries import Entry
from pipeline.presentation.report.totals import Totals
from pipeline.presentation.report.views import ImageView

ASSETS: Mapping[str, str] = {
    "icon.svg": "image/svg+xml",
    "report.css": "text/css; charset=utf-8",
    "report.js": "text/javascript; charset=utf-8",
}
"""The files that the pages need beside them, and their content types."""

POLICY = (
    "default-src 'none'; img-src 'self'; style-src 'self'; script-src 'self';"
    " base-uri 'none'; form-action 'self'"
)
"""The Content-Security-Policy of every page: nothing from elsewhere, nothing inline."""


@dataclass(frozen=True, slots=True)
class Gallery:
    """The gallery around its entries.

    `search` is the address of the texts to search. `prefix`, `action` and `next` are for a
    gallery that lists a bucket piece by piece; `prefix` is None for a whole one.
    """

    title: str
    made_at: str = ""
    search: str = "search.js"
    prefix: str | None = None
    action: str = ""
    next: str = ""


@dataclass(frozen=True, slots=True)
class Neighbours:
    """The addresses of the gallery and of the images before and after one; "" for none."""

    gallery: str
    previous: str = ""
    next: str = ""


def gallery_page(
    gallery: Gallery,
    entries: Sequence[Entry],
    totals: Totals,
    unreadable: Sequence[tuple[str, str]],
    *,
    assets: str = "",
    policy: str = "",
) -> bytes:
    """The page with a card for each entry; `unreadable` are places and reasons."""
    return _render(
        "gallery.html",
        gallery=gallery,
        statuses=sorted({entry.status for entry in entries}),
        languages=sorted({language for entry in entries for language in entry.languages}),
        warnings=sorted({code for entry in entries for code in entry.warnings}),
        entries=entries,
        totals=totals,
        unreadable=unreadable,
        assets=assets,
        policy=policy,
    )


def image_page(
    image: ImageView, neighbours: Neighbours, *, assets: str = "", policy: str = ""
) -> bytes:
    """The page of one image."""
    return _render(
        "image.html",
        image=image,
        gallery_href=neighbours.gallery,
        previous=neighbours.previous,
        next=neighbours.next,
        assets=assets,
        policy=policy,
    )


def problem_page(
    title: str, reason: str, remedy: str, *, gallery: str, assets: str, policy: str = ""
) -> bytes:
    """A page that says why another one cannot be shown."""
    return _render(
        "problem.html",
        title=title,
        reason=reason,
        remedy=remedy,
        gallery_href=gallery,
        assets=assets,
        policy=policy,
    )


def search_script(texts: Mapping[str, str]) -> bytes:
    """The script that gives the gallery its texts to search, by the entries' identifiers."""
    # Escaped so that the file means the same wherever it is read.
    encoded = json.dumps(texts).replace("<", "\\u003c")
    return f"receiveTexts({encoded});\n".encode()


def asset(name: str) -> bytes:
    """The content of one of `ASSETS`."""
    return files(__package__ or "").joinpath("assets", name).read_bytes()


@cache
def _environment() -> Environment:
    return Environment(
        loader=PackageLoader("pipeline.presentation.report"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def _render(template: str, **values: Any) -> bytes:
    return _environment().get_template(template).render(values).encode("utf-8", "replace")
