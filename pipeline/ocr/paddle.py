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
from pipeline.models import Line, Pixels, Point, Polygon
from pipeline.ocr.models import ENGINES, model_paths

MIN_CONFIDENCE = 0.5
"""Lines below are noise or a script the model does not read."""

_DOUBTFUL = 0.88
_SURE = 0.92
_RECOGNITION_HEIGHT = 48
_BATCH_LINES = 6
# The recogniser's output is (width / 8) x 18,710 floats a line: 4096 pixels are 38 MB.
_BATCH_WIDTH = 4096
_TALL = 1.5


@dataclass(frozen=True, slots=True)
class _Models:
    detector: Any
    recognizer: Any
    crop: Any


@dataclass(frozen=True, slots=True)
class _Reading:
    text: str
    confidence: float
    upside_down: bool = False


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

    def recognize(self, pixels: Pixels) -> list[Line]:
        """See `OcrEngine.recognize`."""
        with _engine_errors():
            models = self._models()
            quads = self._detect(models, pixels)
            readings = self._read(models, list(models.crop(pixels, quads))) if len(quads) else []
        return [
            Line(reading.text.strip(), reading.confidence, _own_top_left(quad, reading))
            for quad, reading in zip(quads, readings, strict=True)
            if reading.confidence >= MIN_CONFIDENCE and any(map(str.isalnum, reading.text))
        ]

    def peak_bytes(self, width: int, height: int) -> int:
        """See `OcrEngine.peak_bytes`."""
        scale = min(1.0, self._max_side / max(width, height))
        seen = width * scale * height * scale
        return round(3 * width * height + 300 * seen + 150_000_000)

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

    def _detect(self, models: _Models, pixels: Pixels) -> np.ndarray:
        """Quads of the text lines, n x 4 x 2 in pixels of `pixels`."""
        height, width = pixels.shape[:2]
        scale = min(1.0, self._max_side / max(height, width))
        seen = pixels
        if scale < 1:
            size = max(1, round(width * scale)), max(1, round(height * scale))
            seen = np.asarray(cv2.resize(pixels, size, interpolation=cv2.INTER_AREA), np.uint8)
        quads = np.asarray(models.detector.predict(seen)[0]["dt_polys"], np.float32)
        if not len(quads):
            return np.empty((0, 4, 2), np.float32)
        quads *= np.array([width / seen.shape[1], height / seen.shape[0]], np.float32)
        return quads

    def _read(self, models: _Models, crops: Sequence[Pixels]) -> list[_Reading]:
        readings = self._read_upright(models, crops)
        # Text upside down, or running upwards, reads as nonsense; turned round it does not.
        doubtful = [i for i, r in enumerate(readings) if r.confidence < _DOUBTFUL]
        turned = self._read_upright(
            models, [np.ascontiguousarray(crops[i][::-1, ::-1]) for i in doubtful]
        )
        for i, reading in zip(doubtful, turned, strict=True):
            if reading.confidence > max(_SURE, readings[i].confidence):
                readings[i] = _Reading(reading.text, reading.confidence, upside_down=True)
        return readings

    def _read_upright(self, models: _Models, crops: Sequence[Pixels]) -> list[_Reading]:
        order = sorted(range(len(crops)), key=lambda i: crops[i].shape[1] / crops[i].shape[0])
        readings = [_Reading("", 0.0)] * len(crops)
        for batch in _batches(order, crops):
            results = models.recognizer.predict([crops[i] for i in batch], batch_size=_BATCH_LINES)
            for i, result in zip(batch, results, strict=True):
                readings[i] = _Reading(str(result["rec_text"]), float(result["rec_score"]))
        return readings


def _batches(order: Sequence[int], crops: Sequence[Pixels]) -> Iterator[list[int]]:
    """Cuts `order` (narrow to wide) where a batch, padded to its widest, would be too wide."""
    batch: list[int] = []
    for i in order:
        height, width = crops[i].shape[:2]
        padded = min(3200, max(320, _RECOGNITION_HEIGHT * width // height))
        if batch and (len(batch) == _BATCH_LINES or padded * (len(batch) + 1) > _BATCH_WIDTH):
            yield batch
            batch = []
        batch.append(i)
    if batch:
        yield batch


def _own_top_left(quad: np.ndarray, reading: _Reading) -> Polygon:
    """Starts the quad, given from the picture's top left, where its text starts.

    A tall crop is read turned a quarter left. Characters that stand upright one below
    the other (Chinese, Japanese) still start at the top left; letters that lie on their
    side start at the top right.
    """
    corners: list[Point] = [(round(float(x), 1), round(float(y), 1)) for x, y in quad]
    width = np.linalg.norm(quad[1] - quad[0]) + np.linalg.norm(quad[2] - quad[3])
    height = np.linalg.norm(quad[3] - quad[0]) + np.linalg.norm(quad[2] - quad[1])
    start = 0
    if height >= _TALL * width and not any(map(_is_ideographic, reading.text)):
        start = 1
    if reading.upside_down:
        start += 2
    a, b, c, d = (corners[(start + i) % 4] for i in range(4))
    return (a, b, c, d)


def _is_ideographic(character: str) -> bool:
    return "\u3040" <= character <= "\u9fff"


@contextmanager
def _engine_errors() -> Iterator[None]:
    try:
        yield
    except (ConfigurationError, MemoryError):
        raise
    except Exception as error:
        raise EngineUnavailableError(f"OCR failed: {type(error).__name__}: {error}") from error
