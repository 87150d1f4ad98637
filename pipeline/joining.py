# ruff: noqa: RUF001 - punctuation of every script is what this module is about
"""Whether the text of one line goes on in the next, and how the two are put together."""

import re
from collections.abc import Sequence
from functools import reduce

_LETTER = r"[^\W\d_]"
_WORD = re.compile(rf"{_LETTER}+")
_LAST_WORD = re.compile(rf"{_LETTER}+$")
_PRICE_AT_END = re.compile(r"\d[.,]\d\d\s*(?:[€$£¥%]|EUR|USD|GBP)?\s*[A-Z]?$")
_BULLET = re.compile(r"[-–—•·*●○▪■□◆◇※►▶✓]\s*\S|\(?\d{1,2}[.)]\s|[①-⑳]|【")
_SENTENCE_END = re.compile(
    r"(?:[.!?…。！？｡]|です|ます|ません|ました|ください|下さい)[\"'»”’)\]）」』]*$"
)
_OPEN_END = re.compile(r"[,;/&+、，；(（「『-]$")
_LABEL = re.compile(rf"{_LETTER}+\.?(?: {_LETTER}+\.?){{0,2}} ?:")
_ADDRESS = re.compile(r"\S@\S+\.|www\.|https?:|\.com\b", re.IGNORECASE)
_POSTCODE = re.compile(rf"\d{{5}},? ?{_LETTER}{{3}}")
_SPLIT_WORD = re.compile(rf"({_LETTER})[-‐¬\u00ad]$")

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


def is_ideographic(character: str) -> bool:
    """Whether it is of a script written without spaces: Han, kana, their punctuation."""
    return "\u3000" <= character <= "\u9fff" or "\uf900" <= character <= "\uffef"


def is_quantity(text: str) -> bool:
    """Whether it is a number, a price, a code: digits, and hardly a word beside them."""
    letters = sum(map(str.isalpha, text))
    digits = sum(map(str.isdigit, text))
    return digits > 0 and letters <= max(2, 0.6 * digits)


def join(texts: Sequence[str]) -> str:
    """Puts lines into one text: hyphens undone, spaces where the script has them."""
    return reduce(_joined, texts) if texts else ""


def continues(above: str, below: str, *, full: bool, prose: bool) -> bool:
    """Whether a line goes on in the one under it.

    `full`: the next word would not have fitted on it. `prose`: so it is with most lines
    around; otherwise its longest line says nothing.
    """
    if _stands_alone(above, below):
        return False
    if is_ideographic(above[-1:]) and is_ideographic(below[:1]):
        return _continues_ideographic(above, below, full=full, prose=prose)
    if _reaches_over(above, below):
        return True
    if _SENTENCE_END.search(above):
        return full and prose
    if is_capitals(above) is not is_capitals(below):
        return full and prose and is_capitals(below)
    worded = is_capitals(above) and not any(map(str.isdigit, above + below))
    return full and len(above) >= _LONG_ENOUGH and (prose or worded)


def _stands_alone(above: str, below: str) -> bool:
    return bool(
        _BULLET.match(below)
        or _PRICE_AT_END.search(above)
        or (is_quantity(above) and is_quantity(below))
        or _LABEL.match(below)
        or _ADDRESS.search(above)
        or _ADDRESS.search(below)
    )


def _reaches_over(above: str, below: str) -> bool:
    """Whether a word or a sign at the break shows that the phrase is not over."""
    if _POSTCODE.match(below):
        return True
    if _SENTENCE_END.search(above):
        return False
    if _SPLIT_WORD.search(above) or _OPEN_END.search(above):
        return True
    last, first = _LAST_WORD.search(above), _WORD.match(below)
    if last and last[0].lower() in _LEADS_ON:
        return True
    if not first:
        return False
    # In capitals a small word tells what the size of its first letter tells elsewhere.
    capitals = is_capitals(above) and is_capitals(below)
    return first[0][0].islower() or (capitals and first[0].lower() in _FOLLOWS)


def _continues_ideographic(above: str, below: str, *, full: bool, prose: bool) -> bool:
    if _SENTENCE_END.search(above):
        return full and prose
    if _OPEN_END.search(above) or above[-1] in _PARTICLES_LAST or below[0] in _PARTICLES_FIRST:
        return True
    return full and len(above) >= _LONG_ENOUGH_IDEOGRAPHIC


def is_capitals(text: str) -> bool:
    """Whether it is set in capitals: more than an initial, and no small letter."""
    return text.isupper() and sum(map(str.isalpha, text)) >= 3


def _joined(above: str, below: str) -> str:
    if not above or not below:
        return above + below
    if above[-1] == "\u00ad":
        return above[:-1] + below
    if _SPLIT_WORD.search(above):
        one_word = below[0].islower() or (is_capitals(above) and is_capitals(below))
        return (above[:-1] if one_word else above) + below
    together = is_ideographic(above[-1]) and is_ideographic(below[0])
    return above + ("" if together else " ") + below
