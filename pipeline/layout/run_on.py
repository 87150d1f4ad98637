"""Paragraphs that run on in the next column."""

from collections.abc import Sequence

from pipeline.language.scripts import is_ideographic
from pipeline.language.text_forms import ends_with_sentence_mark
from pipeline.layout.blocks import Text
from pipeline.layout.grouping import size_ratio
from pipeline.layout.line_text import SPLIT_WORD
from pipeline.layout.rows import contrast_change, separated
from pipeline.layout.thresholds import LIMITS


def joined(texts: Sequence[Text]) -> list[Text]:
    """Texts in reading order, each with its rest if the next one begins with that."""
    found: list[Text] = []
    for text in texts:
        if found and _same_type(found[-1], text) and _runs_on(found[-1], text):
            found[-1] = Text(found[-1].frame, found[-1].rows + text.rows)
        else:
            found.append(text)
    return found


def _runs_on(one: Text, other: Text) -> bool:
    last, first = one.rows[-1], other.rows[0]
    width = max(row.width for row in one.rows)
    wide = (
        width > LIMITS.run_on_width * last.size
        and max(row.width for row in other.rows) < 1.1 * width
    )
    next_column = first.left > last.left + 0.9 * width and first.top < last.bottom
    full = max(row.right for row in one.rows) - last.right < first.first_word
    if one.frame != other.frame or not (wide and next_column and full):
        return False
    if separated(last, first) or len(one.rows) + len(other.rows) < 3:
        return False
    if SPLIT_WORD.search(last.text) or first.text[0].islower():
        return not ends_with_sentence_mark(last.text)
    indented = len(other.rows) > 1 and first.left > other.rows[1].left + 0.4 * first.size
    prose = any(
        row.text[0].islower() or is_ideographic(row.text[0]) for row in one.rows + other.rows
    )
    return prose and len(one.rows) > 2 and not indented and not ends_with_sentence_mark(last.text)


def _same_type(one: Text, other: Text) -> bool:
    a, b = one.rows[-1], other.rows[0]
    if size_ratio(a, b) > 1.2 or max(a.size, b.size) > 1.4 * min(a.size, b.size):
        return False
    return not (a.style and b.style) or contrast_change(a.style, b.style) < 25
