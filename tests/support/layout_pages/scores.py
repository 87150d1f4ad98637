"""Measures of layout: grouping of lines, order of units, similarity of text."""

import re
import unicodedata
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from statistics import fmean

import cv2
import numpy as np

from pipeline.language.scripts import is_ideographic
from pipeline.layout.line_text import join
from pipeline.models import Line, Paragraph
from tests.support.layout_pages.files import Box, LayoutPage

_CORE = 0.25
_MOST = 0.75


@dataclass(frozen=True, slots=True)
class Score:
    """Four measures of one page, each 0 to 1.

    A recognised line belongs to the unit whose boxes it covers (`unit_of_each_line`); a line
    that covers none, or that the OCR engine read across two units, counts only in `text`.

    grouping: F1 of pairs of lines. A pair is true if both lines belong to one unit, and found
        if both are in one paragraph: 2 x (true and found) / (true + found). 1 where there is
        neither a true nor a found pair.
    units: share of the units that have lines whose lines are exactly the lines of one
        paragraph.
    order: share of the pairs of units with lines that are in the right order. A unit's place
        is that of its first line among the lines of all paragraphs, one after the other. 1
        where there are fewer than two units.
    text: similarity of the page's true text and the text of all paragraphs, each joined with
        spaces and normalised (`normalised`): 2 x longest common subsequence / (characters of
        both), the normalised indel similarity.
    """

    grouping: float
    units: float
    order: float
    text: float


def score(page: LayoutPage, paragraphs: Sequence[Paragraph]) -> Score:
    """Compares an algorithm's paragraphs with the page's units; see `Score`."""
    owner = unit_of_each_line(page)
    groups = [[owner[line] for line in each.lines if line in owner] for each in paragraphs]
    return Score(
        _grouping(groups, owner),
        _units(groups, owner),
        _order([unit for group in groups for unit in group]),
        similarity(
            " ".join(unit.text for unit in page.units), " ".join(each.text for each in paragraphs)
        ),
    )


def best_text(page: LayoutPage) -> float:
    """The `text` of the true units with their recognised lines: only the OCR's errors are left."""
    owner = unit_of_each_line(page)
    members: dict[int, list[Line]] = {}
    for line in owner:
        members.setdefault(owner[line], []).append(line)
    joined = [
        join([line.text for line in sorted(members[unit], key=lambda each: _first_box(page, each))])
        for unit in sorted(members)
    ]
    return similarity(" ".join(unit.text for unit in page.units), " ".join(joined))


def unit_of_each_line(page: LayoutPage) -> Mapping[Line, int]:
    """The number of the unit each line belongs to.

    It is the unit that shares over three quarters of the area that the line shares with all.
    Only the middle half of the thickness of lines and boxes counts: boxes of the lines above
    and below reach into each other.
    """
    cores = [[_core(box) for box in unit.boxes] for unit in page.units]
    owner = {}
    for line in page.lines:
        box = _core(_on_clean_picture(page, line))
        areas = [sum(_shared_area(box, core) for core in unit) for unit in cores]
        if areas and max(areas) > _MOST * sum(areas):
            owner[line] = int(np.argmax(areas))
    return owner


def similarity(true: str, read: str) -> float:
    """Normalised indel similarity of two texts after `normalised`, 0 to 1."""
    a, b = normalised(true), normalised(read)
    return 2 * _common_subsequence(a, b) / (len(a) + len(b)) if a or b else 1.0


def normalised(text: str) -> str:
    """NFKC, case folded; other characters than letters and digits are one space, or none
    beside Chinese and Japanese.
    """
    folded = unicodedata.normalize("NFKC", text).casefold()
    words = re.sub(r"[\W_]+", " ", folded).strip()
    return "".join(
        character
        for before, character, after in zip(" " + words, words, words[1:] + " ", strict=False)
        if character != " " or not (is_ideographic(before) or is_ideographic(after))
    )


def _grouping(groups: Sequence[Sequence[int]], owner: Mapping[Line, int]) -> float:
    true = sum(_pairs(count) for count in Counter(owner.values()).values())
    found = sum(_pairs(len(group)) for group in groups)
    both = sum(_pairs(count) for group in groups for count in Counter(group).values())
    return 2 * both / (true + found) if true + found else 1.0


def _pairs(count: int) -> int:
    return count * (count - 1) // 2


def _units(groups: Sequence[Sequence[int]], owner: Mapping[Line, int]) -> float:
    sizes = Counter(owner.values())
    exact = sum(len({*group}) == 1 and len(group) == sizes[group[0]] for group in groups)
    return exact / len(sizes) if sizes else 1.0


def _order(units: Sequence[int]) -> float:
    first_seen = list(dict.fromkeys(units))
    right = [before < after for before, after in combinations(first_seen, 2)]
    return fmean(right) if right else 1.0


def _on_clean_picture(page: LayoutPage, line: Line) -> Box:
    points = np.array([line.polygon], np.float64)
    x, y = cv2.perspectiveTransform(points, np.linalg.inv(page.homography))[0].T
    return float(x.min()), float(y.min()), float(x.max()), float(y.max())


def _core(box: Box) -> Box:
    left, top, right, bottom = box
    width, height = right - left, bottom - top
    if height <= width:
        return left, top + _CORE * height, right, bottom - _CORE * height
    return left + _CORE * width, top, right - _CORE * width, bottom


def _shared_area(a: Box, b: Box) -> float:
    width = min(a[2], b[2]) - max(a[0], b[0])
    height = min(a[3], b[3]) - max(a[1], b[1])
    return max(0.0, width) * max(0.0, height)


def _first_box(page: LayoutPage, line: Line) -> int:
    """The place of the line among its page's boxes in reading order."""
    box = _core(_on_clean_picture(page, line))
    boxes = [_core(each) for unit in page.units for each in unit.boxes]
    return int(np.argmax([_shared_area(box, each) for each in boxes]))


def _common_subsequence(a: str, b: str) -> int:
    """Length of the longest common subsequence, a bit for each character (Hyyrö 2004)."""
    places: dict[str, int] = {}
    for i, character in enumerate(a):
        places[character] = places.get(character, 0) | 1 << i
    every = (1 << len(a)) - 1
    row = every
    for character in b:
        matches = row & places.get(character, 0)
        row = (row + matches | row - matches) & every
    return len(a) - row.bit_count()
