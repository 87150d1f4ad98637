"""Forms of text in any language: all capitals, sentence ends, web and e-mail addresses."""

import re

CAPITALS = r"A-Z\u00c0-\u00de"
"""Capital letters of Western European languages, for use inside a character class."""

_CLOSING = r"['\")\]\u00bb\u201d\u2019\u300d\u300f\uff09]*"  # quotes and brackets after the mark
_MARK = r"[.!?\u2026]"
_IDEOGRAPHIC_MARK = r"[\u3002\uff01\uff1f\uff0e\uff61]"

SENTENCE_BREAK = re.compile(rf"{_MARK}{_CLOSING}\s+|{_IDEOGRAPHIC_MARK}{_CLOSING}\s*|\n+")
"""Possible sentence ends, where a text that is too long may be cut; includes abbreviations."""

SENTENCE_END = re.compile(
    # Before a capital, but not after an abbreviation such as `Sr.`, `Av.` or an initial.
    rf"(?<!\b[A-Z])(?<!\b[A-Z][a-z])(?<!\b[A-Z][a-z][a-z]){_MARK}{_CLOSING}\s+"
    rf"(?=[\u00bf\u00a1(\"']?[0-9{CAPITALS}])"
    rf"|{_IDEOGRAPHIC_MARK}{_CLOSING}\s*"
)
"""Certain sentence ends: the next sentence begins where a match ends."""

_FINAL = re.compile(rf"(?:{_MARK}|{_IDEOGRAPHIC_MARK}){_CLOSING}$")

_ADDRESS = re.compile(
    r"(?i:(?:https?://|www\.)\S+|[^\s@]+@[^\s@]+\.\w+)"
    # A domain must be lower case: `Cerrado.No` is two words whose space was not recognised.
    r"|(?:[a-z0-9-]+\.)+(?:app|biz|cat|cn|com|de|dev|es|eu|fr|gov|info|io|it|jp|kr|mx|net|nl|org|pt"
    r"|ru|uk|us)(?:/\S*)?"
)


def is_all_caps(text: str) -> bool:
    """Whether a text is in capitals: it has at least two letters, and none is lower case."""
    return sum(map(str.isalpha, text)) > 1 and text == text.upper() != text.lower()


def ends_with_sentence_mark(text: str) -> bool:
    """Whether a text ends with a mark that may end a sentence, before closing quotes if any."""
    return bool(_FINAL.search(text))


def is_address(word: str) -> bool:
    """Whether a word without spaces is a web or e-mail address."""
    return bool(_ADDRESS.fullmatch(word))
