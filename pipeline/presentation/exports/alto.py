"""A document as ALTO 4.2 (https://www.loc.gov/standards/alto/)."""

import re
from collections.abc import Iterator
from itertools import count
from xml.etree import ElementTree as ET

from pipeline.models import Line, PageText, Paragraph
from pipeline.outcomes.document_reader import Document
from pipeline.presentation.exports.characters import printable
from pipeline.presentation.exports.line_geometry import Box, box_around, words_of

_NAMESPACE = "http://www.loc.gov/standards/alto/ns-v4#"
_SCHEMA = "http://www.loc.gov/standards/alto/v4/alto-4-2.xsd"
_XSI = "http://www.w3.org/2001/XMLSchema-instance"
_LANGUAGE = re.compile(r"[a-zA-Z]{1,8}(-[a-zA-Z0-9]{1,8})*")
"""`xsd:language`."""


def render(document: Document) -> bytes:
    """UTF-8; places in pixels, word places estimated from the words' share of their line."""
    attributes = {
        "xmlns": _NAMESPACE,
        "xmlns:xsi": _XSI,
        "xsi:schemaLocation": f"{_NAMESPACE} {_SCHEMA}",
        "SCHEMAVERSION": "4.2",
    }
    alto = ET.Element("alto", attributes)
    description = ET.SubElement(alto, "Description")
    ET.SubElement(description, "MeasurementUnit").text = "pixel"
    image = ET.SubElement(description, "sourceImageInformation")
    ET.SubElement(image, "fileName").text = printable(document.source.uri)
    step = ET.SubElement(description, "Processing", {"ID": "processing"})
    software = ET.SubElement(step, "processingSoftware")
    ET.SubElement(software, "softwareName").text = "image-translation"
    layout = ET.SubElement(alto, "Layout")
    numbers = count(1), count(1), count(1)
    for page in document.pages:
        _add_page(layout, page, numbers)
    ET.indent(alto)
    return bytes(ET.tostring(alto, encoding="utf-8", xml_declaration=True)) + b"\n"


_Numbers = tuple[Iterator[int], Iterator[int], Iterator[int]]


def _add_page(layout: ET.Element, page: PageText, numbers: _Numbers) -> None:
    size = {"WIDTH": str(page.width), "HEIGHT": str(page.height)}
    number = str(page.index + 1)
    attributes = {"ID": f"page_{number}", "PHYSICAL_IMG_NR": number, **size}
    element = ET.SubElement(layout, "Page", attributes)
    space = ET.SubElement(element, "PrintSpace", {"HPOS": "0", "VPOS": "0", **size})
    for paragraph in page.paragraphs:
        _add_paragraph(space, page, paragraph, numbers)


def _add_paragraph(
    parent: ET.Element, page: PageText, paragraph: Paragraph, numbers: _Numbers
) -> None:
    box = box_around([line.polygon for line in paragraph.lines], page.width, page.height)
    block = ET.SubElement(parent, "TextBlock", {"ID": f"block_{next(numbers[0])}", **_place(box)})
    if _LANGUAGE.fullmatch(paragraph.language):
        block.set("LANG", paragraph.language)
    for line in paragraph.lines:
        _add_line(block, page, line, numbers)


def _add_line(block: ET.Element, page: PageText, line: Line, numbers: _Numbers) -> None:
    place = _place(box_around([line.polygon], page.width, page.height))
    element = ET.SubElement(block, "TextLine", {"ID": f"line_{next(numbers[1])}", **place})
    shape = ET.SubElement(element, "Shape")
    points = " ".join(f"{x:g},{y:g}" for x, y in line.polygon)
    ET.SubElement(shape, "Polygon", {"POINTS": points})
    words = list(words_of(line))
    for index, word in enumerate(words):
        if index:
            ET.SubElement(element, "SP")
        attributes = {
            "ID": f"string_{next(numbers[2])}",
            "CONTENT": printable(word.text),
            "WC": f"{line.confidence:.4f}",
            **_place(box_around([word.polygon], page.width, page.height)),
        }
        ET.SubElement(element, "String", attributes)
    if not words:
        # The schema wants a string in every line; a translation may leave a line without one.
        attributes = {"ID": f"string_{next(numbers[2])}", "CONTENT": "", **place}
        ET.SubElement(element, "String", attributes)


def _place(box: Box) -> dict[str, str]:
    left, top, right, bottom = box
    return {
        "HPOS": str(left),
        "VPOS": str(top),
        "WIDTH": str(right - left),
        "HEIGHT": str(bottom - top),
    }
