"""Texts of many scripts: names of places, languages, days (CLDR); common words (wordfreq)."""

import re
import unicodedata
from functools import lru_cache

import numpy as np
from babel import Locale
from wordfreq import available_languages, top_n_list

from tests.support.line_texts import Texts

LOCALES = {
    "Latn": "en de fr es it pt nl pl cs tr vi sv id ro hu fi",
    "Hani": "zh zh_Hant ja zh ja",
    "Hang": "ko",
    "Cyrl": "ru uk bg sr mk kk be ru ru",
    "Grek": "el",
    "Arab": "ar fa ur ar",
    "Hebr": "he",
    "Deva": "hi mr ne",
    "Thai": "th",
    "Taml": "ta",
    "Telu": "te",
    "Beng": "bn",
    "Geor": "ka",
    "Armn": "hy",
    "Khmr": "km",
    "Laoo": "lo",
    "Mymr": "my",
    "Gujr": "gu",
    "Knda": "kn",
    "Mlym": "ml",
    "Sinh": "si",
    "Ethi": "am",
}
"""ISO 15924 code -> CLDR locales; a repeated one is drawn more often."""

MAIN = ("Latn", "Hani")
_UNSPACED = {"Hani", "Thai", "Khmr", "Laoo", "Mymr"}
_CASED = {"Latn", "Cyrl", "Grek", "Armn"}
_LONGEST = 60


def line(
    script: str, rng: np.random.Generator, *, locale: str | None = None, mixed: float = 0.15
) -> str:
    """One to five words, some with a number, a mark, or (a share of `mixed`) an English word.

    Without `locale`, each is of one of the script's.
    """
    if script == "Latn" and rng.random() < 0.3:
        return Texts(()).line(("receipt", "number")[rng.integers(2)], rng)
    locales = LOCALES[script].split()
    locale = locale or locales[rng.integers(len(locales))]
    words = [_word(locale, rng) for _ in range(rng.integers(1, 6) if rng.random() < 0.75 else 1)]
    if script not in MAIN and len(words) > 1 and rng.random() < mixed:
        words.insert(int(rng.integers(len(words))), _word("en", rng).title())
    if rng.random() > 0.8:
        number = str(rng.integers(1, 10 ** int(rng.integers(1, 5))))
        words.insert(int(rng.integers(len(words) + 1)), number)
    has_ascii = any(each.isascii() for word in words for each in word)
    spaced = script not in _UNSPACED or rng.random() < (0.6 if has_ascii else 0.2)
    text = (" " if spaced else "").join(words)
    if script in _CASED:
        text = (text, text.capitalize(), text.title(), text.upper(), text)[rng.integers(5)]
    text += ("", "", "", ".", ",", ":", "!", "?")[rng.integers(8)]
    return _without_accents(text)[:_LONGEST] if _is_greek_capitals(text) else text[:_LONGEST]


def _word(locale: str, rng: np.random.Generator) -> str:
    names, common = _words(locale)
    pool = common if common and rng.random() < 0.7 else names
    return pool[rng.integers(len(pool))]


@lru_cache
def _words(name: str) -> tuple[list[str], list[str]]:
    locale = Locale.parse(name)
    cities = [str(zone["city"]) for zone in locale.time_zones.values() if "city" in zone]
    calendar = [*locale.months["format"]["wide"].values(), *locale.days["format"]["wide"].values()]
    phrases = [*locale.territories.values(), *locale.languages.values(), *cities, *calendar]
    plain = [re.sub(r"\(.*?\)", "", str(phrase)).strip() for phrase in phrases]
    whole = name in {"th", "km", "lo", "my", "zh", "zh_Hant", "ja"}
    names = [word for phrase in plain for word in ([phrase] if whole else phrase.split())]
    language = name.partition("_")[0]
    common = top_n_list(language, 6000) if language in available_languages("small") else []
    return list(dict.fromkeys(filter(None, names))), common


def _is_greek_capitals(text: str) -> bool:
    return text.isupper() and any("\u0370" <= each <= "\u03ff" for each in text)


def _without_accents(text: str) -> str:
    """Greek capitals have no accents."""
    letters = unicodedata.normalize("NFD", text).replace("\u0301", "")
    return unicodedata.normalize("NFC", letters)
