"""A document as PDF: its picture, and its text as an invisible layer at the right places."""

import math
from collections.abc import Iterator
from io import BytesIO

import pikepdf
from bidi import get_display
from pikepdf import Dictionary, Name

from pipeline.models import Line, PageText
from pipeline.outcomes.document_reader import Document
from pipeline.presentation.exports.characters import printable
from pipeline.presentation.exports.invisible_font import ADVANCE, InvisibleFont
from pipeline.presentation.exports.line_geometry import LineFrame, is_right_to_left
from pipeline.presentation.exports.pictures import Jpeg, Pictures

_LONGEST_SIDE = 14_400
"""Points a side of a page may have (ISO 32000-1, Annex C)."""
_POINTS_A_PIXEL = 0.5
"""A picture of 144 pixels is an inch: a telephone's screenshot has the size of a hand."""
_DESCENT_SHARE = 0.2
"""The part of a line's height that is below its baseline."""


def render(document: Document, pictures: Pictures) -> bytes:
    """One page for each of the picture's.

    Raises:
        ObjectGoneError, PermanentError, TransientError: as `Pictures.page` has them.
    """
    with pikepdf.new() as pdf:
        texts = [
            visual_text(line.text)
            for page in document.pages
            for paragraph in page.paragraphs
            for line in paragraph.lines
        ]
        font = InvisibleFont([" ", *texts])
        resource = font.add_to(pdf)
        for page in document.pages:
            added = _page_with_picture(pdf, page, pictures.page(document, page))
            added.Resources.Font = Dictionary(Text=resource)
            added.contents_add(_text_layer(page, font))
        pdf.docinfo["/Title"] = printable(document.source.name)
        stream = BytesIO()
        # The same document gives the same bytes, so a delivery that is repeated changes nothing.
        pdf.save(stream, min_version="1.5", deterministic_id=True)
    return stream.getvalue()


def visual_text(text: str) -> str:
    """`text` in the order in which it stands on the page from left to right (UAX #9).

    PDF readers put text that runs right to left back into its logical order.
    """
    safe = printable(" ".join(text.split()))
    if safe.isascii():
        return safe
    return str(get_display(safe, base_dir="R" if is_right_to_left(safe) else "L"))


def _scale(page: PageText) -> float:
    """Points a pixel; a PDF's page keeps its size."""
    if page.points:
        return page.points[0] / page.width
    return min(_POINTS_A_PIXEL, _LONGEST_SIDE / max(page.width, page.height))


def _page_with_picture(pdf: pikepdf.Pdf, page: PageText, picture: Jpeg) -> pikepdf.Page:
    width, height = page.width * _scale(page), page.height * _scale(page)
    image = pdf.make_stream(
        picture.content,
        Type=Name.XObject,
        Subtype=Name.Image,
        Width=picture.width,
        Height=picture.height,
        ColorSpace=Name.DeviceRGB,
        BitsPerComponent=8,
        Filter=Name.DCTDecode,
    )
    added = pdf.add_blank_page(page_size=(width, height))
    added.Resources = Dictionary(XObject=Dictionary(Picture=image))
    added.contents_add(f"q {width:.3f} 0 0 {height:.3f} 0 0 cm /Picture Do Q".encode())
    return added


def _text_layer(page: PageText, font: InvisibleFont) -> bytes:
    operators = [b"BT 3 Tr"]
    for paragraph in page.paragraphs:
        for line in paragraph.lines:
            operators += _text_operators(line, page, font)
    return b"\n".join([*operators, b"ET"])


def _text_operators(line: Line, page: PageText, font: InvisibleFont) -> Iterator[bytes]:
    """Shows a line along its own direction, stretched to the length of its rectangle."""
    text = visual_text(line.text)
    frame = LineFrame.of(line)
    scale = _scale(page)
    size, length = (frame.bottom - frame.top) * scale, (frame.right - frame.left) * scale
    if not text or size <= 0 or length <= 0:
        return
    baseline = frame.bottom - _DESCENT_SHARE * (frame.bottom - frame.top)
    corners = frame.direction.polygon(frame.left, baseline, frame.right, frame.bottom)
    # A column is written downwards, on a baseline at its left.
    start, end = corners[1:3] if frame.direction.vertical else corners[:2]
    # PDF's y runs upwards.
    angle = math.atan2(start[1] - end[1], end[0] - start[0])
    cos, sin = math.cos(angle), math.sin(angle)
    x, y = start[0] * scale, (page.height - start[1]) * scale
    stretch = 100 * length / (len(text) * size * ADVANCE / 1000)
    matrix = f"{cos:.5f} {sin:.5f} {-sin:.5f} {cos:.5f} {x:.3f} {y:.3f} Tm"
    yield f"/Text {size:.3f} Tf {stretch:.3f} Tz {matrix} ".encode() + font.encoded(text) + b" Tj"
    # Readers join texts that stand close together: a space keeps the next line apart.
    yield font.encoded(" ") + b" Tj"
