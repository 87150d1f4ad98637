"""Long lines: they are cut for recognition, and their texts are joined."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.ocr.long_lines import joined, pieces

HEIGHT = 10
BOTH_ENGINES = [(60, 34), (26, 18)]
"""Longest line and length of a piece, in heights, of PaddleOCR and of OpenVINO."""


def line_of(*words: int, gap: int = 6) -> np.ndarray:
    """Words, given by their widths, as black and white stripes on white."""
    blank = np.full((HEIGHT, gap, 3), 255, np.uint8)
    parts = [blank]
    for width in words:
        word = np.full((HEIGHT, width, 3), 255, np.uint8)
        word[::2] = 0
        parts += [word, blank]
    return np.concatenate(parts, axis=1)


@pytest.mark.parametrize(("longest", "piece"), BOTH_ENGINES)
@given(words=st.lists(st.integers(5, 60), min_size=1, max_size=120))
def test_a_line_is_cut_between_words(words: list[int], longest: int, piece: int) -> None:
    """Given words no longer than the search, no cut touches one, and nothing is lost or long."""
    line = line_of(*words)
    cut = pieces(line, longest=longest, piece=piece)
    assert np.array_equal(np.concatenate(cut, axis=1), line)
    for part in cut:
        assert part.shape[1] <= longest * HEIGHT
        assert (part[:, 0] == 255).all()
        assert (part[:, -1] == 255).all()


@pytest.mark.parametrize(("longest", "piece"), BOTH_ENGINES)
def test_a_short_line_stays_whole(longest: int, piece: int) -> None:
    """Given a line of the longest length, when it is read, then it is whole; longer, in two."""
    whole = np.zeros((HEIGHT, longest * HEIGHT, 3), np.uint8)
    assert pieces(whole, longest=longest, piece=piece)[0] is whole
    longer = np.zeros((HEIGHT, (longest + 1) * HEIGHT, 3), np.uint8)
    assert len(pieces(longer, longest=longest, piece=piece)) == 2


@pytest.mark.parametrize(("longest", "piece"), BOTH_ENGINES)
@given(height=st.integers(1, 60), width=st.integers(1, 65_000))
def test_any_line_can_be_cut(height: int, width: int, longest: int, piece: int) -> None:
    """Given a line without gaps, the pieces still make it up, none longer than two batches hold."""
    line = np.zeros((height, width, 1), np.uint8).repeat(3, axis=2)
    cut = pieces(line, longest=longest, piece=piece)
    assert sum(part.shape[1] for part in cut) == width
    assert all(0 < part.shape[1] <= longest * height for part in cut)


@pytest.mark.parametrize(
    ("texts", "whole"),
    [
        (["mind", "the gap"], "mind the gap"),
        (["禁止", "入内"], "禁止入内"),
        (["出口", "EXIT"], "出口 EXIT"),
        (["", "alone", ""], "alone"),
        ([], ""),
    ],
)
def test_texts_are_joined_as_their_script_joins_words(texts: list[str], whole: str) -> None:
    """Given the texts of pieces, spaces stand where the script has them, and nowhere else."""
    assert joined(texts) == whole
