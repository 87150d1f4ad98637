"""The text of a line after it was read: order of words, spaces, forms of characters; pure."""

import re
import unicodedata
from collections.abc import Iterable, Sequence
from itertools import groupby, pairwise

from pipeline.language.scripts import RIGHT_TO_LEFT, is_unspaced, script_of
from pipeline.ocr.scripts.tesseract import Word

_GAP = {"Hang": 0.18, "unspaced": 0.25}
"""Least gap between words, in heights of the line picture, where the words may touch."""

_CLOSING = ",.:;!?)"
"""Marks that follow their word without a space."""

_DIRECTION_MARKS = re.compile("[\u200e\u200f\u061c\u202a-\u202e\u2066-\u2069]")
_PRESENTATION = re.compile("[\ufb1d-\ufdff\ufe70-\ufefc]+")
"""Hebrew and Arabic presentation forms; NFKC gives the letters they are forms of."""


def text_of(words: Iterable[Word], script: str, height: int) -> str:
    """The words, in reading order, as one text in logical order.

    `height` is the line picture's, in pixels. Of right-to-left lines the places decide.
    """
    ordered = list(words)
    if script in RIGHT_TO_LEFT:
        ordered = _from_the_right(sorted(ordered, key=lambda word: word.left))
    text = "".join(word.text + _space(word, after, height) for word, after in pairwise(ordered))
    return cleaned(text + "".join(word.text for word in ordered[-1:]))


def cleaned(text: str) -> str:
    """Letters instead of presentation forms, composed, without marks of direction.

    Other compatibility characters stay: NFKC would turn a full-width form, a fraction or a
    digit in a circle into another text.
    """
    text = _DIRECTION_MARKS.sub("", text)
    text = _PRESENTATION.sub(lambda found: unicodedata.normalize("NFKC", found[0]), text)
    if any(script_of(each) == "Grek" for each in text):
        text = text.replace("\u00b5", "\u03bc")  # the sign of a millionth, for the letter
    return unicodedata.normalize("NFC", text).strip()


def logical(text: str, script: str) -> str:
    """A text whose words a recogniser gave from left to right, in logical order.

    PP-OCR's recognisers of Arabic and Hebrew give the characters of a word as the line shows them.
    """
    if script not in RIGHT_TO_LEFT:
        return text
    words = [Word(word, place, place, 1.0) for place, word in enumerate(text.split())]
    ordered = (w.text if _runs_rightward(w) else w.text[::-1] for w in _from_the_right(words))
    return " ".join(ordered)


def _from_the_right(words: Sequence[Word]) -> list[Word]:
    """The logical order of a right-to-left line: runs of Latin words and numbers stay together."""
    ordered: list[Word] = []
    for is_rightward, run in groupby(reversed(words), key=_runs_rightward):
        group = list(run)
        ordered += reversed(group) if is_rightward else group
    return ordered


def _runs_rightward(word: Word) -> bool:
    letters = [script_of(each) for each in word.text if each.isalpha()]
    if not letters:
        return any(map(str.isdigit, word.text))
    return not RIGHT_TO_LEFT & set(letters)


def _space(word: Word, after: Word, height: int) -> str:
    end, start = word.text[-1], after.text[0]
    if unicodedata.category(start) == "Mn" or not after.text.strip(_CLOSING):
        return ""
    gap = max(after.left - word.right, word.left - after.right)
    if script_of(end) == script_of(start) == "Hang":
        return " " if gap >= _GAP["Hang"] * height else ""
    if is_unspaced(end) and is_unspaced(start):
        return " " if gap >= _GAP["unspaced"] * height else ""
    return " "
