"""The PDF's invisible text: it comes back with a PDF reader, in order and in place."""

from importlib.resources import files
from io import BytesIO

import numpy as np
import pypdfium2
import pytest
from fontTools.fontBuilder import FontBuilder
from fontTools.pens.ttGlyphPen import TTGlyphPen
from PIL import Image

from pipeline.errors import ObjectGoneError
from pipeline.models import ObjectRef
from pipeline.outcomes.document_reader import Document, in_language
from pipeline.presentation import exports
from pipeline.presentation.exports import pdf
from pipeline.presentation.exports.invisible_font import ADVANCE, ASCENT, DESCENT
from pipeline.presentation.exports.pictures import StoredPictures
from tests.support.outcome_documents import HEIGHT, WIDTH, document

ARABIC = ["مرحبا بالعالم الجميل", "رقم 123 في ABC", "شارع الملك"]
MANY = ["Prohibido el paso", "12,50 €", "請勿入內", "Ω \U0001f600", *ARABIC]


def font_program() -> bytes:
    """The recipe of `invisible.ttf`."""
    pen = TTGlyphPen(None)
    pen.moveTo((0, DESCENT))
    pen.lineTo((ADVANCE, ASCENT))
    pen.closePath()
    builder = FontBuilder(1000, isTTF=True)
    builder.setupGlyphOrder([".notdef"])
    builder.setupCharacterMap({})
    builder.setupGlyf({".notdef": pen.glyph()})
    builder.setupHorizontalMetrics({".notdef": (ADVANCE, 0)})
    builder.setupHorizontalHeader(ascent=ASCENT, descent=DESCENT)
    builder.setupNameTable({"familyName": "Invisible", "styleName": "Regular"})
    builder.setupOS2()
    builder.setupPost()
    builder.updateHead(created=0, modified=0)
    builder.font.recalcTimestamp = False
    stream = BytesIO()
    builder.save(stream)
    return stream.getvalue()


def test_the_font_is_made_as_its_recipe_says() -> None:
    """Given the recipe, it makes the file that PDFs carry, byte for byte."""
    assert (files(exports) / "invisible.ttf").read_bytes() == font_program()


def pictures_of(width: int = WIDTH, height: int = HEIGHT) -> StoredPictures:
    stream = BytesIO()
    Image.new("RGB", (width, height), "white").save(stream, "PNG")
    return StoredPictures(lambda _: stream.getvalue(), max_pixels=10**9)


def read(content: bytes) -> pypdfium2.PdfTextPage:
    return pypdfium2.PdfDocument(content)[0].get_textpage()


@pytest.mark.parametrize("text", MANY)
def test_each_text_comes_back_as_it_was(text: str) -> None:
    """Given a text of any script and direction, a PDF reader copies it in its logical order."""
    found = read(pdf.render(document([text]), pictures_of())).get_text_range()
    assert " ".join(found.split()) == text


def test_all_lines_come_back_in_reading_order() -> None:
    """Given lines of several scripts, every word comes back, in the document's order."""
    found = read(pdf.render(document(MANY), pictures_of())).get_text_range()
    assert found.split() == " ".join(MANY).split()


def test_a_word_is_found_at_its_place() -> None:
    """Given a line at 10 to 210 of 400 pixels, its second word is in the right half of that."""
    content = pdf.render(document(["uno dos"]), pictures_of())
    page = pypdfium2.PdfDocument(content)[0]
    text = page.get_textpage()
    match = text.search("dos").get_next()
    assert match is not None
    left, bottom, right, top = text.get_charbox(match[0])
    across, down = page.get_width() / WIDTH, page.get_height() / HEIGHT
    assert 110 * across <= left < right <= 210 * across
    assert (HEIGHT - 32) * down <= bottom < top <= (HEIGHT - 8) * down


def test_the_text_is_not_seen() -> None:
    """Given a white picture, the page is white: nothing of the text layer is painted."""
    page = pypdfium2.PdfDocument(pdf.render(document(MANY), pictures_of()))[0]
    assert int(np.asarray(page.render().to_pil()).min()) == 255


def test_a_translation_is_copied_where_it_is_asked_for() -> None:
    """Given a target language, the text layer is the translation."""
    translated = in_language(document(["hola"], translations={"en": ["hello"]}), "en")
    assert read(pdf.render(translated, pictures_of())).get_text_range().strip() == "hello"


def test_the_same_document_gives_the_same_bytes() -> None:
    """Given one document twice, the files are equal: a repeated delivery changes nothing."""
    made = document(MANY)
    assert pdf.render(made, pictures_of()) == pdf.render(made, pictures_of())


def test_another_picture_in_its_place_is_refused() -> None:
    """Given a picture of another size, there is no PDF whose text stands at wrong places."""
    with pytest.raises(ObjectGoneError, match="another picture"):
        pdf.render(document(["x"]), pictures_of(width=WIDTH + 1))


def test_a_picture_is_downloaded_once_for_its_pages() -> None:
    """Given two renderings of one document, its picture is asked for once."""
    asked: list[ObjectRef] = []
    inner = pictures_of()

    def download(source: ObjectRef) -> bytes:
        asked.append(source)
        return inner._download(source)

    pictures = StoredPictures(download, max_pixels=10**9)
    made: Document = document(["x"])
    pdf.render(made, pictures)
    pdf.render(made, pictures)
    assert asked == [made.source]
