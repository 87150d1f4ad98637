"""Every threshold of the layout, with its unit and its source; weights of evidence for a break.

A height is the height of the smaller of the boxes concerned, about 1.2 times the type size.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType


@dataclass(frozen=True, slots=True)
class Limits:
    """Limits of lengths and ratios; decisions.md says on which pages they were measured.

    Attributes:
        tall_line: a line whose box is so many times taller than wide runs downwards.
        same_tilt: degrees between neighbouring tilts of lines in one frame.
        word_space: heights; pieces of a text line that are closer belong together.
        same_line_size: ratio of heights of pieces of one text line.
        widest_gap: heights between neighbouring rows of a region.
        one_size: ratio of type sizes in one run. Boxes vary by 16 % for one size (95 of 100).
        indent: heights by which an indented row begins further right; the smallest indent in
            use is one em.
        neighbours: so many rows under a row are looked at; bounds the time.
        gaps: so many gaps in a band are looked at, the widest first; bounds the time.
        shear_pairs: more neighbouring rows than this are needed to measure the shear.
        gutter: heights; the narrowest gap between columns. Gutters are 1 em at least, of
            which boxes and perspective take up to 0.7.
        overlap: heights by which columns may overlap where nothing else separates them.
        band_over_gutter: a gap between bands as many gutters wide is cut before the gutter.
        band_over_box_gutter: the same where a band is of drawn boxes: a grid is read by row.
        one_sided_gap: heights; where only one of two columns goes on, so wide a gap ends both.
        table_rows: share of blocks that stand in rows of cells in a table.
        run_on_width: heights; a paragraph that runs on in the next column is at least as wide.
        deepest_cut: cuts inside one another; bounds the time on noise.
    """

    tall_line: float = 1.5
    same_tilt: float = 10.0
    word_space: float = 0.5
    same_line_size: float = 1.3
    widest_gap: float = 1.6
    one_size: float = 1.25
    indent: float = 0.4
    neighbours: int = 8
    gaps: int = 3
    shear_pairs: int = 4
    gutter: float = 0.3
    overlap: float = 0.5
    band_over_gutter: float = 1.0
    band_over_box_gutter: float = 0.3
    one_sided_gap: float = 2.5
    table_rows: float = 0.7
    run_on_width: float = 8.0
    deepest_cut: int = 10


LIMITS = Limits()

WEIGHTS: Mapping[str, float] = MappingProxyType(
    {
        "address": 1.78,  # a web or e-mail address in the lower row
        "bias": -1.16,  # before any evidence
        "bullet": 2.33,  # the lower row begins with a bullet or a number
        "capitals_end": 1.6,  # one of the two in capitals
        "end": 0.38,  # the upper row ends with a mark of a sentence
        "first_line": 1.49,  # the lower row is indented, the row after it is not
        "fits_far": 2.61,  # room left after the next word: 1 at 5 heights
        "flush": -1.42,  # a long row and another end at one right edge, not centred
        "gap": 2.89,  # more space than the run usually has: 0 at 0.05, 1 at 0.3 heights more
        "indent": 1.36,  # the lower row and the row after it are indented
        "ink": 2.34,  # change of contrast: 0 at 8, 1 at 30 of 255
        "label": 1.17,  # the lower row begins with a label and a colon
        "little_end": -1.16,  # the upper row ends with a word of up to 3 letters
        "little_start": -1.19,  # the lower row begins with one, small or in capitals
        "loose": 2.64,  # row distance: 0 at 1.3, 1 at 2.5 heights
        "lower": -2.55,  # the lower row begins with a small letter, in type of one size
        "open_end": -1.51,  # the upper row ends with a comma or the like
        "predicate": 1.49,  # the upper row ends with a polite Japanese predicate and no mark
        "price_above": 1.43,  # only the upper row stands beside others, with a number
        "price_both": 2.17,  # both rows stand beside others, with numbers
        "quantity_above": 1.75,  # the upper row is a number
        "quantity_below": 1.29,  # the lower row is a number
        "sentences": -1.72,  # the upper row ends no sentence, and a row further down does
        "short": 2.58,  # the upper row is short: 0 at 15, 1 at 3 heights; not in upright columns
        "size": 1.8,  # change of type size: 0 at 22 %, 1 at 42 %
        "titled": 2.27,  # all rows of a run of four begin with a capital; half of it for three
        "vertical": -2.29,  # upright columns, all short, no sentence ends: 0 at 15, 1 at 3 heights
        "weight_and_ink": 1.55,  # change of contrast and of stroke width: 0 at 8 %, 1 at 28 %
    }
)
"""Log-odds of a break for each evidence, which is 0 to 1 (see `grouping`)."""
