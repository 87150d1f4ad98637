"""A document as hOCR 1.2 (http://kba.github.io/hocr-spec/1.2/)."""

from collections.abc import Iterator
from itertools import count
from xml.etree import ElementTree as ET

from pipeline.images.pdf import POINTS_AN_INCH
from pipeline.models import PageText, Paragraph
from pipeline.outcomes.document_reader import Document
from pipeline.presentation.exports.characters import printable
from pipeline.presentation.exports.line_geometry import Box, box_around, is_right_to_left, words_of

_PROLOGUE = (
    b'<?xml version="1.0" encoding="UTF-8"?>\n'
    b'<!DOCTYPE html PUBLIC "-//W3C//DTD XHTML 1.0 Transitional//EN"'
    b' "http://www.w3.org/TR/xhtml1/DTD/xhtml1-transitional.dtd">\n'
)
_CAPABILITIES = "ocr_page ocr_par ocr_line ocrx_word ocrp_lang ocrp_dir"


def render(document: Document) -> bytes:
    """XHTML; word boxes are estimated from the words' share of their line."""
    html = ET.Element("html", {"xmlns": "http://www.w3.org/1999/xhtml"})
    head = ET.SubElement(html, "head")
    ET.SubElement(head, "title").text = printable(document.source.name)
    for name, content in (
        ("ocr-system", "image-translation"),
        ("ocr-capabilities", _CAPABILITIES),
        ("ocr-langs", " ".join(sorted({p.language for p in document.paragraphs})) or "unknown"),
        ("ocr-number-of-pages", str(len(document.pages))),
    ):
        ET.SubElement(head, "meta", {"name": name, "content": content})
    body = ET.SubElement(html, "body")
    numbers = count(1), count(1), count(1)
    for page in document.pages:
        box = _bbox((0, 0, page.width, page.height))
        title = f"image {_quoted(document.source.uri)}; {box}; ppageno {page.index}"
        if page.points:
            dpi = round(POINTS_AN_INCH * page.width / page.points[0])
            title += f"; scan_res {dpi} {dpi}"
        attributes = {"class": "ocr_page", "id": f"page_{page.index + 1}", "title": title}
        element = ET.SubElement(body, "div", attributes)
        for paragraph in page.paragraphs:
            _add_paragraph(element, page, paragraph, numbers)
    ET.indent(html)
    return _PROLOGUE + bytes(ET.tostring(html, encoding="utf-8")) + b"\n"


def _add_paragraph(
    parent: ET.Element,
    page: PageText,
    paragraph: Paragraph,
    numbers: tuple[Iterator[int], Iterator[int], Iterator[int]],
) -> None:
    paragraphs, lines, words = numbers
    title = _bbox(box_around([line.polygon for line in paragraph.lines], page.width, page.height))
    attributes = {"class": "ocr_par", "id": f"par_{next(paragraphs)}", "title": title}
    attributes |= {"lang": paragraph.language, "xml:lang": paragraph.language}
    if is_right_to_left(paragraph.text):
        attributes["dir"] = "rtl"
    element = ET.SubElement(parent, "p", attributes)
    for line in paragraph.lines:
        title = _bbox(box_around([line.polygon], page.width, page.height))
        attributes = {"class": "ocr_line", "id": f"line_{next(lines)}", "title": title}
        span = ET.SubElement(element, "span", attributes)
        for word in words_of(line):
            box = _bbox(box_around([word.polygon], page.width, page.height))
            title = f"{box}; x_wconf {round(100 * line.confidence)}"
            attributes = {"class": "ocrx_word", "id": f"word_{next(words)}", "title": title}
            ET.SubElement(span, "span", attributes).text = printable(word.text)


def _bbox(box: Box) -> str:
    return "bbox " + " ".join(map(str, box))


def _quoted(name: str) -> str:
    """A string of an hOCR property: no quotes, backslashes or line ends inside."""
    unsafe: dict[str, str | int | None] = {
        '"': "%22",
        "\\": "%5C",
        "\n": "%0A",
        "\r": "%0D",
        "\t": "%09",
        ";": "%3B",
    }
    return '"' + printable(name).translate(str.maketrans(unsafe)) + '"'
