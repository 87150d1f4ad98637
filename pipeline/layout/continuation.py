# ruff: noqa: RUF001 - punctuation of every script is what this module is about
"""Whether the text of one line goes on in the next, and how the two are put together."""

import re
from dataclasses import dataclass

from pipeline.language.scripts import is_ideographic
from pipeline.language.text_forms import ends_with_sentence_mark, is_address, is_all_caps
from pipeline.layout.line_text import SPLIT_WORD

_LETTER = r"[^\W\d_]"
_WORD = re.compile(rf"{_LETTER}+")
_LAST_WORD = re.compile(rf"{_LETTER}+$")
_PRICE_AT_END = re.compile(r"\d[.,]\d\d\s*(?:[€$£¥%]|EUR|USD|GBP)?\s*[A-Z]?$")
_BULLET = re.compile(r"[-–—•·・*●○▪■□◆◇※►▶✓]\s*\S|\(?\d{1,2}[.)]\s|[①-⑳]|【")
_JAPANESE_END = re.compile(r"(?:です|ます|ません|ました|ください|下さい)[\"'»”’)\]）」』]*$")
_OPEN_END = re.compile(r"[,;/&+、，；(（「『-]$")
_LABEL = re.compile(rf"{_LETTER}[\w.]*(?: [\w.]+){{0,2}} ?:")
_POSTCODE = re.compile(rf"\d{{5}},? ?{_LETTER}{{3}}")

_LONG_ENOUGH = 20
_LONG_ENOUGH_IDEOGRAPHIC = 8


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


# Words a phrase neither ends with nor stands without: a line that ends or begins with
# one belongs to its neighbour. English, Spanish, French, Catalan, Portuguese, Italian.
_LEADS_ON = _words(
    "a an and as at but by for from in into is its no not of on or our the their this to with"
    " your al con de del desde e el en entre es este hasta la las los para pero por que se sin"
    " su sus un una y au aux avec ce ces cette chez dans des du est et le les leur ne ou par"
    " pas pour qui sans ses son sur une votre vos amb als d dels els és i per sense seva ao"
    " aos com da das do dos em na nas o os pela pelo seu sua um uma alla all che dal dalla"
    " della delle di gli il l lo nel nella non si"
)
_FOLLOWS = _words(
    "a à and as at but by for from in into of on or to with al con de del desde en entre hasta"
    " para por que sin y au aux avec chez dans des du et ou par pour sans sur amb als dels per"
    " sense ao com da das do dos em pela pelo dal dalla della di nel nella"
)
_PARTICLES_FIRST = frozenset("をにはがのとでへもや的")
_PARTICLES_LAST = frozenset("をにはがのとでへ的和与及")


def is_quantity(text: str) -> bool:
    """Whether it is a number, a price, a code: digits, and hardly a word beside them."""
    letters = sum(map(str.isalpha, text))
    digits = sum(map(str.isdigit, text))
    return digits > 0 and letters <= max(2, 0.6 * digits)


@dataclass(frozen=True, slots=True)
class LineEnd:
    """The end of one line and the line under it.

    Attributes:
        first: the paragraph's first line, maybe `above` itself.
        above: the line that ends.
        below: the line under it.
        full: the next word would not have fitted on it.
        prose: the lines around run on too; otherwise the longest line is full for no reason.
        in_table: a number stands beside one of the two.
        in_sentence: a line further down ends a sentence.
    """

    first: str
    above: str
    below: str
    full: bool = False
    prose: bool = False
    in_table: bool = False
    in_sentence: bool = False


def continues(end: LineEnd) -> bool:
    """Whether the text goes on in the line below."""
    if _stands_alone(end.above, end.below):
        return False
    if is_ideographic(end.above[-1:]) and is_ideographic(end.below[:1]):
        return _continues_ideographic(end)
    if ends_sentence(end.above):
        return bool(_POSTCODE.match(end.below)) or (end.full and end.prose)
    if _reaches_over(end):
        return True
    if is_all_caps(end.above) and is_all_caps(end.below):
        return not end.in_table and _continues_capitals(end)
    return not end.in_table and end.full and end.prose and len(end.above) >= _LONG_ENOUGH


def _stands_alone(above: str, below: str) -> bool:
    return bool(
        _BULLET.match(below)
        or _PRICE_AT_END.search(above)
        or (is_quantity(above) and is_quantity(below))
        or (below[:1].isupper() and _LABEL.match(below))
        or _has_address(above)
        or _has_address(below)
    )


def _reaches_over(end: LineEnd) -> bool:
    """Whether a word or a sign at the line's end shows that the phrase is not over."""
    if SPLIT_WORD.search(end.above) or _OPEN_END.search(end.above) or _POSTCODE.match(end.below):
        return True
    last, next_word = _LAST_WORD.search(end.above), _WORD.match(end.below)
    if last and last[0].lower() in _LEADS_ON:
        return True
    # Where items are set in small letters throughout, a small letter tells nothing; and in
    # capitals small words tell what small letters tell elsewhere.
    if is_all_caps(end.above) and is_all_caps(end.below):
        return bool(next_word and next_word[0].lower() in _FOLLOWS)
    if is_quantity(end.above) or is_quantity(end.below) or end.first[:1].islower():
        return False
    return bool(next_word and next_word[0][0].islower())


def _continues_capitals(end: LineEnd) -> bool:
    if any(map(str.isdigit, end.above + end.below)):
        return end.full and end.prose
    return end.in_sentence or (end.full and len(end.above) >= _LONG_ENOUGH)


def _continues_ideographic(end: LineEnd) -> bool:
    if ends_sentence(end.above):
        return end.full and end.prose
    if _OPEN_END.search(end.above) or end.above[-1] in _PARTICLES_LAST:
        return True
    if end.below[0] in _PARTICLES_FIRST:
        return True
    return end.full and not end.in_table and len(end.above) >= _LONG_ENOUGH_IDEOGRAPHIC


def ends_sentence(text: str) -> bool:
    """Whether a sentence may end here."""
    return ends_with_sentence_mark(text) or bool(_JAPANESE_END.search(text))


def _has_address(text: str) -> bool:
    return any(is_address(word.strip("().,:;")) for word in text.split())
