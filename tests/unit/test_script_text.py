"""The text of a line after reading: order, spaces, forms of characters."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.errors import UsageError
from pipeline.ocr.scripts.normalisation import cleaned, logical, text_of
from pipeline.ocr.scripts.registry import SCRIPTS, script_named, script_of_language
from pipeline.ocr.scripts.tesseract import Word


def placed(*words: tuple[str, int, int]) -> list[Word]:
    return [Word(text, left, right, 0.9) for text, left, right in words]


def test_spaces_inside_thai_are_removed_and_real_ones_kept() -> None:
    """Given Thai letters as words and a wide gap, only the gap becomes a space."""
    words = placed(("ส", 0, 10), ("ว", 11, 20), ("ั", 15, 20), ("ส", 22, 30), ("ดี", 50, 70))
    assert text_of(words, "Thai", 48) == "สวัส ดี"


def test_a_combining_mark_joins_its_letter() -> None:
    """Given a tone mark far from its letter, there is no space before it."""
    assert text_of(placed(("ให", 0, 10), ("้", 40, 45)), "Thai", 48) == "ให้"


def test_korean_spaces_are_those_of_wide_gaps() -> None:
    """Given syllables a pixel apart and words ten apart, the words are kept apart."""
    words = placed(("날", 0, 30), ("씨", 33, 60), ("좋네요", 72, 150))
    assert text_of(words, "Hang", 48) == "날씨 좋네요"


def test_hebrew_with_latin_and_digits_is_in_logical_order() -> None:
    """Given a right-to-left line, Latin words and numbers keep their own order."""
    words = placed(("עולם", 0, 30), ("New", 40, 60), ("York", 65, 90), ("שלום", 100, 130))
    assert text_of(words, "Hebr", 48) == "שלום New York עולם"
    assert (
        text_of(placed(("12", 0, 9), ("34", 20, 29), ("שלום", 40, 60)), "Hebr", 48) == "שלום 12 34"
    )


def test_visual_arabic_becomes_logical() -> None:
    """Given the characters from left to right, Arabic words are turned, Latin ones are not."""
    assert logical("ملاع iPhone 15 ابحرم", "Arab") == "مرحبا iPhone 15 عالم"
    assert logical("привет", "Cyrl") == "привет"


@pytest.mark.parametrize(
    ("read", "text"),
    [
        ("ﻣﺮﺣﺒﺎ", "مرحبا"),
        ("\u200fשלום\u200e", "שלום"),
        ("٢٠٢٥ ۱۲", "٢٠٢٥ ۱۲"),
        ("½ ① Ａ", "½ ① Ａ"),
        ("Ωραίος σ\u00b5ή\u00b5α", "Ωραίος σμήμα"),
        ("5 \u00b5m", "5 \u00b5m"),
    ],
)
def test_forms_of_characters(read: str, text: str) -> None:
    """Given presentation forms and marks, letters come out; digits and fractions are kept."""
    assert cleaned(read) == text


@given(st.text(max_size=40))
def test_cleaning_is_stable(text: str) -> None:
    """Given any text, cleaning it twice is cleaning it once, and it is composed."""
    once = cleaned(text)
    assert cleaned(once) == once
    assert unicodedata.is_normalized("NFC", once)


@given(
    st.lists(st.tuples(st.text(min_size=1, max_size=4), st.integers(0, 99), st.integers(0, 99))),
    st.sampled_from(sorted(SCRIPTS)),
)
def test_any_words_make_a_text(words: list[tuple[str, int, int]], script: str) -> None:
    """Given any words, their visible characters come out, however they are placed."""
    text = text_of(placed(*words), script, 48)
    letters = {each for word, _, _ in words for each in cleaned(word) if each.isalpha()}
    assert {each for each in text if each.isalpha()} <= letters | set(cleaned("".join(letters)))


def test_scripts_by_name_and_language() -> None:
    """Given a name, a code or a language, its script is found; another name lists all."""
    assert script_named("Korean") is SCRIPTS["Hang"] is script_named("hang")
    assert script_of_language("uk-UA") == "Cyrl"
    assert script_of_language("en") is None
    with pytest.raises(UsageError, match=r"no script 'klingon'.*korean"):
        script_named("klingon")
