"""Segmentation: texts are split, packed, joined and spread over display lines without loss."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.language.text_forms import is_all_caps
from pipeline.outcomes.display_lines import spread_over_lines
from pipeline.translation.segmentation import pack, reassemble, segment_texts, split_text


@given(text=st.text(max_size=400), limit=st.integers(1, 60))
def test_parts_join_to_the_text(text: str, limit: int) -> None:
    """Given any text, when split, then the parts are within the limit and join to the text."""
    parts = split_text(text, limit)
    assert "".join(parts) == text
    assert all(len(part) <= limit for part in parts)


@given(
    texts=st.lists(st.text(alphabet="aB.\u3002!? \n\t\u00bf1", max_size=60), max_size=6),
    limit=st.integers(1, 30),
    by=st.sampled_from(["limit", "line", "sentence"]),
)
def test_reassembled_segments_equal_the_texts(texts: list[str], limit: int, by: str) -> None:
    """Given any texts, when segmented and reassembled, then the result is equal to the texts."""
    segments = segment_texts(texts, limit, by=by)  # type: ignore[arg-type]
    cores = [segment.core for segment in segments if segment.core]
    assert reassemble(len(texts), segments, cores) == texts
    assert all(len(segment.core) <= limit for segment in segments)
    assert all(segment.core == segment.core.strip() for segment in segments)


@pytest.mark.parametrize(
    ("text", "sentences"),
    [
        ("No tocar. Alta tensi\u00f3n!  Peligro", ["No tocar.", "Alta tensi\u00f3n!", "Peligro"]),
        ("\u00bfQu\u00e9? \u00a1Nada!", ["\u00bfQu\u00e9?", "\u00a1Nada!"]),
        ("Av. Reforma 5, Sr. Paz", ["Av. Reforma 5, Sr. Paz"]),
        ("J. M. Barrie", ["J. M. Barrie"]),
        ("etc. y m\u00e1s", ["etc. y m\u00e1s"]),
        ("1.5 kg", ["1.5 kg"]),
        (
            "\u7981\u6b62\u5438\u70df\u3002\u8c22\u8c22",
            ["\u7981\u6b62\u5438\u70df\u3002", "\u8c22\u8c22"],
        ),
        ("uno\ndos", ["uno", "dos"]),
        ("", []),
    ],
)
def test_texts_are_split_by_sentence(text: str, sentences: list[str]) -> None:
    """Given sentences and abbreviations, when split by sentence, then no abbreviation ends one."""
    assert [segment.core for segment in segment_texts([text], 99, by="sentence")] == sentences


def test_splits_after_a_sentence_or_word_if_possible() -> None:
    """Given too long a text, when split, then it is split after a sentence, else a
    word, else anywhere.
    """
    assert split_text("Uno dos. Tres cuatro", 12) == ["Uno dos. ", "Tres cuatro"]
    assert split_text("Uno dos tres cuatro", 12) == ["Uno dos ", "tres cuatro"]
    assert split_text("Unodostrescuatro", 12) == ["Unodostrescu", "atro"]


@given(
    contents=st.lists(st.text("x", min_size=1, max_size=20), max_size=30),
    strings=st.integers(1, 5),
    code_points=st.integers(20, 50),
)
def test_batches_keep_order_and_limits(contents: list[str], strings: int, code_points: int) -> None:
    """Given any texts, when packed, then the order stays, both limits hold and the
    batches are few.
    """
    batches = list(pack(contents, strings=strings, code_points=code_points))
    assert [text for batch in batches for text in batch] == contents
    for batch in batches:
        assert 1 <= len(batch) <= strings
        assert sum(map(len, batch)) <= code_points
    for batch, following in pairwise(batches):
        full = len(batch) == strings
        assert full or sum(map(len, batch)) + len(following[0]) > code_points


@pytest.mark.parametrize(
    ("text", "all_caps"),
    [("SALIDA", True), ("Salida", False), ("\u00d1", False), ("5 \u20ac", False), ("AB 5", True),
     ("\u51fa\u53e3", False), ("\u0412\u042b\u0425\u041e\u0414", True)],
)  # fmt: skip
def test_a_text_in_capitals_is_all_caps(text: str, all_caps: bool) -> None:
    """Given a text, when checked, then it is all caps if it has two or more letters
    and no small one.
    """
    assert is_all_caps(text) is all_caps


@pytest.mark.parametrize(
    ("text", "lengths", "lines"),
    [
        ("Beware of the dog at night", [7, 8, 10], ["Beware", "of the dog", "at night"]),
        ("Exit", [9, 9], ["Exit", ""]),
        ("\u7981\u6b62\u5438\u70df", [4, 4], ["\u7981\u6b62", "\u5438\u70df"]),
        ("", [3], [""]),
        ("One two", [0, 0], ["One", "two"]),
    ],
)
def test_words_stay_whole_when_spread_over_lines(
    text: str, lengths: list[int], lines: list[str]
) -> None:
    """Given a translation and its lines, when spread, then words stay whole and shares are fair."""
    assert spread_over_lines(text, lengths) == lines


@given(
    words=st.lists(st.text("ab", min_size=1, max_size=9), max_size=20),
    lengths=st.lists(st.integers(0, 40), min_size=1, max_size=8),
)
def test_spreading_keeps_every_word_in_order(words: list[str], lengths: list[int]) -> None:
    """Given any words and lines, when spread, then every word appears once and in order."""
    lines = spread_over_lines(" ".join(words), lengths)
    assert len(lines) == len(lengths)
    glue = " " if len(words) > 1 else ""
    assert glue.join(line for line in lines if line).split() == words
