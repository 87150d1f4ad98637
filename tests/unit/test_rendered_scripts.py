"""Texts of many scripts: drawn with the right glyphs in the right order, compared with HarfBuzz."""

import unicodedata
from itertools import pairwise

import numpy as np
import pytest
import uharfbuzz
from fontTools.ttLib import TTFont
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from pipeline.presentation.rendering.fonts import FontFile, Fonts, is_right_to_left_language
from pipeline.presentation.rendering.line_breaks import characters, phrases
from pipeline.presentation.rendering.page import render_page
from pipeline.presentation.rendering.shaping import Run, Typesetter, visual_runs
from tests.support.translated_pages import DrawnText, drawn_page, fonts

FONTS = Fonts()
SIZE = 60
TEXTS = {
    "ar": "ممنوع الدخول إلى موقع البناء",
    "he": "אין כניסה לאתר הבנייה",
    "hi": "निर्माण स्थल में प्रवेश वर्जित है",
    "th": "ห้ามเข้าพื้นที่ก่อสร้าง",
    "ja": "工事現場への立入禁止。",
    "zh": "施工现场禁止入内。",
    "zh-Hant": "施工現場禁止入內。",
    "ko": "공사 현장 출입 금지",
    "ru": "Вход на стройплощадку запрещён",
    "el": "Απαγορεύεται η είσοδος",
    "vi": "Cấm vào công trường xây dựng",
    "bn": "নির্মাণ এলাকায় প্রবেশ নিষেধ",
    "ta": "கட்டுமான தளத்தில் நுழையத் தடை",
    "ka": "შესვლა აკრძალულია",
}
MIXED = {
    "ar": ("الطابق 7 من MALL في 12:30", ["12:30", "في", "MALL", "من", "7", "الطابق"]),
    "he": ("קומה 3 ב-MALL (מערב)", ["(מערב)", "MALL", "3", "קומה"]),
    "ja": ("3階のMALLへ", ["3", "階の", "MALL", "へ"]),
}
"""Texts of two directions or fonts, and words in the order in which they stand from the left."""


@pytest.fixture(autouse=True)
def _fonts() -> None:
    fonts()


def drawn(text: str, language: str) -> NDArray[np.uint8]:
    """The columns and rows of a line's ink, as the renderer draws it."""
    chain = FONTS.chain(language, bold=False)
    typesetter = Typesetter(chain, right_to_left=is_right_to_left_language(language))
    width = round(typesetter.width(text, SIZE)) + 80
    canvas = Image.new("L", (width, 3 * SIZE))
    typesetter.draw(ImageDraw.Draw(canvas), text, SIZE, 40, 2 * SIZE)
    return np.asarray(canvas, np.uint8)


def shaped(text: str, font: FontFile, direction: str) -> tuple[list[int], list[tuple[float, ...]]]:
    """HarfBuzz's own glyphs from left to right, and the box of each at `SIZE`: x and y ranges."""
    face = uharfbuzz.Face(uharfbuzz.Blob.from_file_path(font.path), font.index)
    harfbuzz = uharfbuzz.Font(face)
    buffer = uharfbuzz.Buffer()
    buffer.add_str(text)
    buffer.guess_segment_properties()
    buffer.direction = direction
    uharfbuzz.shape(harfbuzz, buffer)
    scale, pen, boxes = SIZE / face.upem, 0.0, []
    for glyph, place in zip(buffer.glyph_infos, buffer.glyph_positions, strict=True):
        extents = harfbuzz.get_glyph_extents(glyph.codepoint)
        if extents and extents.width:
            left = (pen + place.x_offset + extents.x_bearing) * scale
            top = -(place.y_offset + extents.y_bearing) * scale
            boxes.append((left, left + extents.width * scale, top, top - extents.height * scale))
        pen += place.x_advance
    return [glyph.codepoint for glyph in buffer.glyph_infos], boxes


@pytest.mark.parametrize("language", TEXTS)
def test_a_text_has_harfbuzz_s_glyphs_in_their_order(language: str) -> None:
    """Given a text, when drawn, then one font has all of it, none of HarfBuzz's glyphs is the
    missing one, and the ink is in the boxes of these glyphs and in no other columns.
    """
    text = unicodedata.normalize("NFC", TEXTS[language])
    chain = FONTS.chain(language, bold=False)
    right_to_left = is_right_to_left_language(language)
    fonts_used = {run.font for run in visual_runs(text, chain, right_to_left=right_to_left)}
    assert len(fonts_used) == 1
    glyphs, boxes = shaped(text, fonts_used.pop(), "rtl" if right_to_left else "ltr")
    assert 0 not in glyphs
    ink = drawn(text, language) > 96
    allowed = np.zeros_like(ink)
    for left, right, top, bottom in boxes:
        columns = slice(int(40 + left) - 1, int(40 + right) + 3)
        rows = slice(int(2 * SIZE + top) - 1, int(2 * SIZE + bottom) + 3)
        allowed[rows, columns] = True
        assert ink[rows, columns].any(), "a glyph is not drawn at its place"
    assert not (ink & ~allowed).any()


@pytest.mark.parametrize("language", MIXED)
def test_words_of_both_directions_stand_in_their_visual_order(language: str) -> None:
    """Given a text of two scripts, when its runs are found, then they stand in the order of
    UAX #9, each in a font that has its characters.
    """
    text, order = MIXED[language]
    chain = FONTS.chain(language, bold=False)
    right_to_left = is_right_to_left_language(language)
    runs = visual_runs(text, chain, right_to_left=right_to_left)
    assert "".join(sorted("".join(run.text for run in runs))) == "".join(sorted(text))
    assert all(run.font.has(character) for run in runs for character in run.text)
    places = [_place(word, runs) for word in order]
    assert all(left < right for left, right in pairwise(places)), places


def _place(word: str, runs: list[Run]) -> float:
    """Where a word stands among the runs: the run's number, and its share of that run."""
    core = word.strip("()-")
    number = next(n for n, run in enumerate(runs) if core in run.text)
    start = runs[number].text.index(core) / max(1, len(runs[number].text))
    return number + (1 - start if runs[number].direction == "rtl" else start) * 0.99


@pytest.mark.parametrize("language", TEXTS)
def test_a_page_is_drawn_in_each_script(language: str) -> None:
    """Given a translation into each script, when a page is rendered, then its text is there, in
    the script's own glyphs, and there is no warning.
    """
    text = DrawnText(
        ("Prohibido el paso a toda persona", "ajena a la obra de construcción"),
        40,
        80,
        {language: TEXTS[language]},
    )
    pixels, page = drawn_page(text)
    after = pixels.copy()
    assert render_page(after, page, language, FONTS) == ()
    assert (before_ink := _ink(pixels)) != _ink(after)
    assert 0.15 * before_ink < _ink(after)


def _ink(pixels: NDArray[np.uint8]) -> int:
    return int((pixels.min(axis=2) < 140).sum())


def test_arabic_begins_at_the_right() -> None:
    """Given a paragraph that is aligned left, when drawn in Arabic, then it is aligned right."""
    text = DrawnText(
        ("Prohibido el paso a toda", "persona ajena"), 40, 80, {"ar": "ممنوع"}, language="es"
    )
    pixels, page = drawn_page(text)
    render_page(pixels, page, "ar", FONTS)
    columns = np.flatnonzero((pixels.min(axis=2) < 140).any(axis=0))
    left, right = page.paragraphs[0].polygon[0][0], page.paragraphs[0].polygon[1][0]
    assert right - columns.max() < 14
    assert columns.min() - left > 100


def test_a_font_has_the_characters_of_its_own_table() -> None:
    """Given the fonts of each script, when asked for characters, then the answers are those of the
    fonts' character maps.
    """
    points = [*range(0x21, 0x3100, 7), *range(0x4E00, 0x5000, 11), *range(0xAC00, 0xAC80, 5)]
    for language in ("en", "ar", "hi", "th", "ja"):
        font = FONTS.chain(language, bold=False)[0]
        table = TTFont(font.path, fontNumber=font.index, lazy=True).getBestCmap()
        for point in points:
            character = chr(point)
            if unicodedata.category(character)[0] not in "ZC":
                assert font.has(character) == (point in table), (font.path, hex(point))


@pytest.mark.parametrize(
    ("language", "text", "parts"),
    [
        ("en", "No entry  here", ["No ", "entry  ", "here"]),
        ("ja", "工事のため、出口が", ["工事の", "ため、", "出口が"]),
        ("th", "ห้ามเข้าพื้นที่", ["ห้าม", "เข้า", "พื้นที่"]),
        ("ko", "출입 금지", ["출입 ", "금지"]),
        ("km", "ហាម", ["ហា", "ម"]),
    ],
)
def test_lines_break_between_words(language: str, text: str, parts: list[str]) -> None:
    """Given a text, when parted, then the parts are its words, and together they are the text."""
    assert phrases(text, language) == parts


def test_no_line_begins_with_a_closing_mark() -> None:
    """Given Chinese with brackets and marks, when parted by characters, then marks stay with the
    character before them and opening brackets with the one after.
    """
    assert characters("「入口」。a\u0301b") == ["「入", "口」。", "a\u0301", "b"]
