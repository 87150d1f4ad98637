"""Texts that need no translation: numbers, prices, measures, codes, addresses."""

import re

from pipeline.language.scripts import AFTER_LATIN
from pipeline.language.text_forms import is_address

_UNIT = re.compile(
    r"EUR|USD|GBP|CHF|JPY|CNY|[km]?g|mg|[cmdk]?[lm]|mm|cal|kcal|kJ|k?W|k?Wh|m?A|V|Hz|[\u00b0\u00ba]?[CF]|h|hrs?|min|x",
    re.IGNORECASE,
)


def is_untranslatable(text: str) -> bool:
    """Whether a text is the same in every language.

    Such texts are numbers, prices, dates in digits, measures, codes, web and e-mail addresses,
    single letters, and texts without any letter.
    """
    words = text.split()
    if len(words) == 1 and len(words[0]) == 1 and ord(words[0]) < AFTER_LATIN:
        return True
    return all(_is_neutral(word, beside_digits=_has_digit(text)) for word in words)


def _is_neutral(word: str, *, beside_digits: bool) -> bool:
    core = word.strip("().,:;/*+-")
    if not any(character.isalpha() for character in core) or is_address(core):
        return True
    if _has_digit(core):
        # Latin letters with a digit are a code or a measure. Other scripts may have no spaces,
        # so that the word may be a sentence.
        return all(ord(character) < AFTER_LATIN for character in core)
    return beside_digits and _UNIT.fullmatch(core) is not None


def _has_digit(text: str) -> bool:
    return any(character.isdigit() for character in text)
