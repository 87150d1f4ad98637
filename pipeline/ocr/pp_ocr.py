"""The default engine: PP-OCR models with this project's pre- and postprocessing."""

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, replace
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from pipeline.capacity.process_memory import resident_bytes
from pipeline.models import Line, Pixels
from pipeline.ocr import memory_estimate
from pipeline.ocr.detection import detector_input, find_quads
from pipeline.ocr.line_pictures import line_picture, read_together
from pipeline.ocr.line_recognition import read_lines
from pipeline.ocr.precision import Precision
from pipeline.ocr.quads import Quads, no_quads
from pipeline.ocr.readings import LEAST_SIDE, Reading, lines_of, read_both_ways
from pipeline.ocr.scripts.line_choice import ScriptLines
from pipeline.ocr.tiling import Window, look, seen_size

FIRST_SIDE = 640
"""Pixels along the longer side with which the detector sees a page first."""

_LEANER_SIZES = (800, 640)


class Models(Protocol):
    """A detector and a recogniser, as `OpenVinoModels` runs them."""

    @property
    def precision(self) -> Precision:
        """The number formats of both models."""
        ...

    def detect(self, view: NDArray[np.uint8], *, keep_memory: bool) -> NDArray[np.float32]:
        """Text probabilities of a view; see `OpenVinoModels.detect`."""
        ...

    def read(self, lines: NDArray[np.uint8]) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Scores and features of line pictures; see `OpenVinoRecognizer.read`."""
        ...


class PpOcrEngine:
    """Reads text with a detector that all cores serve and a recogniser of lines.

    Threading: may be shared. One page at a time is in the detector; the lines of all pages
    go through one pool with a thread for each core.
    """

    def __init__(
        self,
        models: Models,
        classes: Sequence[str],
        *,
        max_side: int,
        cores: int,
        description: Mapping[str, Any],
        scripts: ScriptLines | None = None,
    ) -> None:
        """`classes` are the recogniser's; `description` is what the fingerprint holds.

        `scripts` reads the lines of other scripts; without it the recogniser reads all.
        """
        self._models = models
        self._scripts = scripts
        self._classes = classes
        self._max_side = max_side
        self._description = description
        # Measured now: the models are loaded, and nothing was recognised.
        self._loaded_bytes = resident_bytes()
        self._shared_bytes = memory_estimate.openvino_shared_bytes(
            models.precision, cores, FIRST_SIDE
        )
        self._line_pool = ThreadPoolExecutor(cores, thread_name_prefix="line")

    @property
    def detector_sizes(self) -> Sequence[int]:
        """See `OcrEngine.detector_sizes`."""
        return [self._max_side, *(size for size in _LEANER_SIZES if size < self._max_side)]

    def recognize(
        self,
        pixels: Pixels,
        *,
        detector_size: int | None = None,
        source_language: str | None = None,
    ) -> list[Line]:
        """See `OcrEngine.recognize`."""
        if min(pixels.shape[:2]) < LEAST_SIDE:
            return []
        max_side = detector_size or self._max_side
        quads = look(
            (pixels.shape[1], pixels.shape[0]),
            max_side,
            lambda window, scale: self._detect_in(window, scale, pixels),
            first_side=min(FIRST_SIDE, max_side),
        )
        readings = read_both_ways(
            quads, lambda these, turned: self._read(pixels, these, turned=turned)
        )
        if self._scripts:
            readings = self._scripts.read_others(
                readings, lambda i: _picture(pixels, quads[i], readings[i]), source_language
            )
        return lines_of(quads, readings)

    def _detect_in(self, window: Window, scale: float, pixels: Pixels) -> Quads:
        part = window.of(pixels)
        if (part == part[0, 0]).all():
            return no_quads()  # of one colour: paper, or a bomb's black
        view = detector_input(part, scale)
        probabilities = self._models.detect(view, keep_memory=max(view.shape[1:3]) <= FIRST_SIDE)
        return find_quads(probabilities, window.width, window.height)

    def _read(self, pixels: Pixels, quads: Quads, *, turned: bool) -> list[Reading]:
        readings = [Reading("", 0.0)] * len(quads)
        groups = read_together([_aspect(quad) for quad in quads])
        results = self._line_pool.map(
            lambda group: self._read_group(pixels, quads[group], turned=turned), groups
        )
        for group, read in zip(groups, results, strict=True):
            for i, reading in zip(group, read, strict=True):
                readings[i] = reading
        return readings

    def _read_group(self, pixels: Pixels, quads: Quads, *, turned: bool) -> list[Reading]:
        pictures = [line_picture(pixels, quad) for quad in quads]
        lines = [line[::-1, ::-1] if turned else line for line in pictures if line is not None]
        read = iter(read_lines(self._models.read, lines, self._classes))
        return [
            Reading("", 0.0) if line is None else self._reading(*next(read), turned=turned)
            for line in pictures
        ]

    def _reading(self, reading: Reading, features: NDArray[np.float32], *, turned: bool) -> Reading:
        if self._scripts:
            reading = self._scripts.guess(reading, features)
        return replace(reading, upside_down=turned)

    def peak_bytes(self, width: int, height: int, *, detector_size: int | None = None) -> int:
        """See `OcrEngine.peak_bytes`."""
        across, down = seen_size(width, height, detector_size or self._max_side)
        return memory_estimate.openvino_page_bytes(
            self._models.precision, width * height, across * down, FIRST_SIDE
        )

    def reserve_bytes(self) -> int:
        """See `OcrEngine.reserve_bytes`."""
        held = resident_bytes() - self._loaded_bytes
        others = self._scripts.reserve_bytes() if self._scripts else 0
        return max(0, self._shared_bytes - max(0, held)) + others

    def describe(self) -> Mapping[str, Any]:
        """See `OcrEngine.describe`."""
        return self._description

    def runtime(self) -> Mapping[str, Any]:
        """See `OcrEngine.runtime`."""
        return {"ocr_precision": asdict(self._models.precision)}


def _picture(page: Pixels, quad: Quads, reading: Reading) -> Pixels:
    line = line_picture(page, quad)
    assert line is not None  # it was read, and has a guess
    return np.ascontiguousarray(line[::-1, ::-1] if reading.upside_down else line)


def _aspect(quad: Quads) -> float:
    across, down = (float(np.ptp(quad[:, axis])) for axis in (0, 1))
    return max(across, down) / max(1.0, min(across, down))
