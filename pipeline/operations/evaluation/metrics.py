"""Distances between texts, between places and between orders."""

import re
import unicodedata
from collections import Counter
from collections.abc import Sequence

from rapidfuzz import fuzz, process
from rapidfuzz.distance import Levenshtein
from shapely.geometry import Polygon as Area

from pipeline.models import Point

Outline = tuple[Point, ...]
"""A polygon of three points or more, in pixels."""

MIN_IOU = 0.5
"""Intersection over union from which a box counts as found, as in the ICDAR competitions."""
_MIN_SIMILARITY = 50.0
"""From 0 to 100 (rapidfuzz's ratio): paragraphs less alike than this are not the same one."""


def normalized(text: str) -> str:
    """NFC, with single spaces: how an engine breaks its lines is no error."""
    return " ".join(unicodedata.normalize("NFC", text).split())


def ascii_words(text: str) -> Counter[str]:
    """Runs of the letters A to Z and of digits, upper-cased: the words of SROIE's word F1."""
    return Counter(re.findall("[A-Z0-9]+", text.upper()))


def edits(true: Sequence[str], read: Sequence[str]) -> int:
    """Insertions, deletions and substitutions between two texts, or two lists of words."""
    return Levenshtein.distance(true, read)


def box_matches(true: Sequence[Outline], read: Sequence[Outline]) -> list[tuple[int, int]]:
    """Pairs of a true and a read box that cover each other, best first; each is in one pair."""
    trues, reads = [_area(each) for each in true], [_area(each) for each in read]
    scored = [
        (iou, at, found)
        for at, one in enumerate(trues)
        for found, other in enumerate(reads)
        if (iou := _iou(one, other)) >= MIN_IOU
    ]
    return _one_to_one(scored)


def covered(box: Outline, areas: Sequence[Outline]) -> bool:
    """Whether more than half of `box` lies in one of `areas`."""
    area = _area(box)
    return any(
        area.area > 0 and area.intersection(_area(each)).area > area.area / 2 for each in areas
    )


def nearest_boxes(true: Sequence[Outline], read: Sequence[Outline]) -> list[int]:
    """For each read box the index of the true one it shares most with; the last + 1 for none."""
    trues = [_area(each) for each in true]
    found = []
    for outline in read:
        area = _area(outline)
        shared = [area.intersection(each).area for each in trues]
        most = max(shared, default=0.0)
        found.append(shared.index(most) if most > 0 else len(trues))
    return found


def paragraph_matches(true: Sequence[str], read: Sequence[str]) -> list[tuple[int, int]]:
    """Pairs of a true and a read paragraph of similar text; each is in one pair."""
    if not true or not read:
        return []
    similarities = process.cdist(true, read, scorer=fuzz.ratio)
    scored = [
        (float(similarity), at, found)
        for at, row in enumerate(similarities)
        for found, similarity in enumerate(row)
        if similarity >= _MIN_SIMILARITY
    ]
    return _one_to_one(scored)


def kendall_tau(ranks: Sequence[int]) -> float | None:
    """Kendall's tau of `ranks` against their own order: 1 in order, -1 reversed.

    Pairs in order minus pairs out of order, over all pairs. None below two ranks.
    """
    pairs = len(ranks) * (len(ranks) - 1) // 2
    if pairs == 0:
        return None
    in_order = sum(one < other for at, one in enumerate(ranks) for other in ranks[at + 1 :])
    return (2 * in_order - pairs) / pairs


def _one_to_one(scored: list[tuple[float, int, int]]) -> list[tuple[int, int]]:
    pairs: list[tuple[int, int]] = []
    taken_true: set[int] = set()
    taken_read: set[int] = set()
    for _, true, read in sorted(scored, key=lambda each: (-each[0], each[1], each[2])):
        if true not in taken_true and read not in taken_read:
            taken_true.add(true)
            taken_read.add(read)
            pairs.append((true, read))
    return pairs


def _area(outline: Outline) -> Area:
    # A polygon that crosses itself becomes its parts: a truth drawn by hand may do so.
    return Area(outline).buffer(0)


def _iou(one: Area, other: Area) -> float:
    if not one.intersects(other):
        return 0.0
    shared = one.intersection(other).area
    union = one.area + other.area - shared
    return float(shared / union) if union else 0.0
