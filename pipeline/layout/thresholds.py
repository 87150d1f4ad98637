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
        two_sizes: ratio of both heights and widths of letters that always ends a paragraph.
        many_letters: the widths of so many letters show the type size.
        indent: heights by which an indented row begins further right; the smallest indent in
            use is one em.
        neighbours: so many rows under a row, and gaps in a band, are looked at; bounds the time.
        shear_pairs: more neighbouring rows than this are needed to measure the shear.
        gutter: heights; the narrowest gap between columns. Gutters are 1 em at least, of
            which boxes and perspective take up to 0.7.
        overlap: heights by which columns may overlap where nothing else separates them.
        band_over_gutter: a gap between bands as many gutters wide is cut before the gutter.
        band_over_box_gutter: the same where all blocks are drawn boxes: a grid is read by row.
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
    two_sizes: float = 1.35
    many_letters: int = 8
    indent: float = 0.4
    neighbours: int = 8
    shear_pairs: int = 4
    gutter: float = 0.3
    overlap: float = 0.5
    band_over_gutter: float = 1.0
    band_over_box_gutter: float = 0.3
    table_rows: float = 0.7
    run_on_width: float = 8.0
    deepest_cut: int = 10


LIMITS = Limits()

WEIGHTS: Mapping[str, float] = MappingProxyType(
    {
        "address": 2.8,  # a web or e-mail address in one of the two
        "bias": -3.24,  # before any evidence
        "bullet": 2.31,  # the lower row begins with a bullet or a number
        "capitals_centred": -2.72,  # both in capitals, centred
        "capitals_digits": 2.28,  # both in capitals, one with a digit
        "capitals_end": 3.54,  # one of the two in capitals
        "digits": 1.81,  # both begin with a digit
        "end": 2.31,  # the upper row ends a sentence
        "first_line": 2.04,  # the lower row is indented, the row after it is not
        "fits_far": 1.57,  # room left after the next word: 1 at 5 heights
        "flush": -2.57,  # a long row and another end at one right edge
        "gap": 4.15,  # more space than the run usually has: 0 at 0.05, 1 at 0.3 heights more
        "indent": 1.76,  # the lower row and the row after it are indented
        "ink": 2.0,  # change of contrast: 0 at 8, 1 at 30 of 255
        "weight_and_ink": 2.98,  # the same, and change of stroke width: 0 at 8 %, 1 at 28 %
        "label": 1.93,  # the lower row begins with a label and a colon
        "loose": 5.21,  # row distance: 0 at 1.3, 1 at 2.5 heights
        "lower": -3.08,  # the lower row begins with a small letter
        "open_end": -2.71,  # the upper row ends with a comma or the like
        "pair_ideographic": 0.94,  # only two rows, in Chinese or Japanese, not upright
        "postcode": -4.67,  # the lower row begins with a postcode
        "price_above": 1.59,  # only the upper row stands beside others, with a number
        "price_both": 2.71,  # both rows stand beside others, with numbers
        "quantity_above": 2.84,  # the upper row is a number
        "quantity_below": 2.22,  # the lower row is a number
        "same_box": -3.24,  # one box, less than 6 heights high
        "sentence_below": -1.76,  # both in capitals, and a row further down ends a sentence
        "short": 4.24,  # the upper row is short: 0 at 15, 1 at 3 heights
        "short_ideographic": -1.64,  # the same, in Chinese or Japanese
        "size_much": 4.12,  # change of type size: 0 at 22 %, 1 at 42 %
        "titled": 3.58,  # all rows of a run of four begin with a capital; half of it for three
        "unproven_centred": 1.28,  # centred, and no row shows that it continues the one above
        "vertical": -1.06,  # upright columns
    }
)
"""Log-odds of a break for each evidence, which is 0 to 1 (see `grouping`)."""
