"""Paragraphs inside a region: between neighbouring rows, evidence for a break is added up.

The evidence is geometric, from the pixels and from the text; the sum of weighted evidence is the
log-odds of a break (logistic regression, Cox 1958). `benchmarks.layout_pages.fit` fits the weights.
"""

import math
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from pipeline.language.scripts import is_ideographic
from pipeline.language.text_forms import ends_with_sentence_mark, is_address, is_all_caps
from pipeline.layout.rows import LABEL, Row, contrast_change
from pipeline.layout.thresholds import LIMITS, WEIGHTS

Evidence = Mapping[str, float]

_BULLET = re.compile(
    r"[-–—•·・*●○▪■□◆◇※►▶✓]\s*\S|\(?\d{1,2}[.)]\s|[①-⑳]|【|[一二三四五六七八九十]{1,2}、|o [A-ZÀ-Þ]"  # noqa: RUF001 - bullets of every script
)
_POSTCODE = re.compile(
    r"(?:\b\d{5,6}|^(?:[A-Z]{1,2}-)?\d{4}(?: [A-Z]{2})?|^\d{2,4}-\d{3}) [A-ZÀ-Þ]\D*$|"
    r"\b[A-Z]{1,2}\d{1,2} \d[A-Z]{2}$|\b[A-Z]{2} \d{5}$|〒|, \d{5},"
)
_OPEN_END = re.compile(r"[,;/&+、，；(（「『-]$")  # noqa: RUF001 - marks of every script
_JAPANESE_END = re.compile(r"(?:です|ます|ません|ました|ください|下さい)$")


@dataclass(frozen=True, slots=True)
class _Column:
    """The two widest rows of a region, and the two that end furthest right."""

    rows: int
    rights: Sequence[float]
    widths: Sequence[float]


@dataclass(frozen=True, slots=True)
class _Run:
    """Neighbouring rows of one type size.

    `spacing` is the usual distance of their middles; `titled` how surely all begin with a capital
    on purpose, 0 to 1; `small` whether all begin with a small letter; `last_end` the middle of the
    last row that ends a sentence.
    """

    rows: Sequence[Row]
    spacing: float
    titled: float
    small: bool
    last_end: float


def grouped(region: Sequence[Row], beside: Mapping[int, Sequence[Row]]) -> Iterator[list[Row]]:
    """Cuts a region into paragraphs; `beside` has the rows beside each, by `id`."""
    paragraph = [region[0]]
    for below, found in zip(region[1:], evidence(region, beside), strict=True):
        if sum(WEIGHTS[name] * value for name, value in found.items()) > 0:
            yield paragraph
            paragraph = []
        paragraph.append(below)
    yield paragraph


def evidence(region: Sequence[Row], beside: Mapping[int, Sequence[Row]]) -> Iterator[Evidence]:
    """The evidence for and against a break under each row, each 0 to 1 (see `WEIGHTS`)."""
    rights = sorted((row.right for row in region), reverse=True)
    widths = sorted((row.width for row in region), reverse=True)
    column = _Column(len(region), rights[:2], widths[:2])
    runs = _runs(region)
    for at, (above, below) in enumerate(pairwise(region)):
        run = runs[at] if runs[at] is runs[at + 1] else None
        centred = _are_centred(above, below, runs[at].rows)
        cells = _cells(above, below, beside)
        # The rows of an address end on purpose, and stand beside others by chance.
        ends = {} if _is_postal(region, at) else {**cells, **_fit(above, below, column, centred)}
        yield {
            **ends,
            **_spacing(above, below, run),
            **({} if centred else _flush_and_indents(region, at, column)),
            **_style(above, below),
            **_text(above.text, below.text),
            **_context(above, below, run, centred),
            "quantity_above": above.is_quantity,
            "quantity_below": below.is_quantity,
            # Upright columns that are all short stand in a balloon.
            "vertical": not _ends(above.text)
            and above.vertical * _ramp(widths[0] / above.size, 15, 3),
            # Where prices stand beside both, a small letter begins an item too.
            **({"lower": 0.0} if cells["price_both"] else {}),
        }


def _runs(region: Sequence[Row]) -> list[_Run]:
    """The run of each row."""
    found: list[_Run] = []
    start = 0
    for at in range(1, len(region) + 1):
        if at == len(region) or size_ratio(region[at - 1], region[at]) > LIMITS.one_size:
            found += [_run(region[start:at])] * (at - start)
            start = at
    return found


def _run(rows: Sequence[Row]) -> _Run:
    spacings = sorted(b.middle - a.middle for a, b in pairwise(rows))
    titled = all(row.text[0].isupper() and not is_all_caps(row.text) for row in rows)
    return _Run(
        rows,
        # A quarter of the gaps may be narrower by chance; most are inside paragraphs.
        spacings[len(spacings) // 4] if spacings else 0.0,
        titled * _ramp(len(rows), 2, 4),
        all(row.text[0].islower() for row in rows),
        max((row.middle for row in rows if _ends(row.text)), default=-math.inf),
    )


def _are_centred(above: Row, below: Row, rows: Sequence[Row]) -> bool:
    """Whether two rows have one middle, and no row of their run begins where one of them does."""
    size = min(above.size, below.size)
    if abs(above.left + above.right - below.left - below.right) / 2 > 0.4 * size:
        return False
    return abs(above.left - below.left) > LIMITS.indent * size and not any(
        min(abs(row.left - above.left), abs(row.left - below.left)) < 0.25 * size
        for row in rows
        if row is not above and row is not below
    )


def _is_postal(region: Sequence[Row], at: int) -> bool:
    """Whether one of the next rows has a postcode, as far as they are evenly spaced."""
    spacing = region[at + 1].middle - region[at].middle
    for above, below in pairwise(region[at : at + 5]):
        if abs(below.middle - above.middle - spacing) > 0.3 * above.size:
            return False
        if _POSTCODE.search(below.text):
            return True
    return False


def _ramp(value: float, start: float, end: float) -> float:
    return min(max((value - start) / (end - start), 0.0), 1.0)


def _spacing(above: Row, below: Row, run: _Run | None) -> Evidence:
    size = min(above.size, below.size)
    spacing = below.middle - above.middle
    usual = max(run.spacing, 0.9 * size) if run else spacing
    return {
        "gap": _ramp((spacing - usual) / size, 0.05, 0.3),
        "loose": _ramp(spacing / size, 1.3, 2.5),
    }


def _fit(above: Row, below: Row, column: _Column, centred: bool) -> Evidence:
    """Whether the next word would have fitted, by the right edge that other rows or a box show."""
    second = min(1, column.rows - 1)
    edge = column.rights[0 if above.right < column.rights[0] else second]
    room = column.widths[0 if above.width < column.widths[0] else second]
    if above.box and above.box == below.box:
        # The space at the left of a box is that at its right.
        edge = max(edge, above.box[2] - max(above.left - above.box[0], 0.0))
        room = max(room, edge - above.left)
    rest = room - above.width if centred else edge - above.right
    return {
        "fits_far": _ramp((rest - below.first_word) / min(above.size, below.size), 0, 5),
        # In balloons upright columns are short whatever they say.
        "short": 0.0 if above.vertical else _ramp(above.width / above.size, 15, 3),
    }


def _flush_and_indents(region: Sequence[Row], at: int, column: _Column) -> Evidence:
    above, below = region[at : at + 2]
    after = region[at + 2] if at + 2 < len(region) else below
    least = LIMITS.indent * min(above.size, below.size)
    rights = column.rights
    ragged = max(rights[0] - above.right, rights[0] - rights[1])
    indented = below.left - above.left > least and not _BULLET.match(above.text)
    first = after.left < below.left - least and below.left - above.left < 5 * below.size
    return {
        "flush": column.rows > 2 and ragged < 0.4 * above.size and above.width > 5 * above.size,
        "first_line": indented and first,
        "indent": indented and not first,
    }


def _style(above: Row, below: Row) -> Evidence:
    found = {"size": _ramp(math.log(size_ratio(above, below)), 0.2, 0.35)}
    one, other = above.style, below.style
    if one and other:
        strokes = max(one.weight * above.size, 0.01) / max(other.weight * below.size, 0.01)
        found["ink"] = _ramp(contrast_change(one, other), 8, 30)
        found["weight_and_ink"] = found["ink"] * _ramp(abs(math.log(strokes)), 0.08, 0.25)
    return found


def _cells(above: Row, below: Row, beside: Mapping[int, Sequence[Row]]) -> Evidence:
    left, right = beside[id(above)], beside[id(below)]
    upper = above.is_quantity or any(row.is_quantity for row in left)
    lower = below.is_quantity or any(row.is_quantity for row in right)
    return {
        "price_above": bool(left) and upper and not right,
        "price_both": bool(left and right) and upper and lower,
    }


def _text(above: str, below: str) -> Evidence:
    capitals = is_all_caps(below)
    words = any(map(str.isalpha, above)) and any(map(str.isalpha, below))
    return {
        "bias": 1.0,
        "address": _has_address(below),
        "bullet": bool(_BULLET.match(below)),
        "capitals_end": words and is_all_caps(above) != capitals,
        "end": ends_with_sentence_mark(above),
        "label": bool(LABEL.match(below)),
        "little_end": _is_little(above.rpartition(" ")[2]),
        "little_start": _is_little(below.partition(" ")[0]) and (capitals or below[0].islower()),
        "open_end": bool(_OPEN_END.search(above)),
        "predicate": bool(_JAPANESE_END.search(above)),
    }


def _context(above: Row, below: Row, run: _Run | None, centred: bool) -> Evidence:
    """Evidence from letters' case and sentence ends, as the other rows of the run show it."""
    if not run:
        return {}
    # Centred rows say different things, and one of them may be a sentence.
    prose = not centred or is_all_caps(above.text)
    return {
        # Where all rows begin with a small letter, it shows nothing.
        "lower": below.text[0].islower() and not run.small and not _has_address(below.text),
        "sentences": prose and run.last_end > above.middle and not _ends(above.text),
        "titled": run.titled,
    }


def _is_little(word: str) -> bool:
    """Whether it is a word of up to three letters: most are articles or prepositions."""
    return len(word) < 4 and word.isalpha() and not is_ideographic(word[0])


def _ends(text: str) -> bool:
    return ends_with_sentence_mark(text) or bool(_JAPANESE_END.search(text))


def _has_address(text: str) -> bool:
    return any(is_address(word.strip("().,:;")) for word in text.split())


def size_ratio(a: Row, b: Row) -> float:
    """How many times larger the larger type is, by height and by width: the smaller ratio counts.

    Boxes are as high as their letters happen to reach, and bold letters are wide.
    """
    widths = max(a.em, b.em) / max(min(a.em, b.em), 1e-6)
    return min(widths, max(a.size, b.size) / min(a.size, b.size))
