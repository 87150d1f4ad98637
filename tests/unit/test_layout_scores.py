"""The measures of the layout benchmark, on pages whose scores can be counted by hand."""

from pathlib import Path

import numpy as np
import pytest

from pipeline.layout.line_text import join
from pipeline.models import Line, Paragraph
from tests.support.layout_pages.algorithms import load
from tests.support.layout_pages.degrade import degrade
from tests.support.layout_pages.files import (
    CLEAN,
    DEGRADED,
    HELD_OUT,
    PARTS,
    TUNING,
    WEAK_KINDS,
    Box,
    LayoutPage,
    Unit,
    pages,
)
from tests.support.layout_pages.scores import (
    Score,
    best_text,
    normalised,
    score,
    similarity,
    unit_of_each_line,
)
from tests.support.ocr_lines import line, turned

TOP, MIDDLE, BOTTOM = (
    line(text, 10, top, 200) for text, top in (("one", 10), ("two", 40), ("three", 110))
)


def box(of: Line) -> Box:
    return (*of.polygon[0], *of.polygon[2])


def page(lines: tuple[Line, ...] = (TOP, MIDDLE, BOTTOM)) -> LayoutPage:
    """Two units: the first two lines, and the third."""
    units = Unit("one two", (box(TOP), box(MIDDLE))), Unit("three", (box(BOTTOM),))
    return LayoutPage(Path("page.json"), CLEAN, "en", units, lines, np.eye(3))


def paragraph(*lines: Line) -> Paragraph:
    return Paragraph(join([each.text for each in lines]), lines[0].polygon, lines)


def test_true_units_score_one() -> None:
    """Given paragraphs equal to the units, when scored, then each measure is one."""
    assert score(page(), [paragraph(TOP, MIDDLE), paragraph(BOTTOM)]) == Score(1, 1, 1, 1)


def test_one_paragraph_of_all_lines() -> None:
    """Given all lines in one paragraph, when scored, then one of three found pairs is true."""
    got = score(page(), [paragraph(TOP, MIDDLE, BOTTOM)])
    assert got == Score(grouping=2 * 1 / (1 + 3), units=0, order=1, text=1)


def test_each_line_alone() -> None:
    """Given a paragraph for each line, when scored, then no pair is found and one unit is right."""
    got = score(page(), [paragraph(TOP), paragraph(MIDDLE), paragraph(BOTTOM)])
    assert got == Score(grouping=0, units=0.5, order=1, text=1)


def test_units_in_the_wrong_order() -> None:
    """Given the units in the wrong order, when scored, then order is none and text is partial."""
    got = score(page(), [paragraph(BOTTOM), paragraph(TOP, MIDDLE)])
    assert (got.grouping, got.units, got.order) == (1, 1, 0)
    assert 0 < got.text < 1


def test_line_across_two_units_has_no_unit() -> None:
    """Given a line that covers two units evenly, when matched, then it belongs to neither."""
    across = line("one three", 10, 10, 420)
    beside = Unit("three", ((220, 10, 430, 30),))
    both = LayoutPage(
        Path("p.json"), CLEAN, "en", (Unit("one", (box(TOP),)), beside), (across,), np.eye(3)
    )
    assert unit_of_each_line(both) == {}


def test_degraded_lines_are_matched_on_the_clean_picture() -> None:
    """Given lines turned by two degrees and their homography, when matched, then units hold."""
    lines = tuple(turned([TOP, MIDDLE, BOTTOM], 2))
    angle = np.radians(2)
    homography = np.array(
        [[np.cos(angle), -np.sin(angle), 0], [np.sin(angle), np.cos(angle), 0], [0, 0, 1]]
    )
    tilted = LayoutPage(Path("p.json"), CLEAN, "en", page().units, lines, homography)
    assert list(unit_of_each_line(tilted).values()) == [0, 0, 1]


def test_degraded_picture_is_the_same_each_time() -> None:
    """Given one picture and name, when degraded twice, then pixels and homography are equal."""
    picture = np.full((200, 300, 3), 255, np.uint8)
    picture[80:120, 50:250] = 0
    (once, one), (again, two) = degrade(picture, "menu"), degrade(picture, "menu")
    assert np.array_equal(once, again)
    assert np.array_equal(one, two)
    assert not np.array_equal(once, picture)


@pytest.mark.parametrize(
    ("true", "read", "expected"),
    [("abcd", "abcd", 1), ("abcd", "acd", 6 / 7), ("ab", "cd", 0), ("", "", 1), ("a", "", 0)],
)
def test_similarity(true: str, read: str, expected: float) -> None:
    """Given two texts, when compared, then it is twice the common part by both lengths."""
    assert similarity(true, read) == pytest.approx(expected)


def test_normalised() -> None:
    """Given punctuation and spaces, when normalised, then words stay apart and Han do not."""
    assert normalised("Été… 9,50 !") == "été 9 50"
    assert normalised("雨 后,的") == "雨后的"


def test_algorithm_with_pixels() -> None:
    """Given an algorithm with and one without pixels, when loaded, then both take a page."""
    for name in ("without_pixels", "with_pixels"):
        algorithm = load(f"{__name__}:{name}")
        assert algorithm([TOP], lambda: np.zeros((2, 3, 3), np.uint8)) == [paragraph(TOP)]


def test_pages_are_many_and_their_lines_fit_their_units() -> None:
    """Given the committed pages, when true units are read from their lines, then text agrees."""
    held_out, tuning, weak = ([*pages(part, CLEAN)] for part in (HELD_OUT, TUNING, WEAK_KINDS))
    assert len({each.language for each in held_out}) >= 10
    assert len({each.language for each in tuning}) >= 10
    assert 0.35 < len(held_out) / len(held_out + tuning) < 0.45
    degraded = [each for part in PARTS for each in pages(part, DEGRADED)]
    assert {each.name for each in degraded} == {each.name for each in held_out + tuning + weak}
    every = held_out + tuning + weak + degraded
    wrong = {each.name: best for each in every if (best := best_text(each)) < 0.97}
    assert wrong == {}


def without_pixels(lines: list[Line]) -> list[Paragraph]:
    return [paragraph(*lines)]


def with_pixels(lines: list[Line], pixels: np.ndarray) -> list[Paragraph]:
    assert pixels.shape == (2, 3, 3)
    return [paragraph(*lines)]
