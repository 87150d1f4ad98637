"""The review page in Chromium, on a real storage server."""

import json
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from pipeline.outcomes.document import document_name, to_document
from tests.browser.watched import Watched
from tests.support.report_documents import corpus, outcome, paragraph
from tests.support.service_process import Service, serving


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """A review page with the corpus in its buckets, and enough other documents for two pieces."""
    with serving(tmp_path_factory.mktemp("review"), target="review") as made:
        for each, content in corpus():
            generation = 7
            if content:
                blob = made.client.bucket("uploads").blob(each.upload.ref.name)
                blob.upload_from_string(content)
                generation = int(blob.generation)
            ref = replace(each.upload.ref, generation=generation)
            put(made, to_document(replace(each, upload=replace(each.upload, ref=ref))))
        for number in range(60):
            put(made, to_document(outcome(f"z/{number:02}.png", [paragraph(f"número {number}")])))
        yield made


def put(service: Service, content: dict[str, Any]) -> None:
    name = document_name(content["source"]["name"])
    service.client.bucket("results").blob(name).upload_from_string(json.dumps(content))


@pytest.fixture
def gallery(watched: Watched, service: Service) -> Any:
    return watched.open(f"{service.url}/?prefix=signs", f"{service.url}/")


def test_a_document_is_looked_at(gallery: Any) -> None:
    """Given a prefix, when its document is opened, then picture, places and texts are shown,
    the keys work, and the browser has nothing to complain about.
    """
    gallery.get_by_role("link", name="signs/danger.png").click()
    gallery.wait_for_selector("body.image")
    picture = gallery.locator("img.original")
    assert picture.evaluate("(image) => image.decode().then(() => image.naturalWidth)") == 400
    assert gallery.locator(".places polygon").count() == 3
    gallery.keyboard.press("t")
    assert gallery.locator(".overlay:visible text").first.text_content() == "DANGER"
    gallery.keyboard.press("g")
    gallery.wait_for_selector("body.gallery")
    assert "prefix=signs" in gallery.url


def test_pieces_follow_each_other(watched: Watched, service: Service) -> None:
    """Given sixty documents under a prefix, when the gallery goes on, then the rest is shown,
    and the arrows of an image follow the piece.
    """
    watched.pictures_are_missing = True
    page = watched.open(f"{service.url}/?prefix=z/", f"{service.url}/")
    assert page.locator(".card").count() == 48
    page.get_by_role("link", name="More").click()
    page.wait_for_selector("h3:has-text('z/59.png')")
    assert page.locator(".card").count() == 12
    page.get_by_role("link", name="z/58.png").click()
    page.wait_for_selector("h1:has-text('z/58.png')")
    page.keyboard.press("ArrowRight")
    page.wait_for_selector("h1:has-text('z/59.png')")


def test_the_prefix_is_typed_and_the_texts_are_searched(gallery: Any) -> None:
    """Given a gallery, when a prefix is typed and then a word, then the bucket is listed anew,
    and the word is found in the translation.
    """
    gallery.fill("[name=prefix]", "arabic")
    gallery.get_by_role("button", name="List").click()
    gallery.wait_for_selector("h3:has-text('arabic.png')")
    assert gallery.locator(".card").count() == 1
    gallery.fill("[name=text]", "hello")
    gallery.locator(".card:not([hidden])").wait_for()
    gallery.fill("[name=text]", "goodbye")
    gallery.locator("output", has_text="0 of 1").wait_for()


def test_a_missing_document_is_a_page(watched: Watched, service: Service, axe: str) -> None:
    """Given an address of a document that is gone, then a page says so and leads back."""
    watched.pictures_are_missing = True
    page = watched.open(f"{service.url}/image?name=%2e%2e%2fgone%00.json", f"{service.url}/")
    assert page.locator("h1").inner_text() == "Not here"
    page.evaluate(axe)
    found = page.evaluate("axe.run(document, {preload: false})")
    assert [each["id"] for each in found["violations"] if each["impact"] == "serious"] == []
    page.get_by_role("link", name="Gallery").click()
    page.wait_for_selector("body.gallery")
