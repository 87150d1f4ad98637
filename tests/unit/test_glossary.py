"""The glossary: its file format, and the terms that it translates inside a text."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.errors import ConfigurationError
from pipeline.translation.glossary import Glossary, parse_glossary, protect, restore

CSV = """source_language,target_language,source,translation
# allergens
es,en,frutos secos,tree nuts
es,en,Frutos secos y soja,nuts and soy
*,en,gluten,gluten
es,*,"Coca, la nuestra","Coca, la nuestra"

es,pt-BR,jugo,suco
"""


def glossary() -> Glossary:
    return parse_glossary(CSV.encode(), "glossary.csv")


def test_comments_and_empty_lines_are_not_entries() -> None:
    """Given a header, a comment and an empty line, when read, then only entries count."""
    assert len(glossary()) == 5


@pytest.mark.parametrize(
    ("text", "source", "target", "expected"),
    [
        ("Frutos  SECOS", "es", "en", "Tree nuts"),
        (" frutos  SECOS", "es", "en", "tree nuts"),
        ("FRUTOS SECOS", "es", "en", "TREE NUTS"),
        ("frutos\nsecos", "es-MX", "en-GB", "tree nuts"),
        ("Gluten", "fr", "en", "Gluten"),
        ("coca, la nuestra", "es", "ja", "Coca, la nuestra"),
        ("jugo", "es", "pt-BR", "suco"),
        ("jugo", "es", "pt", None),
        ("frutos", "es", "en", None),
        ("frutos secos", "es", "fr", None),
    ],
)
def test_a_text_equal_to_an_entry_is_found(
    text: str, source: str, target: str, expected: str | None
) -> None:
    """Given a text, when it equals the source of an entry, then the entry's
    translation is found.
    """
    assert glossary().whole(text, source, target) == expected


def test_the_longest_terms_inside_a_text_are_found() -> None:
    """Given a text, when its terms are searched, then the longest ones are found in order."""
    text = "Puede contener GLUTEN, frutos secos y soja. Glutenfrei."
    found = glossary().terms(text, "es", "en")
    assert [(text[start:end], translation) for start, end, translation in found] == [
        ("GLUTEN", "GLUTEN"),
        ("frutos secos y soja", "nuts and soy"),
    ]


def test_protected_terms_are_restored() -> None:
    """Given a protected text, when its placeholders come back, then the terms replace them."""
    text = "Contiene gluten y frutos secos"
    terms = glossary().terms(text, "es", "en")
    guarded = protect(text, terms)
    assert "gluten" not in guarded
    moved = " ".join(reversed(guarded.upper().split()))
    assert restore(moved, terms) == "tree nuts Y gluten CONTIENE"


@pytest.mark.parametrize("broken", ["Contains", "Zqxa Zqxa Zqxb", "Zqxaa and Zqxb"])
def test_a_lost_or_repeated_placeholder_is_none(broken: str) -> None:
    """Given an engine that lost or repeated a placeholder, when restored, then the
    result is None.
    """
    terms = glossary().terms("gluten y frutos secos", "es", "en")
    assert restore(broken, terms) is None


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        ("es,en,only three", "3 columns"),
        ("es,en,,empty", "must not be empty"),
        ("xx-nowhere-1,en,a,b", "not a language"),
        ("es,en,FRUTOS secos,again", "already on line 3"),
    ],
)
def test_a_bad_line_is_named_with_its_number(line: str, problem: str) -> None:
    """Given a bad line, when read, then the error names the file, the line and the problem."""
    with pytest.raises(ConfigurationError) as caught:
        parse_glossary((CSV + line + "\nde,en,also bad\n").encode(), "my.csv")
    first, second = str(caught.value).splitlines()
    assert first.startswith("my.csv, line 9: ")
    assert problem in first
    assert second.startswith("my.csv, line 10: 3 columns")


def test_the_sample_glossary_has_all_pairs() -> None:
    """Given the glossary of the samples, when read, then it has all pairs of English,
    Spanish and French.
    """
    content = (Path(__file__).parent.parent.parent / "samples" / "glossary.csv").read_bytes()
    shipped = parse_glossary(content, "glossary.csv")
    assert len(shipped) > 500
    texts = {"en": "Emergency exit", "es": "Salida de emergencia", "fr": "Sortie de secours"}
    for source, text in texts.items():
        for target, translation in texts.items():
            if source != target:
                assert shipped.whole(text, source, target) == translation


def test_a_changed_translation_changes_the_digest() -> None:
    """Given one changed translation, when digested, then the digest differs."""
    other = parse_glossary(CSV.replace("suco", "sumo").encode(), "g.csv")
    assert other.digest != glossary().digest == glossary().digest


def test_another_encoding_is_an_error() -> None:
    """Given another encoding, when read, then the error names the line where it starts."""
    with pytest.raises(ConfigurationError, match=r"my\.csv, line 2: not UTF-8"):
        parse_glossary("es,en,a,b\nes,en,caf\u00e9,coffee\n".encode("latin-1"), "my.csv")


@given(
    content=st.binary(max_size=300)
    | st.text(max_size=300).map(lambda text: text.encode("utf-8", "ignore"))
)
def test_any_bytes_are_a_glossary_or_an_error(content: bytes) -> None:
    """Given any bytes, when read, then the result is a glossary or a ConfigurationError."""
    try:
        parse_glossary(content, "x.csv")
    except ConfigurationError as caught:
        problem = str(caught)
    else:
        problem = "x.csv, line "
    assert problem.startswith("x.csv, line ")
