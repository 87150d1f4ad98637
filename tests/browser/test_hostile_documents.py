"""Hostile documents in Chromium: every payload is shown as text, and none runs."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from pipeline.cli.picture_source import FoundPictures
from pipeline.models import OutcomeWarning, PageText, WarningCode
from pipeline.operations.documents import Location, read_documents
from pipeline.outcomes.document import document_name, to_document
from pipeline.presentation.exports.characters import printable
from pipeline.presentation.report.pages import Gallery
from pipeline.presentation.report.shown_names import shown_name
from pipeline.presentation.report.writer import write_report
from tests.browser.watched import Watched
from tests.support.report_documents import box, failed, outcome, paragraph
from tests.support.service_process import serving
from tests.support.xss_payloads import PAYLOADS

FOREIGN = """() => [...document.querySelectorAll("*")].flatMap((element) => {
  const names = [...element.attributes].map((attribute) => attribute.name);
  const addresses = ["href", "src", "action", "data", "srcdoc", "xlink:href"]
    .map((name) => element.getAttribute(name) ?? "");
  const known = ["HTML", "HEAD", "META", "TITLE", "LINK", "SCRIPT", "BODY", "A", "HEADER", "DIV",
    "NAV", "H1", "H2", "H3", "P", "SPAN", "BUTTON", "MAIN", "SECTION", "IMG", "SVG", "RECT", "G",
    "POLYGON", "TEXT", "OL", "UL", "LI", "DL", "DT", "DD", "FOOTER", "KBD", "CODE", "BDI", "B",
    "FORM", "LABEL", "INPUT", "SELECT", "OPTION", "OUTPUT"].includes(element.tagName.toUpperCase());
  const bad = !known || names.some((name) => name.startsWith("on") || name === "style")
    || addresses.some((address) => !address.startsWith(location.origin + "/")
      && /^\\s*(javascript|data|https?|\\/\\/)/i.test(address));
  return bad ? [element.outerHTML.slice(0, 200)] : [];
})"""
"""The elements and attributes that no template of the project has."""

SHOWN = """() => ({
  name: document.querySelector("h1").textContent,
  title: document.title,
  text: document.querySelector(".lines p").textContent,
  translation: document.querySelector(".paragraph .translation").textContent,
  overlay: document.querySelector(".overlay text").textContent,
  message: document.querySelector(".notice .message").textContent,
  code: document.querySelector(".notice code").textContent,
  language: document.querySelector(".about span").textContent,
})"""


def hostile(payload: str) -> dict[str, Any]:
    """A document that has the payload in every text."""
    made = outcome(
        f"{payload}.png",
        [paragraph(payload, language=payload, translations={"en": payload})],
        warnings=[OutcomeWarning(WarningCode.UNSUPPORTED_PAIR, payload)],
    )
    content = to_document(made)
    content["warnings"][0]["code"] = payload
    content["source"]["uploaded_at"] = payload
    content["engine"]["ocr"]["name"] = payload
    content["pages"][0]["paragraphs"][0]["translations"]["en"]["engine"] = payload
    content["pages"][0]["paragraphs"][0]["translations"][payload] = {"text": "x", "engine": "y"}
    content["translations"][payload] = "x"
    content["renderings"] = [{"language": payload, "uri": payload}]
    return content


def failing() -> dict[str, Any]:
    """A failed document with a payload as its code, and all as codes and messages of warnings."""
    content = to_document(failed("failed.png", code=PAYLOADS[0], message=PAYLOADS[1]))
    content["warnings"] = [{"code": payload, "message": payload} for payload in PAYLOADS]
    return content


@dataclass(frozen=True, slots=True)
class Place:
    """The address of a gallery, and all that may be requested."""

    gallery: str
    home: str


@pytest.fixture(scope="module")
def on_disk(tmp_path_factory: pytest.TempPathFactory) -> Place:
    folder = tmp_path_factory.mktemp("hostile")
    for number, payload in enumerate(PAYLOADS):
        (folder / f"{number:03}.json").write_text(json.dumps(hostile(payload)), "utf-8")
    (folder / "failed.json").write_text(json.dumps(failing()), "utf-8")
    documents = read_documents(Location.parse(str(folder)), lambda *found: pytest.fail(str(found)))
    out = folder / "out"
    unreadable = [(payload, payload) for payload in PAYLOADS]
    write_report(
        documents,
        out,
        gallery=Gallery(PAYLOADS[0]),
        source=FoundPictures(folder, images=folder),
        unreadable=unreadable,
    )
    return Place((out / "index.html").as_uri(), out.as_uri())


@pytest.fixture(scope="module")
def in_buckets(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    with serving(tmp_path_factory.mktemp("review"), target="review") as service:
        results = service.client.bucket("results")
        for payload in PAYLOADS:
            content = hostile(payload)
            name = document_name(content["source"]["name"])
            results.blob(name).upload_from_string(json.dumps(content))
        yield Place(f"{service.url}/", f"{service.url}/")


def expected(payload: str) -> dict[str, str]:
    text = printable(payload)
    return {
        "name": shown_name(f"{payload}.png"),
        "title": re.sub(" +", " ", shown_name(f"{payload}.png")).strip(" "),
        "text": text,
        "translation": text,
        "overlay": text,
        "message": text,
        "code": text,
        "language": text,
    }


def test_there_are_at_least_fifty_payloads() -> None:
    """Given the corpus, then it has at least fifty payloads, each once."""
    assert len(set(PAYLOADS)) == len(PAYLOADS) >= 50


@pytest.mark.parametrize("place", ["on_disk", "in_buckets"])
def test_no_payload_runs_and_each_is_shown_as_text(
    watched: Watched, place: str, request: pytest.FixtureRequest
) -> None:
    """Given payloads in names, texts, translations, languages, engines, codes and messages,
    when gallery and pages open, then each is the text of its element and nothing else.
    """
    found: Place = request.getfixturevalue(place)
    watched.pictures_are_missing = True
    page = watched.open(found.gallery, found.home)
    seen: list[dict[str, str]] = []
    gallery: str | None = found.gallery
    while gallery:
        page.goto(gallery)
        assert page.evaluate(FOREIGN) == []
        pages = page.eval_on_selector_all(
            ".card:not([data-status=failed]) h3 a", "links => links.map(link => link.href)"
        )
        more = page.eval_on_selector_all("a[rel=next]", "links => links.map(link => link.href)")
        for address in pages:
            page.goto(address)
            assert page.evaluate(FOREIGN) == []
            seen.append(page.evaluate(SHOWN))
        gallery = more[0] if more else None
    key = json.dumps
    assert sorted(map(key, seen)) == sorted(key(expected(payload)) for payload in PAYLOADS)


def test_payloads_of_codes_and_messages_are_text(watched: Watched, on_disk: Place) -> None:
    """Given a failure and warnings with payloads as codes and messages, then the page shows
    each as text.
    """
    page = watched.open(on_disk.gallery, on_disk.home)
    page.get_by_role("link", name="failed.png", exact=True).click()
    page.wait_for_selector("body.image")
    assert page.evaluate(FOREIGN) == []
    texts = list(map(printable, PAYLOADS))
    assert page.locator(".notice code").all_text_contents() == [texts[0], *texts]
    assert page.locator(".notice .message").all_text_contents() == [texts[1], *texts]


def test_the_search_finds_a_payload_and_runs_none(watched: Watched, on_disk: Place) -> None:
    """Given payloads in the texts to search, when they are loaded, then one is found as text."""
    page = watched.open(on_disk.gallery, on_disk.home)
    page.fill("[name=text]", "+ADw-script+AD4-")
    page.locator("output", has_text=f"1 of {1 + len(PAYLOADS)}").wait_for()
    assert page.locator(".card:visible").count() == 1


def test_huge_and_odd_documents_stay_usable(watched: Watched, tmp_path: Path) -> None:
    """Given 10,000 lines, 200 pages, and 100,000 characters without a space, when opened on a
    telephone, then no page scrolls sideways and the keys work.
    """
    lines = [
        paragraph(f"línea {row}", polygons=[box(10, row / 40, 300, row / 40 + 8)])
        for row in range(10_000)
    ]
    page_of = PageText(0, 400, 300, 0, (paragraph("página", translations={"en": "page"}),))
    many = outcome("pages.tiff", [paragraph("x")])
    long = "\N{RIGHT-TO-LEFT OVERRIDE}" + "x" * 100_000
    documents = [
        outcome("lines.png", lines),
        replace(many, pages=tuple(replace(page_of, index=index) for index in range(200))),
        outcome(f"{'y' * 900}.png", [paragraph(long, translations={"en": long})]),
    ]
    for number, each in enumerate(documents):
        (tmp_path / f"{number}.json").write_text(json.dumps(to_document(each)), "utf-8")
    stream = read_documents(Location.parse(str(tmp_path)), lambda *found: pytest.fail(str(found)))
    out = tmp_path / "out"
    pictures = FoundPictures(tmp_path, images=tmp_path)
    assert write_report(stream, out, gallery=Gallery("odd"), source=pictures) == 3
    page = watched.open(out / "index.html")
    page.set_viewport_size({"width": 390, "height": 844})
    narrow = "document.documentElement.scrollWidth <= innerWidth"
    assert page.evaluate(narrow)
    addresses = page.eval_on_selector_all(".card h3 a", "links => links.map(link => link.href)")
    for address in addresses:
        page.goto(address)
        assert page.evaluate(narrow), address
        page.keyboard.press("ArrowDown")
        assert page.evaluate("document.activeElement.dataset.paragraph") == "1"
