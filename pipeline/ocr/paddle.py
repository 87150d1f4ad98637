"""PaddleOCR, run by ONNX Runtime or by Paddle Inference.

Detection and recognition are PaddleOCR's own models and pre- and postprocessing, called
one after the other rather than through its OCR pipeline: so the size the detector sees
and the width of a recognition batch, which decide the memory, are decided here.
"""

import os
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from pipeline.errors import ConfigurationError, EngineUnavailableError
from pipeline.models import Line, Pixels
from pipeline.ocr import memory_estimate
from pipeline.ocr.long_lines import joined, pieces
from pipeline.ocr.model_files import ENGINES, model_paths
from pipeline.ocr.quads import Quads, is_tall, no_quads, sides
from pipeline.ocr.readings import LEAST_SIDE, Reading, lines_of, read_both_ways
from pipeline.ocr.tiling import Window, look, seen_size

_RECOGNITION_HEIGHT = 48
_BATCH_LINES = 6
_BATCH_PIECES = 2
# PaddleOCR squeezes a line to 3200 pixels, 66 heights; two pieces are no wider than a batch.
_LONGEST_LINE, _LINE_PIECE = 60, 34
# The recogniser's output is (width / 8) x 18,710 floats a line: 4096 pixels are 38 MB.
_BATCH_WIDTH = 4096
_LEANER_SIZES = (960, 640, 480)


@dataclass(frozen=True, slots=True)
class _Models:
    detector: Any
    recognizer: Any
    crop: Any


class PaddleOcrEngine:
    """Reads text with PP-OCR models.

    Threading: with `onnxruntime` one set of weights serves every thread; a Paddle
    predictor belongs to the thread that made it, so `paddle` loads one set a thread.
    """

    def __init__(self, backend: str, model_dir: Path, *, max_side: int, threads: int) -> None:
        """Loads the models; `threads` is what one recognition may use inside.

        Raises:
            ConfigurationError: a model is missing, or the backend is not installed.
        """
        self._backend = backend
        self._paths = model_paths(backend, model_dir)
        self._max_side = max_side
        self._threads = threads
        self._own = threading.local()
        self._shared = self._load() if backend == "onnxruntime" else None

    @property
    def detector_sizes(self) -> Sequence[int]:
        """See `OcrEngine.detector_sizes`."""
        return [self._max_side, *(size for size in _LEANER_SIZES if size < self._max_side)]

    def recognize(
        self,
        pixels: Pixels,
        *,
        detector_size: int | None = None,
        source_language: str | None = None,  # noqa: ARG002 - reads one set of scripts
    ) -> list[Line]:
        """See `OcrEngine.recognize`."""
        if min(pixels.shape[:2]) < LEAST_SIDE:
            return []
        with _engine_errors():
            models = self._models()
            quads = look(
                (pixels.shape[1], pixels.shape[0]),
                detector_size or self._max_side,
                lambda window, scale: self._detect_in(models, pixels, window, scale),
            )
            readings = read_both_ways(
                quads, lambda these, turned: self._read(models, pixels, these, turned=turned)
            )
        return lines_of(quads, readings)

    def peak_bytes(self, width: int, height: int, *, detector_size: int | None = None) -> int:
        """See `OcrEngine.peak_bytes`."""
        across, down = seen_size(width, height, detector_size or self._max_side)
        return memory_estimate.peak_bytes(width * height, across * down)

    def reserve_bytes(self) -> int:
        """See `OcrEngine.reserve_bytes`."""
        return 0

    def runtime(self) -> Mapping[str, Any]:
        """See `OcrEngine.runtime`."""
        return {}

    def describe(self) -> Mapping[str, Any]:
        """See `OcrEngine.describe`."""
        return {
            "name": "paddleocr",
            "version": version("paddleocr"),
            "backend": self._backend,
            "models": [model.name for model in ENGINES[self._backend]],
            "max_side": self._max_side,
        }

    def _models(self) -> _Models:
        if self._shared:
            return self._shared
        if not hasattr(self._own, "models"):
            self._own.models = self._load()
        models: _Models = self._own.models
        return models

    def _load(self) -> _Models:
        # Otherwise importing probes the model hosters, and logs to standard output.
        os.environ.setdefault("PADDLE_PDX_DISABLE_MODEL_SOURCE_CHECK", "True")
        try:
            from paddleocr import (  # noqa: PLC0415 - two seconds and 200 MB: only when OCR runs
                TextDetection,
                TextRecognition,
            )
            from paddlex.inference.pipelines.components import CropByPolys  # noqa: PLC0415
        except ImportError as error:
            raise ConfigurationError(f"PaddleOCR cannot be imported: {error}") from error
        options: dict[str, Any] = {"device": "cpu", "engine": self._backend}
        if self._backend == "onnxruntime":
            options["engine_config"] = {
                "intra_op_num_threads": self._threads,
                "enable_cpu_mem_arena": False,
            }
        else:
            options["cpu_threads"] = self._threads
        detection, recognition = self._paths
        try:
            return _Models(
                TextDetection(
                    model_name=detection.name,
                    model_dir=str(detection),
                    limit_side_len=self._max_side,
                    limit_type="max",
                    **options,
                ),
                TextRecognition(model_name=recognition.name, model_dir=str(recognition), **options),
                CropByPolys(det_box_type="quad"),
            )
        except Exception as error:
            raise ConfigurationError(
                f"OCR_ENGINE={self._backend} cannot load {detection} and {recognition}: {error}"
            ) from error

    def _detect_in(self, models: _Models, pixels: Pixels, window: Window, scale: float) -> Quads:
        view = window.of(pixels)
        size = max(1, round(window.width * scale)), max(1, round(window.height * scale))
        if scale < 1:
            view = np.asarray(cv2.resize(view, size, interpolation=cv2.INTER_AREA), np.uint8)
        if (view == view[0, 0]).all():
            return no_quads()  # of one colour: paper, or a bomb's black
        found = models.detector.predict(np.ascontiguousarray(view))[0]["dt_polys"]
        quads = np.asarray(found, np.float32).reshape(-1, 4, 2)
        return quads * np.array([window.width / size[0], window.height / size[1]], np.float32)

    def _read(
        self, models: _Models, pixels: Pixels, quads: Quads, *, turned: bool
    ) -> list[Reading]:
        readings = [Reading("", 0.0)] * len(quads)
        for batch in _batches(quads):
            # Cut out a batch at a time: all lines of a page together weigh as much as it.
            crops = list(models.crop(pixels, quads[batch]))
            if turned:
                crops = [np.ascontiguousarray(crop[::-1, ::-1]) for crop in crops]
            # A line that is cut is a batch of its own, and two of its pieces fit in one.
            parts = [
                (i, piece)
                for i, crop in zip(batch, crops, strict=True)
                if crop.size
                for piece in pieces(crop, longest=_LONGEST_LINE, piece=_LINE_PIECE)
            ]
            if not parts:
                continue
            results = models.recognizer.predict(
                [piece for _, piece in parts],
                batch_size=_BATCH_LINES if len(parts) <= len(batch) else _BATCH_PIECES,
            )
            read: dict[int, list[tuple[str, float]]] = {}
            for (i, _), result in zip(parts, results, strict=True):
                read.setdefault(i, []).append((str(result["rec_text"]), float(result["rec_score"])))
            for i, pieces_read in read.items():
                confidence = sum(score for _, score in pieces_read) / len(pieces_read)
                text = joined([text for text, _ in pieces_read])
                readings[i] = Reading(text, confidence, turned)
        return readings


def _batches(quads: Quads) -> Iterator[list[int]]:
    """Lines of like width together, cut where a batch, padded to its widest, is too wide."""
    widths = [_width_read(quad) for quad in quads]
    batch: list[int] = []
    for i in sorted(range(len(quads)), key=widths.__getitem__):
        if batch and (len(batch) == _BATCH_LINES or widths[i] * (len(batch) + 1) > _BATCH_WIDTH):
            yield batch
            batch = []
        batch.append(i)
    if batch:
        yield batch


def _width_read(quad: Quads) -> int:
    """Pixels across a line once it is `_RECOGNITION_HEIGHT` high, as PaddleOCR scales it."""
    across, down = sides(quad)
    longer, shorter = (down, across) if is_tall(quad) else (across, down)
    return int(min(3200, max(320, _RECOGNITION_HEIGHT * longer / max(shorter, 1.0))))


@contextmanager
def _engine_errors() -> Iterator[None]:
    try:
        yield
    except (ConfigurationError, MemoryError):
        raise
    except Exception as error:
        # What ONNX Runtime says is of tensors; others may repeat what was read.
        is_runtimes = type(error).__module__.startswith("onnxruntime")
        why = f": {error}" if is_runtimes else ""
        raise EngineUnavailableError(f"OCR failed: {type(error).__name__}{why}") from error
