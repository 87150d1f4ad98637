"""Paragraphs of any lines: no line is lost, and the order of the input does not matter."""

import random
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.layout.paragraphs import paragraphs
from pipeline.models import Line
from tests.support.ocr_lines import column, line

coordinate = st.floats(-50, 5000, allow_nan=False, width=32)
points = st.tuples(coordinate, coordinate)
alphabet = st.sampled_from("aZé -.1€、。中のア한\u00ad\u0301(•")
any_line = st.builds(
    Line,
    st.text(alphabet, min_size=1, max_size=12),
    st.floats(0, 1),
    st.tuples(points, points, points, points),
)
level_line = st.builds(
    line,
    st.text(alphabet, min_size=1, max_size=12),
    st.integers(0, 400),
    st.integers(0, 400),
    st.none() | st.integers(0, 300),
    st.integers(0, 60),
)
pages = st.lists(
    any_line
    | level_line
    | st.builds(column, st.text(alphabet, min_size=1), st.integers(0, 300), st.integers(0, 300)),
    max_size=25,
)


@given(pages)
@settings(max_examples=300, deadline=None)
def test_every_line_is_in_exactly_one_paragraph(page: list[Line]) -> None:
    """Given lines anywhere, crossed and crushed ones among them, each comes out once."""
    found = [each for paragraph in paragraphs(page) for each in paragraph.lines]
    assert sorted(map(repr, found)) == sorted(map(repr, page))


@given(pages, st.randoms())
@settings(max_examples=200, deadline=None)
def test_the_order_of_the_lines_does_not_matter(page: list[Line], chance: random.Random) -> None:
    """Given the same lines in another order, the paragraphs are the same."""
    shuffled = chance.sample(page, len(page))
    assert paragraphs(shuffled) == paragraphs(page)


def test_a_thousand_nested_lines_are_put_in_order() -> None:
    """Given as many lines as a detector finds, laid out against every cut, none is lost."""
    page = [line("a", 10 * i, 7 * (i % 40), 10 * (1000 - i), 30) for i in range(1000)]
    assert sum(len(paragraph.lines) for paragraph in paragraphs(page)) == 1000


noise = random.Random(12)
PAGES = {
    "prose": [
        line("the quick brown fox jumps over it", 450 * (i % 4), 26 * (i // 4)) for i in range(1000)
    ],
    "noise": [
        line("abc", noise.uniform(0, 2000), noise.uniform(0, 3000), None, noise.uniform(8, 40))
        for _ in range(3000)
    ],
    "one letter": [line("a", 22 * (i % 40), 24 * (i // 40)) for i in range(1000)],
    "one place": [line("a", 10, 10) for _ in range(1000)],
    "every angle": [
        Line("abc", 0.9, tuple((noise.uniform(0, 2e3), noise.uniform(0, 2e3)) for _ in range(4)))  # type: ignore[arg-type]
        for _ in range(1000)
    ],
}


@pytest.mark.parametrize("name", PAGES)
def test_hostile_pages_take_bounded_time(name: str) -> None:
    """Given pages laid out to be slow, when laid out, then each line comes once, in two seconds."""
    start = time.process_time()
    found = [each for paragraph in paragraphs(PAGES[name]) for each in paragraph.lines]
    assert time.process_time() - start < 2
    assert sorted(map(repr, found)) == sorted(map(repr, PAGES[name]))
