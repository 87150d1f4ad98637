"""Which reader reads a line, and what is reported as not read."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pytest

from pipeline.models import Line, WarningCode
from pipeline.ocr.readings import Reading, lines_of
from pipeline.ocr.scripts.base import ScriptLine, ScriptText
from pipeline.ocr.scripts.guess import ScriptClassifier, ScriptGuess
from pipeline.ocr.scripts.line_choice import ScriptLines
from pipeline.ocr.scripts.unread import unread_warnings
from pipeline.ocr.validation import validate_lines

CLASSIFIER = ScriptClassifier.load()
PICTURE = np.zeros((48, 100, 3), np.uint8)


class Says:
    """Reads the same text in every line."""

    def __init__(self, text: str, confidence: float = 0.9) -> None:
        self.text = ScriptText(text, confidence)
        self.lines: list[ScriptLine] = []

    def read(self, lines: Sequence[ScriptLine]) -> list[ScriptText]:
        self.lines += lines
        return [self.text] * len(lines)

    def describe(self) -> Mapping[str, Any]:
        return {"name": "fake"}

    def reserve_bytes(self) -> int:
        return 7


def seen(text: str, confidence: float, *, latin: bool = False, **scripts: float) -> Reading:
    """The main recogniser's reading of a line that looks like `scripts`."""
    rest = {"Latn": 1 - sum(scripts.values())}
    return Reading(text, confidence, guess=ScriptGuess({**rest, **scripts}, latin))


def final(reading: Reading, *, language: str | None = None, **readers: Says) -> Reading:
    lines = ScriptLines(CLASSIFIER, readers)
    (read,) = lines.read_others([reading], lambda _: PICTURE, language)
    return read


def test_a_line_that_looks_cyrillic_is_read_by_that_reader() -> None:
    """Given nonsense with high confidence and a Cyrillic picture, the reader's text stands."""
    read = final(seen(".", 0.87, Cyrl=0.97, Latn=0.03), Cyrl=Says("привет"))
    assert (read.text, read.unread_script) == ("привет", None)


@pytest.mark.parametrize("reading", [seen("EXIT", 0.9, Cyrl=0.4, Latn=0.6), Reading("EXIT", 0.9)])
def test_a_line_that_looks_latin_stays(reading: Reading) -> None:
    """Given a line that looks Latin, or that has no guess, no reader is asked."""
    says = Says("ехит")
    assert final(reading, Cyrl=says).text == "EXIT"
    assert says.lines == []


def test_a_trusted_text_needs_a_certain_guess() -> None:
    """Given a text read with 0.98, a guess of 0.8 leaves it, and one of 0.95 does not."""
    assert final(seen("PECTOPAH", 0.98, Cyrl=0.8), Cyrl=Says("РЕСТОРАН")).text == "PECTOPAH"
    assert final(seen("PECTOPAH", 0.98, Cyrl=0.95), Cyrl=Says("РЕСТОРАН")).text == "РЕСТОРАН"


def test_a_number_needs_a_certain_guess() -> None:
    """Given mostly digits, read with confidence, a guess of 0.7 leaves the text."""
    assert final(seen("8 - 19", 0.95, Hang=0.7), Hang=Says("음")).text == "8 - 19"
    assert final(seen("8 - 19", 0.95, Hang=0.99), Hang=Says("음")).text == "음"


def test_without_a_reader_a_certain_line_is_reported() -> None:
    """Given a line that certainly is Thai or Lao and no reader, its nonsense is not kept."""
    read = final(seen("nuw", 0.9, Thai=0.6, Laoo=0.35))
    assert (read.text, read.unread_script) == ("", "Thai")
    doubtful = final(seen("nuw", 0.9, Thai=0.6, Latn=0.4))
    assert (doubtful.text, doubtful.unread_script) == ("nuw", None)


@pytest.mark.parametrize(
    ("language", "text"), [("ru", "река"), ("en", "peka"), ("el", "peka"), ("ja", "peka")]
)
def test_the_source_language_decides(language: str, text: str) -> None:
    """Given the source language, only its script's reader may read the line."""
    assert (
        final(seen("peka", 0.9, Cyrl=0.3, Latn=0.7), language=language, Cyrl=Says("река")).text
        == text
    )
    if language != "ru":
        certain = seen("peka", 0.9, Cyrl=0.99, Latn=0.01)
        assert final(certain, language=language, Cyrl=Says("река")).text == text


def test_an_installed_reader_tries_a_script_that_looks_alike() -> None:
    """Given a line rather Khmer than Thai and a reader of Thai only, Thai text is taken."""
    read = final(seen("auəu", 0.7, Khmr=0.4, Thai=0.35), Thai=Says("ยินดี"))
    assert (read.text, read.unread_script) == ("ยินดี", None)


def test_the_reader_is_given_language_and_latin_words() -> None:
    """Given a source language with a region, the reader gets its primary tag."""
    says = Says("вода")
    final(seen("", 0.0, latin=True, Cyrl=0.99), language="uk-UA", Cyrl=says)
    (line,) = says.lines
    assert (line.language, line.has_latin) == ("uk", True)


@pytest.mark.parametrize("says", [Says("---"), Says("abc"), Says("река", 0.1), Says("")])
def test_a_reader_that_finds_nothing_leaves_no_nonsense(says: Says) -> None:
    """Given a text without a letter of the script or without confidence, the line is dropped."""
    read = final(seen("Pexa", 0.9, Cyrl=0.99), Cyrl=says)
    quad = np.array([[[0, 0], [100, 0], [100, 48], [0, 48]]], np.float32)
    assert lines_of(quad, [read]) == []


def test_an_unread_line_is_a_warning_and_no_text() -> None:
    """Given unread lines, they leave no text, and one warning for each script says the command."""
    quad = np.array([[[0, 0], [100, 0], [100, 48], [0, 48]]], np.float32)
    (line,) = lines_of(quad, [Reading("", 0.3, unread_script="Hang")])
    assert line == Line("", 0.3, line.polygon, unread_script="Hang")
    assert validate_lines([line], 100, 48) == []
    hebrew, korean = unread_warnings(["Hang", "Hebr", "Hang"])
    assert korean.code == hebrew.code == WarningCode.SCRIPT_NOT_READ
    assert "2 lines look Korean" in hebrew.message + korean.message
    assert 'make setup SCRIPTS="kor"' in hebrew.message + korean.message


def test_memory_and_description_are_those_of_the_readers() -> None:
    """Given readers, the fingerprint names each, and the largest reserve is kept."""
    lines = ScriptLines(CLASSIFIER, {"Cyrl": Says(""), "Hang": Says("")})
    assert lines.describe() == {"Cyrl": {"name": "fake"}, "Hang": {"name": "fake"}}
    assert lines.reserve_bytes() == 7
    assert ScriptLines(CLASSIFIER, {}).reserve_bytes() == 0


def test_the_probabilities_are_a_distribution() -> None:
    """Given any features, the probabilities of all scripts sum to one."""
    features = np.random.default_rng(0).normal(size=(40, CLASSIFIER.weights.shape[0] // 2))
    guess = CLASSIFIER.guess(features.astype(np.float32))
    assert sum(guess.probabilities.values()) == pytest.approx(1, abs=1e-4)
    assert guess.among(["Qaaa"]) == (None, 0)
