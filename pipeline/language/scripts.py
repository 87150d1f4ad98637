"""Scripts: the script of a character, and which scripts are ideographic or without spaces."""

import re
from bisect import bisect_right

AFTER_LATIN = 0x0250
"""The first code point after ASCII, Latin-1 and the Latin Extended-A and -B blocks."""

# First code point, last code point, script (ISO 15924); only letters are looked up.
_RANGES = sorted(
    [
        (0x0041, AFTER_LATIN - 1, "Latn"),
        (0x1E00, 0x1EFF, "Latn"),
        (0x0370, 0x03FF, "Grek"),
        (0x1F00, 0x1FFF, "Grek"),
        (0x0400, 0x052F, "Cyrl"),
        (0x0530, 0x058F, "Armn"),
        (0x0590, 0x05FF, "Hebr"),
        (0x0600, 0x06FF, "Arab"),
        (0x0750, 0x077F, "Arab"),
        (0x08A0, 0x08FF, "Arab"),
        (0xFB50, 0xFDFF, "Arab"),
        (0xFE70, 0xFEFF, "Arab"),
        (0x0900, 0x097F, "Deva"),
        (0x0980, 0x09FF, "Beng"),
        (0x0A00, 0x0A7F, "Guru"),
        (0x0A80, 0x0AFF, "Gujr"),
        (0x0B80, 0x0BFF, "Taml"),
        (0x0C00, 0x0C7F, "Telu"),
        (0x0C80, 0x0CFF, "Knda"),
        (0x0D00, 0x0D7F, "Mlym"),
        (0x0D80, 0x0DFF, "Sinh"),
        (0x0E00, 0x0E7F, "Thai"),
        (0x0E80, 0x0EFF, "Laoo"),
        (0x1000, 0x109F, "Mymr"),
        (0x10A0, 0x10FF, "Geor"),
        (0x1200, 0x139F, "Ethi"),
        (0x1780, 0x17FF, "Khmr"),
        (0x1100, 0x11FF, "Hang"),
        (0x3130, 0x318F, "Hang"),
        (0xAC00, 0xD7AF, "Hang"),
        (0x3040, 0x30FF, "Kana"),
        (0x31F0, 0x31FF, "Kana"),
        (0x3005, 0x3007, "Hani"),
        (0x3400, 0x4DBF, "Hani"),
        (0x4E00, 0x9FFF, "Hani"),
        (0xF900, 0xFAFF, "Hani"),
        (0x20000, 0x323AF, "Hani"),
    ]
)
_STARTS = [first for first, _, _ in _RANGES]

IDEOGRAPHIC_OR_SYLLABIC = frozenset({"Hani", "Kana", "Hang"})
"""Scripts in which one character stands for a syllable or a word."""

RIGHT_TO_LEFT = frozenset({"Arab", "Hebr"})
"""Scripts whose lines run from right to left."""

# Thai to Burmese, Khmer, and the CJK blocks: radicals, Han, kana and their punctuation.
_UNSPACED = re.compile(
    r"[\u0e00-\u109f\u1780-\u17ff\u2e80-\ua4cf\uf900-\ufaff\uff00-\uffef\U00020000-\U000323af]"
)


def script_of(character: str) -> str | None:
    """The ISO 15924 code of a letter's script, None for a script that is not in the table."""
    code = ord(character)
    first, last, script = _RANGES[max(0, bisect_right(_STARTS, code) - 1)]
    return script if first <= code <= last else None


def is_ideographic(character: str) -> bool:
    """Whether a character belongs to Chinese or Japanese text: Han, kana, their punctuation.

    Such text has no spaces between words and may be set in vertical columns.
    """
    return (
        "\u3000" <= character <= "\u9fff"
        or "\uf900" <= character <= "\ufaff"
        or "\uff00" <= character <= "\uffef"
        or "\U00020000" <= character <= "\U000323af"
    )


def is_unspaced(text: str) -> bool:
    """Whether a text has no space but has letters of a script without spaces between words."""
    return " " not in text and bool(_UNSPACED.search(text))
