"""Tesseract processes that work, fail, hang, or answer nonsense."""

import time
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.errors import ConfigurationError, EngineUnavailableError
from pipeline.ocr.scripts import tesseract
from pipeline.ocr.scripts.base import ScriptLine
from pipeline.ocr.scripts.tesseract import Tesseract
from pipeline.ocr.scripts.tesseract_reader import TesseractReader, dark_on_light
from tests.conftest import missing
from tests.support.text_pictures import picture_of, pixels_of

LINE = np.full((48, 200), 255, np.uint8)
HEADER = "\t".join(["level", "page_num", *"abcd", "left", "top", "width", "height", "conf", "text"])


def fake(folder: Path, script: str) -> Tesseract:
    """A Tesseract that is a shell script."""
    command = folder / "tesseract"
    command.write_text(f"#!/bin/sh\n{script}\n")
    command.chmod(0o755)
    return Tesseract(str(command), "5.3.0", frozenset({"rus", "eng"}), cores=2)


def row(page: int, text: str, left: int = 5, confidence: float = 90) -> str:
    return "\t".join(["5", str(page), *"1111", str(left), "0", "20", "9", str(confidence), text])


def test_each_line_gets_its_words(tmp_path: Path) -> None:
    """Given two lines in one process, each page number of the table is that of a line."""
    table = "\n".join([HEADER, row(1, "раз"), row(2, "два", left=7), row(9, "лишний"), "junk"])
    (tmp_path / "table").write_text(table + "\n")
    first, second = fake(tmp_path, f"cat {tmp_path}/table").words([LINE, LINE], ["rus"], mode=7)
    assert [word.text for word in first] == ["раз"]
    assert (second[0].left, second[0].right, second[0].confidence) == (7, 27, 0.9)


@pytest.mark.parametrize("script", ["exit 1", "kill -SEGV $$", "exec /missing"])
def test_a_process_that_ends_is_an_engine_error(tmp_path: Path, script: str) -> None:
    """Given a process that fails or dies, the delivery may be tried again."""
    with pytest.raises(EngineUnavailableError, match="Tesseract failed"):
        fake(tmp_path, script).words([LINE], ["rus"], mode=7)


def test_a_process_that_hangs_is_killed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Given a process that does not answer, it is killed when its time is over."""
    monkeypatch.setattr(tesseract, "_START_SECONDS", 0.2)
    monkeypatch.setattr(tesseract, "_LINE_SECONDS", 0.1)
    started = time.monotonic()
    with pytest.raises(EngineUnavailableError, match="TimeoutExpired"):
        fake(tmp_path, f"echo $$ > {tmp_path}/pid; exec sleep 60").words([LINE], ["rus"], mode=7)
    assert time.monotonic() - started < 30
    assert not Path("/proc", (tmp_path / "pid").read_text().strip()).exists()


def test_a_process_has_a_limit_of_memory(tmp_path: Path) -> None:
    """Given a process, its address space is limited to a gibibyte."""
    tesseract_ = fake(tmp_path, f"sleep 0.3; ulimit -v > {tmp_path}/limit; echo")
    tesseract_.words([LINE], ["rus"], mode=7)
    assert int((tmp_path / "limit").read_text()) == 1 << 20


def test_data_of_another_version_stops_the_start(tmp_path: Path) -> None:
    """Given data that Tesseract cannot load, the message names them and the command."""
    broken = fake(tmp_path, "echo \"Failed loading language 'rus'\" >&2; exit 0")
    with pytest.raises(ConfigurationError, match="--reinstall tesseract-ocr-rus"):
        broken.check(["rus"])
    with pytest.raises(ConfigurationError, match="does not work: no message"):
        fake(tmp_path, "exit 3").check(["rus"])


def test_without_tesseract_there_is_no_reader() -> None:
    """Given no such command, none is found."""
    assert Tesseract.find(cores=1, command="no-such-tesseract") is None


@given(
    st.lists(st.sampled_from(["5", "1", "-7", "0.5", "nan", "1e999", "٣", "x", ""]), max_size=13)
)
def test_a_row_is_a_word_or_left_out(cells: list[str]) -> None:
    """Given any row, it is a word with a confidence of 0 to 1, or none."""
    for _, word in tesseract.parsed(HEADER + "\n" + "\t".join(["5", *cells])):
        assert word.text
        assert 0 <= word.confidence <= 1


def test_the_picture_is_dark_on_light() -> None:
    """Given white letters on blue, the ground is white and the letters are black."""
    picture = np.full((48, 120, 3), (160, 40, 20), np.uint8)
    picture[15:30, 20:60] = 255
    grey = dark_on_light(picture)
    assert (grey[0, 0], grey[20, 40]) == (255, 0)


@pytest.fixture
def installed() -> Tesseract:
    found = Tesseract.find(cores=2)
    if found is None or "rus" not in found.data:
        missing("Tesseract with its data for Russian (make setup)")
    return found


def test_the_installed_tesseract_reads(installed: Tesseract) -> None:
    """Given Cyrillic capitals, the real Tesseract reads them, with its own data checked."""
    installed.check(["rus"])
    picture = pixels_of(picture_of("MOCKBA TEATP", size=40, margin=4))[:48]
    (read,) = TesseractReader(installed, "Cyrl").read([ScriptLine(picture, language="ru")])
    assert read.text == "МОСКВА ТЕАТР"
    assert read.confidence > 0.6
