"""Rendering of one page: what changes, what stays, and how the new text looks."""

import math
import time

import cv2
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from pipeline.models import (
    Line,
    PageText,
    Paragraph,
    Pixels,
    Polygon,
    Translation,
    WarningCode,
)
from pipeline.presentation.rendering.fonts import Fonts
from pipeline.presentation.rendering.page import new_text, render_page
from tests.support.translated_pages import INK, PAPER, DrawnText, drawn_page, fonts

FONTS = Fonts()
TITLE = DrawnText(("Entrada libre",), 60, 40, {"en": "Free entrance"}, size=40, bold=True)
BODY = DrawnText(
    ("El concierto empieza a las", "siete en la plaza mayor"),
    60,
    140,
    {"en": "The concert begins at seven in the main square"},
)
PRICE = DrawnText(("12,50 EUR",), 420, 300, {"en": "12,50 EUR"})


@pytest.fixture(autouse=True)
def _fonts() -> None:
    fonts()


def filled(polygons: list[Polygon], grown: int = 0) -> NDArray[np.bool_]:
    mask = np.zeros((400, 640), np.uint8)
    for polygon in polygons:
        cv2.fillConvexPoly(mask, np.array(polygon).round().astype(np.int32), [1])
    kernel = np.ones((2 * grown + 1, 2 * grown + 1), np.uint8)
    return cv2.dilate(mask, kernel).astype(bool)


def changed(before: Pixels, after: Pixels) -> NDArray[np.bool_]:
    return (before != after).any(axis=2)


def rendered(page: PageText, pixels: Pixels, language: str = "en") -> Pixels:
    after = pixels.copy()
    assert not render_page(after, page, language, FONTS)
    return after


def ink_of(pixels: Pixels, paper: tuple[int, int, int] = PAPER) -> NDArray[np.bool_]:
    difference = np.abs(pixels.astype(int) - np.array(paper[::-1])).max(axis=2)
    return difference > 60


@pytest.mark.parametrize("degrees", [0, 8, -15, 90, 180])
def test_only_the_places_of_replaced_paragraphs_change(degrees: float) -> None:
    """Given a page at any angle, when rendered, then pixels outside the replaced paragraphs are
    identical, and those of a price that stays are too.
    """
    pixels, page = drawn_page(TITLE, BODY, PRICE, degrees=degrees)
    after = rendered(page, pixels)
    differs = changed(pixels, after)
    title, body, price = page.paragraphs
    assert not differs[~filled([title.polygon, body.polygon])].any()
    assert differs[filled([title.polygon])].any()
    assert differs[filled([body.polygon])].any()
    assert not differs[filled([price.polygon])].any()


def test_old_letters_are_gone_where_no_new_ones_are() -> None:
    """Given a short translation, when rendered, then the rest of the place is ground."""
    text = DrawnText(("Prohibido el paso a toda persona",), 40, 60, {"en": "No"})
    pixels, page = drawn_page(text)
    after = rendered(page, pixels)
    columns = np.flatnonzero(ink_of(after).any(axis=0))
    assert columns.max() < 120
    assert (after[40:120, 130:600] == np.array(PAPER[::-1])).all()


def test_text_keeps_its_colour_size_and_left_edge() -> None:
    """Given a paragraph whose translation is the same text but one letter, when rendered, then ink
    and colour stand where they stood.
    """
    pixels, page = drawn_page(DrawnText(("Hamburgo nord",), 80, 100, {"en": "Hamburgo sud"}))
    before, after = ink_of(pixels), ink_of(rendered(page, pixels))
    for old, new in zip(_extent(before)[:3], _extent(after)[:3], strict=True):
        assert abs(old - new) <= 3
    darkest = after & (np.abs(pixels.astype(int) - INK[::-1]).max(axis=2) < 40)
    assert darkest.any()
    colours = rendered(page, pixels)[after]
    assert np.abs(np.percentile(colours, 10, axis=0) - np.array(INK[::-1])).max() < 40


def _extent(ink: NDArray[np.bool_]) -> tuple[int, int, int, int]:
    rows, columns = np.flatnonzero(ink.any(axis=1)), np.flatnonzero(ink.any(axis=0))
    return int(rows[0]), int(rows[-1]), int(columns[0]), int(columns[-1])


@pytest.mark.parametrize("degrees", [12, -20, 75])
def test_text_keeps_its_angle(degrees: float) -> None:
    """Given a turned line, when rendered, then the new ink runs at the same angle."""
    text = DrawnText(("Salida de emergencia",), 150, 180, {"en": "nnnnnnnnnnnnnnn"})
    pixels, page = drawn_page(text, degrees=degrees)
    ys, xs = np.nonzero(ink_of(rendered(page, pixels)))
    points = np.stack((xs, ys)).astype(float)
    values, axes = np.linalg.eigh(np.cov(points))
    x, y = axes[:, int(np.argmax(values))]
    found = math.degrees(math.atan2(y, x))
    assert min(abs(found - degrees + turn) for turn in (-180, 0, 180)) < 1.5


def test_centred_text_stays_centred() -> None:
    """Given lines that share their middle, when rendered, then the new lines share it."""
    text = DrawnText(("iiii Abierto todo el dia iiii",), 100, 60, {"en": "Open"})
    narrow = DrawnText(("hasta las ocho",), 165, 120, {"en": "until eight"})
    pixels, page = drawn_page(text, narrow)
    left, right = page.paragraphs[0].polygon[0][0], page.paragraphs[0].polygon[1][0]
    other = page.paragraphs[1].polygon
    assert abs(left + right - other[0][0] - other[1][0]) < 22
    ink = ink_of(rendered(page, pixels))[40:105]
    _, _, first, last = _extent(ink)
    assert abs((first + last) / 2 - (left + right) / 2) < 3


def test_capitals_stay_capitals() -> None:
    """Given a text in capitals, then its translation is drawn in capitals, in Turkish with dots."""
    text = DrawnText(("PELIGRO",), 60, 60, {"en": "Danger", "tr": "dikkat", "de": "Gefahr"})
    _, page = drawn_page(text)
    paragraph = page.paragraphs[0]
    assert new_text(paragraph, "en") == "DANGER"
    assert new_text(paragraph, "tr") == "D\u0130KKAT"
    assert new_text(paragraph, "fr") is None


@pytest.mark.parametrize("text", ["12,50 EUR", " 12,50  EUR ", "", "\n"])
def test_a_text_that_stays_the_same_is_not_drawn_again(text: str) -> None:
    """Given a translation that is the text itself, or blank, then no pixel changes."""
    pixels, page = drawn_page(DrawnText(("12,50 EUR",), 60, 60, {"en": text}))
    assert not changed(pixels, rendered(page, pixels)).any()


@pytest.mark.parametrize("text", ["word " * 400, "x" * 100_000, "\u4e00" * 5000])
def test_a_text_too_long_for_its_place_leaves_the_original(text: str) -> None:
    """Given a translation that fits at no size, when rendered, then the original stays, a warning
    says so, and it takes no time.
    """
    pixels, page = drawn_page(DrawnText(("Salida",), 60, 300, {"en": text}), TITLE)
    after, started = pixels.copy(), time.monotonic()
    warnings = render_page(after, page, "en", FONTS)
    assert time.monotonic() - started < 2
    assert [each.code for each in warnings] == [WarningCode.TEXT_TOO_LONG]
    assert not changed(pixels, after)[filled([page.paragraphs[0].polygon])].any()


def test_a_character_that_no_font_has_leaves_the_original() -> None:
    """Given a translation with a character of private use, when rendered, then the original stays,
    and a warning names the character.
    """
    text = DrawnText(("Salida",), 60, 200, {"en": "Exit \ue123"})
    pixels, page = drawn_page(text, TITLE)
    after = pixels.copy()
    [warning] = render_page(after, page, "en", FONTS)
    assert warning.code is WarningCode.GLYPHS_MISSING
    assert "U+E123" in warning.message
    assert "\ue123" not in warning.message
    assert not changed(pixels, after)[filled([page.paragraphs[0].polygon])].any()


@pytest.mark.parametrize(
    "text",
    ["<script>alert(1)</script>", "a\u0000b", "\u202eabc\u202c def", "\u2066abc\u2069", "\ud800x"],
)
def test_hostile_texts_are_drawn_inside_their_place(text: str) -> None:
    """Given markup, control characters, bidi controls or half a surrogate pair, when rendered,
    then nothing outside of the place changes.
    """
    pixels, page = drawn_page(DrawnText(("Prohibido el paso aqui",), 60, 60, {"en": text}))
    after = pixels.copy()
    render_page(after, page, "en", FONTS)
    assert not changed(pixels, after)[~filled([page.paragraphs[0].polygon])].any()


@settings(max_examples=40, suppress_health_check=[HealthCheck.too_slow])
@given(
    st.lists(st.sampled_from([12, 60, 110, 160, 205, 250]), min_size=2, max_size=5, unique=True),
    st.lists(st.text("abc defg ijk", min_size=1, max_size=60), min_size=5, max_size=5),
    st.sampled_from([0.0, 4.0]),
)
def test_no_text_is_drawn_over_its_neighbour(
    tops: list[int], texts: list[str], degrees: float
) -> None:
    """Given paragraphs close to each other, some of which stay, when the others are replaced by
    texts of any length, then those that stay do not change.
    """
    drawn = [
        DrawnText(
            ("Linea primera", "segunda linea")[: 1 + number % 2],
            40 + 37 * number,
            top,
            {"en": text} if number % 2 else {},
        )
        for number, (top, text) in enumerate(zip(tops, texts, strict=False))
    ]
    pixels, page = drawn_page(*drawn, degrees=degrees)
    after = pixels.copy()
    render_page(after, page, "en", FONTS)
    kept = [each.lines[0].polygon for each in page.paragraphs if not each.translations]
    replaced = [each.polygon for each in page.paragraphs if each.translations]
    differs = changed(pixels, after)
    assert not differs[filled(kept) & ~filled(replaced)].any()
    assert not differs[~filled(replaced, grown=7)].any()


def test_a_page_of_many_lines_takes_seconds() -> None:
    """Given a page of 1,000 lines, when rendered, then it takes well under a minute."""
    pixels = np.full((4000, 4000, 3), 255, np.uint8)
    boxes = [(10 + 195 * (n % 20), 10 + 39 * (n // 20)) for n in range(1000)]
    paragraphs = tuple(_blocks(pixels, [(x, y, x + 180, y + 30)], "un texto") for x, y in boxes)
    started = time.monotonic()
    assert render_page(pixels, PageText(0, 4000, 4000, 0, paragraphs), "en", FONTS) == ()
    assert time.monotonic() - started < 60


def test_two_paragraphs_around_each_other_do_not_overlap() -> None:
    """Given two paragraphs whose rectangles meet though their lines do not, when the texts for both
    would fill them, then one of them stays, with a warning.
    """
    first = [(40, 60, 400, 96), (40, 140, 120, 176)]
    second = [(420, 110, 560, 146), (150, 180, 560, 216)]
    pixels = np.full((400, 640, 3), 255, np.uint8)
    page = PageText(0, 640, 400, 0, (_blocks(pixels, first), _blocks(pixels, second)))
    [warning] = render_page(pixels, page, "en", FONTS)
    assert warning.code is WarningCode.TEXT_TOO_LONG
    apart = PageText(0, 640, 400, 0, page.paragraphs[:1])
    assert render_page(pixels, apart, "en", FONTS) == ()


def _blocks(
    pixels: Pixels,
    boxes: list[tuple[int, int, int, int]],
    text: str = "many words that fill the whole of it " * 5,
) -> Paragraph:
    """A paragraph of black blocks, which is replaced by `text`."""
    lines = []
    for left, top, right, bottom in boxes:
        pixels[top + 6 : bottom - 6, left + 6 : right - 6 : 7] = 0
        polygon = ((left, top), (right, top), (right, bottom), (left, bottom))
        lines.append(Line("bloque de texto", 0.9, polygon))
    lefts, tops, rights, bottoms = zip(*boxes, strict=True)
    left, top, right, bottom = min(lefts), min(tops), max(rights), max(bottoms)
    around = ((left, top), (right, top), (right, bottom), (left, bottom))
    translations = {"en": Translation(text, "fake")}
    return Paragraph("bloque de texto", around, tuple(lines), "es", 1.0, translations)


_COORDINATES = st.floats(-40, 440, width=16)
_TEXTS = st.text(max_size=20) | st.text(
    "a\u0633\u05d0\u0300\u200d\u2067\u2069\u202e\x0c7 ", max_size=9
)
_QUADS = st.tuples(*[st.tuples(_COORDINATES, _COORDINATES)] * 4)


@settings(max_examples=60, suppress_health_check=[HealthCheck.too_slow])
@given(
    st.lists(st.tuples(_QUADS, _TEXTS, _TEXTS), min_size=1, max_size=4),
    st.sampled_from(["en", "ar", "ja", "th"]),
    st.integers(0, 3),
)
def test_any_quadrilateral_and_any_text_can_be_rendered(
    lines: list[tuple[Polygon, str, str]], language: str, kind: int
) -> None:
    """Given lines of any form, crossed, without area or partly outside of the page, and any texts,
    when rendered, then nothing fails, and only texts that cannot be drawn are left out.
    """
    pixels = np.random.default_rng(kind).integers(0, 256, (300, 400, 3), np.uint8)
    pixels = pixels if kind else np.full_like(pixels, 200)
    paragraphs = tuple(
        Paragraph(
            old,
            quad,
            (Line(old or "x", 0.9, quad),),
            "es",
            1.0,
            {language: Translation(new, "fake")},
        )
        for quad, old, new in lines
    )
    warnings = render_page(pixels, PageText(0, 400, 300, 0, paragraphs), language, FONTS)
    codes = {each.code for each in warnings}
    assert codes <= {WarningCode.TEXT_TOO_LONG, WarningCode.GLYPHS_MISSING}


def test_white_text_on_a_photograph_stays_readable() -> None:
    """Given white letters on uneven ground, when rendered, then the new letters are white, and the
    ground under the old ones has no white left.
    """
    chance = np.random.default_rng(7)
    coarse = chance.integers(20, 130, (8, 12, 3), np.uint8)
    photo = cv2.resize(coarse, (640, 400), interpolation=cv2.INTER_CUBIC)
    pixels, page = drawn_page(
        DrawnText(("Bienvenidos",), 120, 150, {"en": "Hi"}, size=60), paper=(0, 0, 0)
    )
    letters = (pixels.max(axis=2) > 60)[:, :, None]
    pixels = np.where(letters, np.uint8(250), photo)
    after = rendered(page, pixels)
    white = after.min(axis=2) > 200
    _, _, first, last = _extent(white)
    assert white.sum() > 300
    assert last - first < 100


def test_a_rule_that_touches_a_line_stays() -> None:
    """Given a drawn rule at the lower edge of a line's polygon, when the text is replaced, then the
    rule has no gap.
    """
    pixels, page = drawn_page(DrawnText(("Entrantes",), 100, 100, {"en": "Starters"}))
    bottom = round(page.paragraphs[0].polygon[2][1]) - 1
    pixels[bottom : bottom + 2, 40:400] = (40, 40, 160)
    after = rendered(page, pixels)
    assert (after[bottom + 1, 40:400] == (40, 40, 160)).all()


def test_upright_columns_become_level_lines() -> None:
    """Given two columns of Japanese, when drawn in English, then the new lines are level, inside
    the columns' place.
    """
    columns = [
        Line("出口専用", 0.9, ((330.0, 60.0), (390.0, 60.0), (390.0, 300.0), (330.0, 300.0))),
        Line("立入禁止", 0.9, ((250.0, 60.0), (310.0, 60.0), (310.0, 300.0), (250.0, 300.0))),
    ]
    polygon = ((250.0, 60.0), (390.0, 60.0), (390.0, 300.0), (250.0, 300.0))
    translations = {"en": Translation("Exit only, no entry", "fake")}
    paragraph = Paragraph("出口専用立入禁止", polygon, tuple(columns), "ja", 1.0, translations)
    pixels = np.full((400, 640, 3), 255, np.uint8)
    for line in columns:
        left, top = (round(value) for value in line.polygon[0])
        for number in range(4):
            pixels[top + 60 * number + 8 : top + 60 * number + 50, left + 8 : left + 50] = 0
    after = rendered(PageText(0, 640, 400, 0, (paragraph,)), pixels)
    ink = after.max(axis=2) < 128
    assert ink.any()
    assert not ink[~filled([polygon])].any()
    rows = ink.any(axis=1)
    gaps = np.flatnonzero(np.diff(rows.astype(int)) == 1)
    assert len(gaps) >= 2
