import numpy as np
import pytest

from tests.support.character_errors import distance, error_rates
from tests.support.drawn_lines import DrawnLine

NO_PIXELS = np.zeros((48, 24, 3), np.uint8)


@pytest.mark.parametrize(
    ("one", "other", "edits"),
    [("", "", 0), ("abc", "abc", 0), ("abc", "", 3), ("", "ab", 2), ("kitten", "sitting", 3)],
)
def test_the_distance_counts_edits(one: str, other: str, edits: int) -> None:
    """Given two texts, then the distance is the number of edits, in both directions."""
    assert distance(one, other) == distance(other, one) == edits


def test_rates_are_by_kind_and_at_most_one_a_line() -> None:
    """Given lines of two kinds, when one is read as nonsense, then only its kind suffers."""
    lines = [DrawnLine("en", "a b cd", NO_PIXELS), DrawnLine("ja", "カナ", NO_PIXELS)]
    assert error_rates(lines, ["abcd", "nonsense"]) == {"en": 0, "ja": 1, "all": 2 / 6}


def test_letter_width_does_not_count() -> None:
    """Given half-width letters, when read as full-width ones, then nothing is wrong."""
    assert error_rates([DrawnLine("ja", "ABCカ", NO_PIXELS)], ["ＡＢＣｶ"])["all"] == 0
