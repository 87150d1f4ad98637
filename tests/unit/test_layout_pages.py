"""Floors of the layout's scores on the tuning pages, and magazine columns kept apart."""

from dataclasses import astuple
from statistics import fmean

import pytest

from tests.support.layout_pages.algorithms import with_pixels
from tests.support.layout_pages.files import (
    CLEAN,
    CONDITIONS,
    DEGRADED,
    TUNING,
    WEAK_KINDS,
    LayoutPage,
    pages,
)
from tests.support.layout_pages.scores import score, unit_of_each_line

FLOORS = {
    (TUNING, CLEAN): (0.955, 0.955, 0.985, 0.98),
    (TUNING, DEGRADED): (0.96, 0.96, 0.98, 0.97),
    (WEAK_KINDS, CLEAN): (0.835, 0.91, 0.985, 0.98),
    (WEAK_KINDS, DEGRADED): (0.85, 0.915, 0.98, 0.98),
}
"""Pairs of lines, whole units, order, text: below the measured means by about 0.01."""


@pytest.mark.parametrize(("part", "condition"), FLOORS)
def test_scores_stay_above_their_floors(part: str, condition: str) -> None:
    """Given pages of a part, when laid out with pixels, then each mean score is high enough."""
    scores = [
        astuple(score(page, with_pixels(page.lines, page.pixels())))
        for page in pages(part, condition)
    ]
    means = [fmean(each) for each in zip(*scores, strict=True)]
    assert all(mean >= floor for mean, floor in zip(means, FLOORS[part, condition], strict=True)), (
        means
    )


MAGAZINES = [
    page
    for condition in CONDITIONS
    for page in pages(TUNING, condition)
    if page.name.startswith("magazine")
]


@pytest.mark.parametrize("page", MAGAZINES, ids=lambda page: f"{page.name}-{page.condition}")
def test_no_paragraph_mixes_units_of_two_columns(page: LayoutPage) -> None:
    """Given scanned magazine pages, when laid out, then lines side by side are never together."""
    owner = unit_of_each_line(page)
    for paragraph in with_pixels(page.lines, page.pixels()):
        units = {owner[line] for line in paragraph.lines if line in owner}
        lefts = [line.polygon[0][0] for line in paragraph.lines]
        width = max(line.polygon[1][0] - line.polygon[0][0] for line in paragraph.lines)
        assert len(units) <= 1 or max(lefts) - min(lefts) < width, paragraph.text
