"""The identification of languages: how many short texts it names correctly."""

import random
from collections import defaultdict
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.language.identification import LanguageIdentifier
from pipeline.language.tags import UNDETERMINED, parse_language

STRINGS = Path(__file__).parent.parent / "data" / "identification.tsv"


@pytest.fixture(scope="module")
def strings() -> dict[str, list[str]]:
    by_language: dict[str, list[str]] = defaultdict(list)
    for row in STRINGS.read_text(encoding="utf-8").splitlines():
        if not row.startswith("#"):
            language, text = row.split("\t")
            by_language[language].append(text)
    return by_language


def languages(identifier: LanguageIdentifier, *texts: str) -> list[str]:
    return [guess.language for guess in identifier.identify(texts)]


def test_the_file_has_300_short_strings(strings: dict[str, list[str]]) -> None:
    """Given the file of strings, when counted, then it has 300 strings of one to four
    words in 11 languages.
    """
    texts = [text for members in strings.values() for text in members]
    assert len(strings) == 11
    assert len(set(texts)) == len(texts) >= 300
    assert all(1 <= len(text.split()) <= 4 for text in texts)


@pytest.mark.parametrize("change", [str, str.upper, str.lower])
def test_95_percent_of_single_strings_are_right(
    identifier: LanguageIdentifier, strings: dict[str, list[str]], change: type[str]
) -> None:
    """Given single strings in any case, when identified, then 95 % are right."""
    asked = [(language, text) for language, members in strings.items() for text in members]
    right = [languages(identifier, change(text)) == [language] for language, text in asked]
    assert sum(right) / len(right) >= 0.95


def test_99_percent_of_images_with_five_strings_are_right(
    identifier: LanguageIdentifier, strings: dict[str, list[str]]
) -> None:
    """Given five strings of an image, when identified together, then 99 % of the
    images are right.
    """
    chosen = random.Random(11)
    right = []
    for language, members in strings.items():
        for _ in range(60):
            found = languages(identifier, *chosen.sample(members, 5))
            right.append(found == [language] * 5)
    assert sum(right) / len(right) >= 0.99


def test_90_percent_of_images_in_two_languages_are_right(
    identifier: LanguageIdentifier, strings: dict[str, list[str]]
) -> None:
    """Given four strings and one in another language, when identified, then 90 % of
    the images are right.
    """
    chosen = random.Random(12)
    latin = [each for each in strings if each not in {"ja", "ko", "ru", "zh"}]
    recognised, kept = [], []
    for _ in range(400):
        own, foreign = chosen.sample(latin, 2)
        texts = [*chosen.sample(strings[own], 4), chosen.choice(strings[foreign])]
        found = languages(identifier, *texts)
        recognised.append(found[4] == foreign)
        kept += [each == own for each in found[:4]]
    assert sum(recognised) / len(recognised) >= 0.9
    assert sum(kept) / len(kept) >= 0.99


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("\u975e\u5e38\u53e3\u306f\u3053\u3061\u3089", "ja"),
        ("\uff76\uff80\uff76\uff85", "ja"),
        ("\u51fa\u53e3 EXIT", "zh"),
        ("\ube44\uc0c1\uad6c", "ko"),
        ("\u0388\u03be\u03bf\u03b4\u03bf\u03c2", "el"),
        ("\u0e17\u0e32\u0e07\u0e2d\u0e2d\u0e01", "th"),
        ("\u05d9\u05e6\u05d9\u05d0\u05d4", "he"),
        ("\u0916\u0924\u0930\u093e", "hi"),
        ("\u0645\u062e\u0631\u062c", "ar"),
        ("\u062e\u0631\u0648\u062c \u0627\u0636\u0637\u0631\u0627\u0631\u06cc", "fa"),
        ("\u0412\u0438\u0445\u0456\u0434", "uk"),
        ("SORTIDA D'EMERG\u00c8NCIA", "ca"),
        ("Wyj\u015bcie awaryjne", "pl"),
        ("\uff25\uff38\uff29\uff34 \uff4f\uff4e\uff4c\uff59", "en"),
    ],
)
def test_a_script_has_its_language(
    identifier: LanguageIdentifier, text: str, language: str
) -> None:
    """Given a text in some script, when identified, then it has a language of that script."""
    assert languages(identifier, text) == [language]


def test_kana_makes_han_characters_japanese(identifier: LanguageIdentifier) -> None:
    """Given Han characters beside a line with kana, when identified, then both are Japanese."""
    alone = languages(identifier, "\u55b6\u696d\u4e2d")
    beside = languages(identifier, "\u55b6\u696d\u4e2d", "\u3088\u3046\u3053\u305d")
    assert (alone, beside) == (["zh"], ["ja", "ja"])


def test_texts_in_several_scripts_have_their_languages(identifier: LanguageIdentifier) -> None:
    """Given texts in several scripts, when identified, then each has its language."""
    texts = ("Salida de emergencia", "\ube44\uc0c1\uad6c", "\u0412\u044b\u0445\u043e\u0434")
    assert languages(identifier, *texts) == ["es", "ko", "ru"]


@pytest.mark.parametrize("text", ["", "  ", "12,50 \u20ac", "+34 91 123-45-67", "\u2603 \u2192"])
def test_a_text_without_letters_is_undetermined(identifier: LanguageIdentifier, text: str) -> None:
    """Given a text without letters, when identified, then it is `und` with confidence 0."""
    (guess,) = identifier.identify([text])
    assert (guess.language, guess.confidence) == (UNDETERMINED, 0.0)


def test_letters_that_form_no_words_are_undetermined(identifier: LanguageIdentifier) -> None:
    """Given letters that form no words, when identified, then the language is `und`."""
    (guess,) = identifier.identify(["WC"])
    assert (guess.language, guess.confidence < 0.5) == (UNDETERMINED, True)


@given(texts=st.lists(st.text(max_size=60), max_size=5))
def test_any_text_has_a_tag_and_a_confidence(
    identifier: LanguageIdentifier, texts: list[str]
) -> None:
    """Given any texts, when identified, then each has a tag and a confidence from 0 to 1."""
    guesses = identifier.identify(texts)
    assert len(guesses) == len(texts)
    for guess in guesses:
        assert guess.language == UNDETERMINED or parse_language(guess.language) == guess.language
        assert 0.0 <= guess.confidence <= 1.0
