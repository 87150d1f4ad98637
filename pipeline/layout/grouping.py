"""Paragraphs inside a region: between neighbouring rows, evidence for a break is added up.

The evidence is geometric and from the pixels; punctuation and words have small weights. The sum of
weighted evidence is the log-odds of a break (logistic regression, Cox 1958).
"""

import math
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from pipeline.language.scripts import is_ideographic
from pipeline.language.text_forms import ends_with_sentence_mark, is_address, is_all_caps
from pipeline.layout.line_text import SPLIT_WORD
from pipeline.layout.rows import LABEL, Row, contrast_change
from pipeline.layout.thresholds import LIMITS, WEIGHTS

Evidence = Mapping[str, float]

_BULLET = re.compile(
    r"[-–—•·・*●○▪■□◆◇※►▶✓]\s*\S|\(?\d{1,2}[.)]\s|[①-⑳]|【|[一二三四五六七八九十]{1,2}、|o [A-ZÀ-Þ]"  # noqa: RUF001 - bullets of every script
)
_POSTCODE = re.compile(r"(?:[A-Z]{1,2}-)?\d{4,6} [^\W\d_]{3}|[A-Z]{1,2}\d{1,2} \d[A-Z]{2}\b")
_OPEN_END = re.compile(r"[,;/&+、，；(（「『-]$")  # noqa: RUF001 - marks of every script
_JAPANESE_END = re.compile(r"(?:です|ます|ません|ました|ください|下さい)$")


@dataclass(frozen=True, slots=True)
class Run:
    """Neighbouring rows of one type size, and the column they make.

    `titled` is whether all rows begin with a capital, `continued` whether one shows that it
    continues the row above.
    """

    rows: Sequence[Row]
    rights: Sequence[float]
    widths: Sequence[float]
    spacing: float
    titled: bool
    continued: bool


def run_of(rows: Sequence[Row]) -> Run:
    """Measures a run."""
    rights = sorted((row.right for row in rows), reverse=True)
    spacings = sorted(b.middle - a.middle for a, b in pairwise(rows))
    return Run(
        rows,
        rights,
        sorted((row.width for row in rows), reverse=True),
        # A quarter of the gaps may be narrower by chance; most are inside paragraphs.
        spacings[len(spacings) // 4] if spacings else 0.0,
        all(row.text[0].isupper() and not is_all_caps(row.text) for row in rows),
        any(_continues(a.text, b.text) for a, b in pairwise(rows)),
    )


def runs_of(region: Sequence[Row]) -> list[Run]:
    """The run of each row."""
    found: list[Run] = []
    start = 0
    for at in range(1, len(region) + 1):
        if at == len(region) or size_ratio(region[at - 1], region[at]) > LIMITS.one_size:
            found += [run_of(region[start:at])] * (at - start)
            start = at
    return found


def grouped(region: Sequence[Row], beside: Mapping[int, Sequence[Row]]) -> Iterator[list[Row]]:
    """Cuts a region into paragraphs; `beside` has the rows beside each, by `id`."""
    paragraph = [region[0]]
    runs = runs_of(region)
    for at, below in enumerate(region[1:]):
        found = evidence(region, at, runs, beside)
        two_types = _two_types(region[at], below)
        if two_types or sum(WEIGHTS[name] * value for name, value in found.items()) > 0:
            yield paragraph
            paragraph = []
        paragraph.append(below)
    yield paragraph


def _two_types(above: Row, below: Row) -> bool:
    """Whether both the widths and the heights of letters show another type size."""
    if min(len(above.text), len(below.text)) < LIMITS.many_letters:
        return False
    heights = max(above.size, below.size) / min(above.size, below.size)
    return min(size_ratio(above, below), heights) > LIMITS.two_sizes


def evidence(
    region: Sequence[Row], at: int, runs: Sequence[Run], beside: Mapping[int, Sequence[Row]]
) -> Evidence:
    """The evidence for and against a break under row `at`, each 0 to 1 (see `WEIGHTS`)."""
    above, below = region[at], region[at + 1]
    size = min(above.size, below.size)
    after = region[at + 2] if at + 2 < len(region) else below
    run = runs[at] if runs[at] is runs[at + 1] else run_of([above])
    centre = abs(above.left + above.right - below.left - below.right) / 2
    centred = centre < 0.4 * size and abs(above.left - below.left) > LIMITS.indent * size
    cells = _cells(beside[id(above)], beside[id(below)], above, below)
    return {
        **cells,
        **_spacing(above, below, run, size),
        **_fit(above, below, runs[at], centred),
        **({} if centred else _indents(above, below, after, size)),
        **_style(above, below, size),
        **_text(above.text, below.text),
        **_form(above, below, run, centred),
        # Where prices stand beside both, a small letter begins an item too.
        **({"lower": 0.0} if cells["price_both"] else {}),
    }


def _ramp(value: float, start: float, end: float) -> float:
    return min(max((value - start) / (end - start), 0.0), 1.0)


def _spacing(above: Row, below: Row, run: Run, size: float) -> Evidence:
    spacing = below.middle - above.middle
    usual = max(run.spacing, 0.9 * size) if run.spacing else spacing
    return {
        "gap": _ramp((spacing - usual) / size, 0.05, 0.3),
        "loose": _ramp(spacing / size, 1.3, 2.5),
    }


def _fit(above: Row, below: Row, run: Run, centred: bool) -> Evidence:
    """Whether the next word would have fitted, by the right edge that other rows or a box show."""
    others = min(1, len(run.rows) - 1)
    edge = run.rights[0 if above.right < run.rights[0] else others]
    room = run.widths[0 if above.width < run.widths[0] else others]
    if above.box and above.box == below.box:
        # The space at the left of a box is that at its right.
        edge = max(edge, above.box[2] - max(above.left - above.box[0], 0.0))
        room = max(room, edge - above.left)
    rest = room - above.width if centred else edge - above.right
    justified = max(run.rights[0] - above.right, run.rights[0] - run.rights[others])
    return {
        "fits_far": _ramp((rest - below.first_word) / min(above.size, below.size), 0, 5),
        "flush": len(run.rows) > 2
        and justified < 0.4 * above.size
        and above.width > 5 * above.size
        and not centred,
    }


def _indents(above: Row, below: Row, after: Row, size: float) -> Evidence:
    least = LIMITS.indent * size
    if below.left - above.left < least or _BULLET.match(above.text):
        return {}
    first = after.left < below.left - least and below.left - above.left < 5 * below.size
    return {"first_line": first, "indent": not first}


def _style(above: Row, below: Row, size: float) -> Evidence:
    found: dict[str, float] = {"size_much": _ramp(math.log(size_ratio(above, below)), 0.2, 0.35)}
    one, other = above.style, below.style
    if one and other:
        strokes = max(one.weight * above.size, 0.01) / max(other.weight * below.size, 0.01)
        box = above.box if above.box == below.box else None
        found["ink"] = _ramp(contrast_change(one, other), 8, 30)
        found["weight_and_ink"] = found["ink"] * _ramp(abs(math.log(strokes)), 0.08, 0.25)
        found["same_box"] = box is not None and box[3] - box[1] < 6 * size
    return found


def _cells(left: Sequence[Row], right: Sequence[Row], above: Row, below: Row) -> Evidence:
    """`left` and `right` are the rows beside the upper and the lower row."""
    numbers = [
        row.is_quantity or any(r.is_quantity for r in around)
        for row, around in ((above, left), (below, right))
    ]
    return {
        "price_both": bool(left and right) and all(numbers),
        "price_above": bool(left) and numbers[0] and not right,
        "quantity_above": above.is_quantity,
        "quantity_below": below.is_quantity,
    }


def _text(above: str, below: str) -> Evidence:
    return {
        "bias": 1.0,
        "address": _has_address(f"{above} {below}"),
        "bullet": bool(_BULLET.match(below)),
        "digits": above[0].isdigit() and below[0].isdigit(),
        "end": _ends(above),
        "label": bool(LABEL.match(below)),
        "open_end": bool(_OPEN_END.search(above)),
        "postcode": bool(_POSTCODE.match(below)),
    }


def _form(above: Row, below: Row, run: Run, centred: bool) -> Evidence:
    """Evidence from letters' case and from the length and alignment of the rows."""
    a, b = above.text, below.text
    small = b[0].islower() and not _has_address(b)
    capitals = is_all_caps(a) and is_all_caps(b)
    words = any(map(str.isalpha, a)) and any(map(str.isalpha, b))
    length = _ramp(above.width / above.size, 15, 3)
    later = (row.text for row in run.rows if row.middle > above.middle)
    return {
        "capitals_centred": capitals and centred,
        "capitals_digits": capitals and any(map(str.isdigit, a + b)),
        "capitals_end": words and is_all_caps(a) != is_all_caps(b),
        # Where all rows begin with a small letter, it shows nothing.
        "lower": small and not all(row.text[0].islower() for row in run.rows),
        "pair_ideographic": len(run.rows) < 3 and not above.vertical and is_ideographic(b[0]),
        "sentence_below": capitals and not _ends(a) and any(map(_ends, later)),
        "short": length,
        "short_ideographic": length * is_ideographic(a[-1]),
        "titled": run.titled * _ramp(len(run.rows), 2, 4),
        "unproven_centred": centred and not small and not run.continued,
        "vertical": above.vertical,
    }


def _continues(above: str, below: str) -> bool:
    """Whether a small letter among capitals, or a divided word, shows that the text runs on."""
    return bool(SPLIT_WORD.search(above)) or (below[0].islower() and not above[0].islower())


def _ends(text: str) -> bool:
    return ends_with_sentence_mark(text) or bool(_JAPANESE_END.search(text))


def _has_address(text: str) -> bool:
    return any(is_address(word.strip("().,:;")) for word in text.split())


def size_ratio(a: Row, b: Row) -> float:
    """How many times larger the larger type is.

    Boxes are as high as their letters happen to reach; the width of many letters is more precise.
    """
    texts = a.text, b.text
    by_width = min(map(len, texts)) >= LIMITS.many_letters and not any(
        is_ideographic(t[len(t) // 2]) for t in texts
    )
    one, other = (a.em, b.em) if by_width else (a.size, b.size)
    return max(one, other) / max(min(one, other), 1e-6)
