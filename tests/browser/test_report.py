"""The static report in Chromium: gallery, filters, search, pages, keyboard, themes, telephone."""

from pathlib import Path
from typing import Any

import pytest

from pipeline.cli.picture_source import FoundPictures
from pipeline.operations.documents import Location, read_documents
from pipeline.presentation.report.pages import Gallery
from pipeline.presentation.report.writer import write_report
from tests.browser.watched import Watched
from tests.support.report_documents import BOX, SIZE, corpus, picture, write

IMPACTS = {"serious", "critical"}
PHONE = {"width": 390, "height": 844}


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The page of a report of the corpus."""
    folder = tmp_path_factory.mktemp("report")
    images = folder / "images"
    for outcome, content in corpus():
        name = outcome.upload.ref.name
        rendered = {"renderings": [{"language": "en", "uri": f"gs://results/{name}.en.png"}]}
        write(folder / "documents", outcome, **(rendered if name == "menu.jpg" else {}))
        if content:
            path = images / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
    (folder / "documents" / "menu.jpg.en.png").write_bytes(picture())
    documents = read_documents(
        Location.parse(str(folder / "documents")), lambda *found: pytest.fail(str(found))
    )
    pictures = FoundPictures(folder / "documents", images=images)
    write_report(documents, folder / "out", gallery=Gallery("documents"), source=pictures)
    return folder / "out" / "index.html"


@pytest.fixture
def gallery(watched: Watched, report: Path) -> Any:
    return watched.open(report)


def shown(page: Any) -> list[str]:
    return list(page.locator(".card:not([hidden]) h3").all_inner_texts())


def opened(page: Any, name: str) -> Any:
    page.get_by_role("link", name=name).click()
    page.wait_for_selector("body.image")
    return page


def no_sideways_scroll(page: Any) -> bool:
    return bool(page.evaluate("document.documentElement.scrollWidth <= innerWidth"))


def test_the_gallery_shows_every_document_and_its_thumbnail(gallery: Any) -> None:
    """Given nine documents, when the gallery opens, then each has a card; those whose picture
    can be read have a thumbnail, and the other two say why there is none.
    """
    assert len(shown(gallery)) == 9
    gallery.evaluate("Promise.all([...document.images].map((image) => image.decode()))")
    assert gallery.evaluate("[...document.images].every((image) => image.naturalWidth > 0)")
    assert gallery.locator(".card img").count() == 7
    assert "is not there" in gallery.locator(".card", has_text="gone.png").inner_text()
    assert "PNG is damaged" in gallery.locator(".card", has_text="broken.png").inner_text()


def test_the_totals_are_sums_over_all_documents(gallery: Any) -> None:
    """Given nine documents, when the gallery opens, then states, lines, characters, time and
    cost are the sums.
    """
    text = gallery.locator(".totals").inner_text().replace("\n", " ")
    for part in ("translated 6", "no text 1", "failed 2", "lines 8", "billed 360", "ocr 1.6 s"):
        assert part in text
    assert "0.0073 USD" in text


@pytest.mark.parametrize(
    ("field", "value", "names"),
    [
        ("status", "failed", ["broken.png", "given-up.png"]),
        ("language", "fr", ["menu.jpg"]),
        ("warning", "unsupported_pair", ["station.png"]),
        ("confidence", "80", ["arabic.png", "menu.jpg"]),
    ],
)
def test_a_filter_leaves_the_documents_it_names(
    gallery: Any, field: str, value: str, names: list[str]
) -> None:
    """Given a choice in a filter, then only its documents are shown, and their number; the
    choice stands after a visit to an image.
    """
    gallery.select_option(f"[name={field}]", value)
    assert shown(gallery) == names
    assert gallery.locator("output").inner_text() == f"{len(names)} of 9"
    opened(gallery, names[0])
    gallery.keyboard.press("g")
    gallery.wait_for_selector("body.gallery")
    assert shown(gallery) == names


@pytest.mark.parametrize(
    ("words", "names"),
    [
        ("creme BRULEE", ["menu.jpg"]),
        ("burnt", ["menu.jpg"]),
        ("anybody entry", ["signs/danger.png"]),
        ("gefahr", ["signs/danger.png"]),
        ("العالم", ["arabic.png"]),
        ("given-up", ["given-up.png"]),
        ("no such words", []),
    ],
)
def test_the_search_looks_through_text_translations_and_names(
    gallery: Any, words: str, names: list[str]
) -> None:
    """Given words in any case, without accents, the documents with all of them are shown."""
    gallery.keyboard.press("/")
    gallery.keyboard.type(words)
    gallery.locator("output", has_text=f"{len(names)} of 9").wait_for()
    assert shown(gallery) == names


def test_the_least_confident_come_first_when_asked(gallery: Any) -> None:
    """Given the order by confidence, then the document with the least is the first, and the
    arrows of its page follow the same order.
    """
    gallery.select_option("[name=order]", "confidence")
    assert shown(gallery)[:2] == ["arabic.png", "menu.jpg"]
    page = opened(gallery, "arabic.png")
    page.keyboard.press("ArrowRight")
    page.wait_for_selector("h1:has-text('menu.jpg')")
    page.keyboard.press("ArrowLeft")
    page.wait_for_selector("h1:has-text('arabic.png')")


def test_pointing_at_a_line_lights_its_place_and_the_other_way_round(gallery: Any) -> None:
    """Given an image, when a line is pointed at, then its polygon is lit; when the polygon of
    another is, then that line and its paragraph are.
    """
    page = opened(gallery, "danger.png")
    page.locator(".lines p", has_text="a toda persona").hover()
    assert page.locator(".places .lit").count() == 1
    assert page.locator(".places .lit").get_attribute("data-line") == "2-2"
    page.locator(".places polygon").first.hover()
    assert page.locator(".lines p.lit").inner_text() == "PELIGRO"
    assert page.locator(".paragraph.lit").count() == 1
    page.locator(".places polygon").last.click()
    assert page.evaluate("document.activeElement.dataset.paragraph") == "2"


def test_keys_go_through_paragraphs_and_translations(gallery: Any) -> None:
    """Given an image, then the arrows go from paragraph to paragraph, `t` from translation to
    translation over the picture, and `o` back to the original.
    """
    page = opened(gallery, "danger.png")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    assert page.evaluate("document.activeElement.dataset.paragraph") == "2"
    assert page.locator(".places .lit").count() == 2
    page.keyboard.press("ArrowUp")
    assert page.evaluate("document.activeElement.dataset.paragraph") == "1"
    visible = page.locator(".overlay:visible text")
    assert visible.count() == 0
    page.keyboard.press("t")
    assert visible.first.text_content() == "DANGER"
    page.keyboard.press("t")
    assert visible.first.text_content() == "GEFAHR"
    page.keyboard.press("o")
    assert visible.count() == 0


@pytest.mark.parametrize("name", ["danger.png", "menu.jpg"])
def test_polygons_lie_on_the_picture(gallery: Any, name: str) -> None:
    """Given a picture, upright or turned by EXIF, then the first polygon lies on its text."""
    page = opened(gallery, name)
    page.locator("img.original").evaluate("(image) => image.decode()")
    corner = page.locator(".places polygon").first.evaluate(
        "(e) => { const p = e.points[0].matrixTransform(e.getScreenCTM()); return [p.x, p.y]; }"
    )
    picture = page.locator("img.original").bounding_box()
    scale = picture["width"] / SIZE[0]
    assert picture["height"] == pytest.approx(SIZE[1] * scale, abs=1)
    assert corner[0] - picture["x"] == pytest.approx(BOX[0] * scale, abs=1)
    assert corner[1] - picture["y"] == pytest.approx(BOX[1] * scale, abs=1)
    natural = page.evaluate("[document.images[0].naturalWidth, document.images[0].naturalHeight]")
    assert natural == list(SIZE)


def test_a_translated_picture_is_shown_instead_of_drawn_text(gallery: Any) -> None:
    """Given a document that names a translated picture, then `t` shows it, and `o` hides it."""
    page = opened(gallery, "menu.jpg")
    translated = page.locator(".rendering:visible")
    assert translated.count() == 0
    page.keyboard.press("t")
    assert translated.count() == 1
    assert translated.evaluate("(image) => image.decode().then(() => image.naturalWidth)") == 400
    assert page.locator(".overlay text").count() == 0
    page.keyboard.press("o")
    assert translated.count() == 0


def test_text_runs_in_its_own_direction(gallery: Any) -> None:
    """Given an Arabic text and a Hebrew translation, then each runs from right to left."""
    direction = "(element) => getComputedStyle(element).direction"
    page = opened(gallery, "arabic.png")
    assert page.locator(".lines p").evaluate(direction) == "rtl"
    assert page.locator(".paragraph .translation").evaluate(direction) == "ltr"
    page.go_back()
    page = opened(page, "hebrew.png")
    assert page.locator(".paragraph .translation").evaluate(direction) == "rtl"
    page.keyboard.press("t")
    assert page.locator(".overlay:visible text").evaluate(direction) == "rtl"


def test_a_paragraph_has_its_language_engine_pivot_and_glossary(gallery: Any) -> None:
    """Given a translation by a pivot with a glossary hit, then its paragraph says both."""
    page = opened(gallery, "danger.png")
    about = page.locator(".about").nth(1).inner_text()
    for part in ("es", "→ en by fake via fr", "glossary", "→ de by fake"):
        assert part in about


@pytest.mark.parametrize(
    ("name", "parts"),
    [
        (
            "broken.png",
            ["corrupt_image", "cannot be decoded", "the PNG is damaged", "save it again"],
        ),
        ("given-up.png", ["attempts_exhausted", "Every delivery", "redeliver --failed"]),
        ("station.png", ["unsupported_pair", "stands as read", "Choose another TRANSLATOR"]),
        ("gone.png", ["is not there", "Hola"]),
        ("blank.png", ["No text was found"]),
    ],
)
def test_a_problem_is_explained_with_a_remedy(gallery: Any, name: str, parts: list[str]) -> None:
    """Given a failure, a warning or a missing picture, then its page explains it."""
    text = opened(gallery, name).locator("main").inner_text()
    for part in parts:
        assert part in text


def test_the_theme_follows_the_system_and_the_button(watched: Watched, report: Path) -> None:
    """Given a dark system, the page is dark; the button makes it light, also after a reload."""
    ground = "getComputedStyle(document.documentElement).backgroundColor"
    page = watched.open(report)
    bright = page.evaluate(ground)
    page.emulate_media(color_scheme="dark")
    dark = page.evaluate(ground)
    assert dark != bright
    page.get_by_role("button", name="dark and light").click()
    assert page.evaluate(ground) == bright
    page.reload()
    assert page.evaluate(ground) == bright


def test_a_telephone_shows_everything_without_scrolling_sideways(gallery: Any) -> None:
    """Given a telephone, neither gallery nor page is wider than it, and text is large enough."""
    gallery.set_viewport_size(PHONE)
    assert no_sideways_scroll(gallery)
    page = opened(gallery, "danger.png")
    assert no_sideways_scroll(page)
    assert (
        page.locator(".lines p").first.evaluate("(e) => parseFloat(getComputedStyle(e).fontSize)")
        >= 14
    )
    picture, text = (
        page.locator(".marks").bounding_box(),
        page.locator(".paragraphs").bounding_box(),
    )
    assert picture["y"] + picture["height"] <= text["y"]
    assert text["y"] < PHONE["height"]


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("name", ["", "danger.png", "broken.png", "station.png", "arabic.png"])
def test_axe_finds_no_serious_violation(gallery: Any, axe: str, name: str, theme: str) -> None:
    """Given a page in one theme, when axe-core looks at it, then it finds nothing serious."""
    gallery.emulate_media(color_scheme=theme)
    page = opened(gallery, name) if name else gallery
    page.evaluate(axe)
    found = page.evaluate("axe.run(document, {preload: false})")
    serious = [each for each in found["violations"] if each["impact"] in IMPACTS]
    assert [(each["id"], each["nodes"][0]["html"]) for each in serious] == []
    assert len(found["passes"]) > 10
