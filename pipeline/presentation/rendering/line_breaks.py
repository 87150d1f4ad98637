"""Where a line of text may end: after words, after phrases of unspaced scripts, or anywhere."""

import re
import unicodedata
from collections.abc import Callable
from functools import cache

import budoux

from pipeline.language.scripts import is_unspaced
from pipeline.language.tags import primary

_NEVER_FIRST = frozenset(
    "、。，．・：；？！ー～…‥）］｝〉》」』】〕’”々ぁぃぅぇぉっゃゅょゎァィゥェォッャュョヮヵヶ"  # noqa: RUF001 - the marks of Chinese and Japanese
    ")]}!?,.:;%"
)
_NEVER_LAST = frozenset("（［｛〈《「『【〔‘“([{")  # noqa: RUF001 - the same
_WORDS = re.compile(r"\S+\s*")
_JOINER = "\u200d"


def phrases(text: str, language: str) -> list[str]:
    """Parts between which a line may end; spaces stay at the end of the part before them.

    Words without spaces between them are found by BudouX's models; in Khmer, Lao and
    Burmese, of which it has none, every character is a part.
    """
    parse = _parser(primary(language), "Hant" in language)
    return [
        part
        for word in _WORDS.findall(text)
        for part in (parse(word) if is_unspaced(word.strip()) else [word])
    ]


def characters(text: str) -> list[str]:
    """Parts as small as can be drawn: characters with their marks, brackets and closing marks."""
    parts: list[str] = []
    for character in text:
        if parts and _continues(parts[-1], character):
            parts[-1] += character
        else:
            parts.append(character)
    return parts


def _continues(part: str, character: str) -> bool:
    is_mark = unicodedata.category(character) in {"Mn", "Mc", "Me", "Cf"}
    return (
        is_mark
        or character.isspace()
        or character in _NEVER_FIRST
        or part[-1] in _NEVER_LAST
        or part[-1] == _JOINER
    )


@cache
def _parser(language: str, is_traditional: bool) -> Callable[[str], list[str]]:
    loaders = {
        "ja": budoux.load_default_japanese_parser,
        "th": budoux.load_default_thai_parser,
        "zh": budoux.load_default_simplified_chinese_parser,
    }
    if language in {"zh", "yue"} and is_traditional:
        loaders[language] = budoux.load_default_traditional_chinese_parser
    if language not in loaders:
        return characters
    parse: Callable[[str], list[str]] = loaders[language]().parse
    return parse
