from pathlib import Path

import numpy as np
import pytest
from PIL import ImageFont

from tests.conftest import missing
from tests.support import line_fonts as fonts
from tests.support.drawn_lines import (
    HEIGHT,
    MAX_WIDTH,
    DrawnLine,
    draw,
    drawn_lines,
    set_sha256,
)
from tests.support.line_texts import KINDS, Texts

TEXTS = Texts(["漢", "字", "a", "駅"])
DEJAVU = Path("/usr/share/fonts/truetype/dejavu/DejaVuSans.ttf")
FACES: fonts.Faces = {script: [(DEJAVU, 0)] for script in ("latin", "zh", "ja")}


@pytest.fixture(autouse=True)
def _font() -> None:
    if not DEJAVU.is_file():
        missing("the font DejaVu Sans (Debian package fonts-dejavu-core)")


def drawn(seed: int) -> list[DrawnLine]:
    return list(drawn_lines(TEXTS, FACES, 2 * len(KINDS), seed))


def test_the_same_seed_draws_the_same_lines() -> None:
    """Given one seed, when lines are drawn twice, then texts and pixels are equal."""
    first, second = drawn(1), drawn(1)
    assert [line.text for line in first] == [line.text for line in second]
    assert set_sha256([line.pixels for line in first]) == set_sha256(
        [line.pixels for line in second]
    )


def test_another_seed_draws_other_lines() -> None:
    """Given two seeds, when lines are drawn, then their pixels differ."""
    assert set_sha256([line.pixels for line in drawn(1)]) != set_sha256(
        [line.pixels for line in drawn(2)]
    )


def test_every_kind_is_drawn_at_the_height_the_recogniser_reads() -> None:
    """Given lines of every kind, then each is 48 x width x 3, bounded, and not empty."""
    lines = drawn(3)
    assert {line.kind for line in lines} == set(KINDS)
    for line in lines:
        height, width, channels = line.pixels.shape
        assert (height, channels) == (HEIGHT, 3)
        assert HEIGHT // 2 <= width <= MAX_WIDTH
        assert line.text
        assert line.pixels.std() > 1


@pytest.mark.parametrize("receipt", [False, True])
def test_a_long_line_is_no_wider_than_the_limit(receipt: bool) -> None:
    """Given 400 letters, when drawn, then the picture is at most `MAX_WIDTH` wide."""
    font = ImageFont.truetype(DEJAVU, 20)
    pixels = draw("W" * 400, font, np.random.default_rng(0), receipt=receipt)
    assert pixels.shape == (HEIGHT, MAX_WIDTH, 3)


def test_no_font_both_calibrates_and_judges() -> None:
    """Given the two lists of fonts, then they have no file in common."""
    used = [
        {path for of_script in faces.values() for path, _ in of_script}
        for faces in (fonts.CALIBRATING, fonts.HELD_OUT)
    ]
    assert used[0].isdisjoint(used[1])


def test_a_missing_font_names_the_command_that_installs_it(tmp_path: Path) -> None:
    """Given a font that is not installed, then the program ends with what to type."""
    with pytest.raises(SystemExit, match="apt-get install fonts-none"):
        fonts.require({"latin": [(tmp_path / "none.ttf", 0)]}, "fonts-none")
