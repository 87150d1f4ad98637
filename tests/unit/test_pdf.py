"""PDFs: sizes, rotation, crop boxes, text layers, warnings and refusals."""

from collections.abc import Sequence
from contextlib import closing

import numpy as np
import pikepdf
import pytest
from pikepdf import Encryption

from pipeline.errors import (
    CorruptImageError,
    ImageTooLargeError,
    PermanentError,
    UnsupportedImageError,
)
from pipeline.images.page_file import OpeningLimits, PageFile, open_file
from pipeline.images.pdf_text import Character, layer_lines
from pipeline.models import Line, Page, WarningCode
from tests.support.made_pdfs import page_tree, pdf_of_texts, saved, with_javascript, with_xfa

DARK = 128


def opened(content: bytes, *, dpi: int = 72, max_pages: int = 20) -> PageFile:
    return open_file(content, OpeningLimits(10_000_000, max_pages, dpi, pdf_text_layer=True))


def page_of(content: bytes, *, dpi: int = 72) -> Page:
    with closing(opened(content, dpi=dpi)) as document:
        return document.page(0)


def ink_box(page: Page) -> tuple[int, int, int, int]:
    """Left, top, right and bottom of the dark pixels."""
    rows, columns = np.nonzero(page.pixels.min(axis=2) < DARK)
    return columns.min(), rows.min(), columns.max(), rows.max()


@pytest.mark.parametrize("dpi", [72, 100, 200, 300])
def test_a_page_is_rendered_with_the_dots_per_inch(dpi: int) -> None:
    """Given a page of one by two inches, when rendered, then its pixels follow from the dpi."""
    page = page_of(saved(pdf_of_texts([[]], size=(72, 144))), dpi=dpi)
    assert (page.width, page.height) == (dpi, 2 * dpi)
    assert page.pixels.shape == (2 * dpi, dpi, 3)
    assert page.points == (72, 144)
    assert page.pixels.min() == 255


def test_a_large_page_is_rendered_smaller() -> None:
    """Given a least side, when a larger page is rendered, then it is smaller, as announced."""
    content = saved(pdf_of_texts([["TEXT"]], size=(1000, 500)))
    with closing(opened(content)) as document:
        assert document.decoded_size(0, min_long_side=300) == (334, 167)
        page = document.page(0, min_long_side=300)
        assert page.pixels.shape == (167, 334, 3)
        assert (page.width, page.height) == document.page_size(0) == (1000, 500)


@pytest.mark.parametrize("turn", [0, 90, 180, 270])
def test_rotation_is_respected(turn: int) -> None:
    """Given text at the top left of a turned page, then it is where the page shows it, and the
    polygon of its text layer encloses it from the text's own top left.
    """
    page = page_of(saved(pdf_of_texts([["EXIT"]], size=(400, 300), rotate=turn)))
    assert (page.width, page.height) == ((400, 300) if turn in (0, 180) else (300, 400))
    left, top, right, bottom = ink_box(page)
    (line,) = page.text_layer
    assert line.text == "EXIT"
    xs, ys = zip(*line.polygon, strict=True)
    assert min(xs) - 1 <= left <= right <= max(xs) + 1
    assert min(ys) - 1 <= top <= bottom <= max(ys) + 1
    (start_x, start_y), (end_x, end_y) = line.polygon[:2]
    across, down = {0: (1, 0), 90: (0, 1), 180: (-1, 0), 270: (0, -1)}[turn]
    assert (np.sign(round(end_x - start_x)), np.sign(round(end_y - start_y))) == (across, down)


def test_the_crop_box_is_respected() -> None:
    """Given a crop box, then the page has its size, and places count from its corner."""
    whole = page_of(saved(pdf_of_texts([["EXIT"]], size=(400, 300))))
    crop = pdf_of_texts([["EXIT"]], size=(400, 300), crop=(40, 200, 240, 290))
    page = page_of(saved(crop))
    assert (page.width, page.height) == (200, 90)
    moved = [(x - 40, y - 10) for x, y in whole.text_layer[0].polygon]
    assert np.abs(np.array(page.text_layer[0].polygon) - moved).max() <= 0.5
    left, top, *_ = ink_box(whole)
    assert np.abs(np.array(ink_box(page)[:2]) - (left - 40, top - 10)).max() <= 1


def test_the_lines_of_a_layer_are_those_of_the_page() -> None:
    """Given lines and letters beyond ASCII, the layer has each line once, in order."""
    lines = ["Prohibido el paso", "Größe 12,50 €", "Café à emporter"]
    layer = page_of(saved(pdf_of_texts([lines]))).text_layer
    assert [line.text for line in layer] == lines
    assert [line.confidence for line in layer] == [1.0, 1.0, 1.0]


def characters(text: str, x: float, y: float, *, step: float = 10) -> list[Character]:
    return [
        Character(
            each,
            (1.0, 0.0),
            ((x + step * n, y), (x + step * n + 8, y), (x + step * n, y + 12))
            if each != " "
            else (),
        )
        for n, each in enumerate(text)
    ]


@pytest.mark.parametrize(
    ("parts", "lines"),
    [
        ([characters("two words", 0, 0)], ["two words"]),
        ([characters("left", 0, 0), characters("right", 300, 0)], ["left", "right"]),
        ([characters("up", 0, 0), characters("down", 20, 30)], ["up", "down"]),
        ([characters("x", 0, 0), characters("2", 10, -4)], ["x2"]),
        ([characters("CBA"[::-1], 40, 0, step=-10)], ["ABC"]),
        ([[Character("\n", (1.0, 0.0), ())], characters("a", 0, 0)], ["a"]),
        ([[Character(" ", (1.0, 0.0), ())]], []),
        ([[*characters("a", 0, 0), Character("b", (0.0, 1.0), ((9, 0), (20, 9)))]], ["a", "b"]),
        ([characters("\ud83d\ude00", 0, 0)], ["\U0001f600"]),
        ([characters("\ud83d", 0, 0)], ["\ufffd"]),
    ],
    ids=["words", "columns", "rows", "superscript", "leftwards", "line end", "blank", "turned",
         "halves", "half"],
)  # fmt: skip
def test_characters_are_joined_to_lines(parts: Sequence[list[Character]], lines: list[str]) -> None:
    """Given characters in places, when joined, then gaps, turns and line ends divide lines."""
    found = layer_lines(character for part in parts for character in part)
    assert [line.text for line in found] == lines


def encrypted(user: str) -> bytes:
    pdf = pdf_of_texts([["EXIT"]])
    return saved(pdf, encryption=Encryption(owner="owner", user=user, R=6))


@pytest.mark.parametrize(
    ("content", "error", "message"),
    [
        (encrypted("secret"), UnsupportedImageError, "without a password"),
        (saved(with_xfa(pdf_of_texts([[]]), only=True)), UnsupportedImageError, "XFA form"),
        (page_tree(b"/Kids [] /Count 0"), CorruptImageError, "no.* pages"),
        (b"%PDF-1.7\n" + bytes(999), CorruptImageError, "damaged"),
        (
            saved(pdf_of_texts([[], []], size=(14400, 14400))),
            ImageTooLargeError,
            "page 1 of the PDF is 14400 x 14400 points, 207 megapixels at PDF_DPI=72",
        ),
    ],
    ids=["encrypted", "XFA", "empty", "damaged", "huge"],
)
def test_a_refusal_says_why(content: bytes, error: type[PermanentError], message: str) -> None:
    """Given a PDF that cannot be read, when opened, then the error names the reason."""
    with pytest.raises(error, match=message):
        opened(content)


def test_an_owners_password_and_a_static_xfa_form_do_not_matter() -> None:
    """Given files that open without a password, and forms that have pages, then they are read."""
    for content in (encrypted(""), saved(with_xfa(pdf_of_texts([["EXIT"]]), only=False))):
        assert [line.text for line in page_of(content).text_layer] == ["EXIT"]


def test_attachments_and_javascript_are_warned_of() -> None:
    """Given files and a script inside, when opened, then a warning names each."""
    pdf = with_javascript(pdf_of_texts([[]]))
    pdf.attachments["a.txt"] = pikepdf.AttachedFileSpec(pdf, b"text", filename="a.txt")
    with closing(opened(saved(pdf))) as document:
        codes = [warning.code for warning in document.warnings]
    assert codes == [WarningCode.ATTACHMENTS_SKIPPED, WarningCode.JAVASCRIPT_NOT_RUN]
    with closing(opened(saved(pdf_of_texts([[]])))) as document:
        assert document.warnings == ()


def test_pages_beyond_the_limit_are_counted() -> None:
    """Given more pages than the limit, when opened, then the others are counted."""
    with closing(opened(saved(pdf_of_texts([["A"], ["B"], ["C"]])), max_pages=2)) as document:
        assert (document.page_count, document.pages_skipped) == (2, 1)
        assert [line.text for line in document.page(1).text_layer] == ["B"]


def test_the_layer_is_read_only_if_asked_for() -> None:
    """Given limits without the text layer, when a page is rendered, then it has none."""
    limits = OpeningLimits(10**8, 1)
    with closing(open_file(saved(pdf_of_texts([["EXIT"]])), limits)) as document:
        layer: tuple[Line, ...] = document.page(0).text_layer
    assert layer == ()


@pytest.mark.parametrize(
    "operators",
    [
        b"BT /F 12 Tf 9000 50 Td (outside) Tj ET",
        b"BT /F 1e30 Tf 50 50 Td (huge) Tj ET",
        b"BT /F 12 Tf 1e38 1e38 1e38 1e38 0 0 Tm (no place) Tj ET",
        b"BT /F 12 Tf 0.001 0 0 1 50 50 Tm (" + b"x" * 15_000 + b") Tj ET",
        b"BT /F 12 Tf 10000 TL 0 0 Td " + b"(x) ' " * 45_000 + b"ET",
    ],
    ids=["outside", "huge", "no place", "too long", "too many"],
)
def test_text_that_no_page_shows_is_not_in_the_layer(operators: bytes) -> None:
    """Given text at places that no page has, or more of it than any, then the layer is empty."""
    pdf = pdf_of_texts([[]])
    pdf.pages[0].contents_add(operators)
    assert page_of(saved(pdf)).text_layer == ()
