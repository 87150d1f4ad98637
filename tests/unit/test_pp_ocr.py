"""The engine's own work, with models that misbehave."""

import threading

import numpy as np
import pytest

from pipeline.ocr import ctc
from pipeline.ocr.pp_ocr import FIRST_SIDE, PpOcrEngine
from pipeline.ocr.precision import Precision

CLASSES = ctc.classes(list("READ"))
PAGE = np.random.default_rng(0).integers(0, 256, (700, 900, 3), np.uint8)


class OneLine:
    """Finds one line in the middle of any view, and reads READ in it."""

    precision = Precision("float32", "float32", "a fake")

    def __init__(self) -> None:
        self.views: list[tuple[int, ...]] = []
        self.widths: list[int] = []
        self.calls: list[int] = []
        self.kept: list[bool] = []
        self._lock = threading.Lock()

    def detect(self, view: np.ndarray, *, keep_memory: bool) -> np.ndarray:
        self.views.append(view.shape[1:3])
        self.kept.append(keep_memory)
        return self.found(view)

    def found(self, view: np.ndarray) -> np.ndarray:
        rows, columns = view.shape[1:3]
        probabilities = np.zeros((rows, columns), np.float32)
        probabilities[rows // 2 : rows // 2 + 12, columns // 4 : columns // 2] = 0.9
        return probabilities

    def read(self, lines: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        with self._lock:
            self.widths += [lines.shape[2]] * len(lines)
            self.calls.append(len(lines))
        scores = np.full((8, len(CLASSES)), 0.01, np.float32)
        scores[[0, 2, 4, 6], [1, 2, 3, 4]] = 0.95
        scores[[1, 3, 5, 7], 0] = 0.95
        count = len(lines)
        return np.stack([np.log(scores)] * count), np.zeros((count, 8, 4), np.float32)


def engine_of(models: OneLine) -> PpOcrEngine:
    return PpOcrEngine(models, CLASSES, max_side=960, cores=2, description={"name": "test"})


def test_a_line_is_read() -> None:
    """Given one line of large text, one small look finds it, and its text is read."""
    models = OneLine()
    (line,) = engine_of(models).recognize(PAGE)
    assert line.text == "READ"
    assert line.confidence == pytest.approx(0.95)
    assert len(models.views) == 1
    assert max(models.views[0]) == FIRST_SIDE
    assert models.kept == [True]


class SmallText(OneLine):
    """Finds a line 3 pixels high, however closely it looks."""

    def found(self, view: np.ndarray) -> np.ndarray:
        probabilities = np.zeros(view.shape[1:3], np.float32)
        probabilities[20:24, 20:100] = 0.9
        return probabilities


def test_small_text_is_looked_at_again_and_its_memory_given_back() -> None:
    """Given text a few pixels high, the page is seen larger, and larger views are not kept."""
    models = SmallText()
    engine_of(models).recognize(PAGE)
    assert [max(view) for view in models.views[:2]] == [FIRST_SIDE, 928]
    assert models.kept[:2] == [True, False]


class NotNumbers(OneLine):
    def read(self, lines: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        count = len(lines)
        scores = np.full((count, 8, len(CLASSES)), np.nan, np.float32)
        return scores, np.zeros((count, 8, 4), np.float32)


def test_scores_that_are_no_numbers_are_no_text() -> None:
    """Given a recogniser that answers NaN, the page has no lines."""
    assert engine_of(NotNumbers()).recognize(PAGE) == []


class ManyLines(OneLine):
    """Finds some 3,000 lines of different lengths."""

    def found(self, view: np.ndarray) -> np.ndarray:
        rows, columns = view.shape[1:3]
        probabilities = np.zeros((rows, columns), np.float32)
        for row in range(5):
            probabilities[row::9, :] = np.where(np.arange(columns) % 10 < 7, 0.9, 0)
        return probabilities


def test_three_thousand_boxes_are_read_once_each() -> None:
    """Given 3,000 boxes in a page of noise, each is read once, and none twice."""
    models = ManyLines()
    page = np.random.default_rng(0).integers(0, 256, (600, 600, 3), np.uint8)
    lines = engine_of(models).recognize(page)
    assert 2000 <= len(lines) <= 3000
    assert len(models.widths) == len(lines)


class Lengths(OneLine):
    """Finds a short, a long and a middling line."""

    def found(self, view: np.ndarray) -> np.ndarray:
        probabilities = np.zeros(view.shape[1:3], np.float32)
        for top, end in ((100, 80), (200, 600), (300, 250)):
            probabilities[top : top + 12, 20:end] = 0.9
        return probabilities


def test_the_longest_line_is_begun_first() -> None:
    """Given lines of several lengths and one core, the recogniser sees the longest first."""
    models = Lengths()
    engine = PpOcrEngine(models, CLASSES, max_side=960, cores=1, description={})
    assert len(engine.recognize(PAGE)) == 3
    assert models.widths == sorted(models.widths, reverse=True)


class ShortLines(OneLine):
    """Finds nine words of about one length, and a long line."""

    def found(self, view: np.ndarray) -> np.ndarray:
        probabilities = np.zeros(view.shape[1:3], np.float32)
        for row in range(9):
            probabilities[40 + 40 * row :][:12, 20 : 60 + row] = 0.9
        probabilities[420:432, 20:600] = 0.9
        return probabilities


def test_short_lines_are_read_in_fours() -> None:
    """Given nine short lines and a long one, when read, then eight of the short ones share two
    calls of the recogniser, and each line has its text.
    """
    models = ShortLines()
    lines = engine_of(models).recognize(PAGE)
    assert [line.text for line in lines] == ["READ"] * 10
    assert sorted(models.calls) == [1, 1, 4, 4]
