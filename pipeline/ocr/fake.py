"""A fake OCR engine for tests: reads the same lines in every picture."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from pipeline.models import Line, Pixels


class FakeOcrEngine:
    """Returns the given lines, one below the other, unless the picture has only one colour.

    Threading: has no state, so threads may share it.
    """

    def __init__(self, texts: Sequence[str] = ("hola mundo",)) -> None:
        self._texts = tuple(texts)

    @property
    def detector_sizes(self) -> Sequence[int]:
        """See `OcrEngine.detector_sizes`."""
        return (1280,)

    def recognize(
        self,
        pixels: Pixels,
        *,
        detector_size: int | None = None,  # noqa: ARG002 - Protocol
        source_language: str | None = None,  # noqa: ARG002 - Protocol
    ) -> list[Line]:
        """See `OcrEngine.recognize`."""
        rows, columns = np.nonzero((pixels != pixels[0, 0]).any(axis=2))
        if not len(rows):
            return []
        left, right = float(columns.min()), float(columns.max() + 1)
        top, bottom = float(rows.min()), float(rows.max() + 1)
        step = (bottom - top) / len(self._texts)
        lines = []
        for index, text in enumerate(self._texts):
            upper, lower = top + index * step, top + (index + 1) * step
            quad = ((left, upper), (right, upper), (right, lower), (left, lower))
            lines.append(Line(text, 1.0, quad))
        return lines

    def peak_bytes(self, width: int, height: int, *, detector_size: int | None = None) -> int:  # noqa: ARG002 - Protocol
        """See `OcrEngine.peak_bytes`."""
        return width * height * 12

    def reserve_bytes(self) -> int:
        """See `OcrEngine.reserve_bytes`."""
        return 0

    def runtime(self) -> Mapping[str, Any]:
        """See `OcrEngine.runtime`."""
        return {}

    def describe(self) -> Mapping[str, Any]:
        """See `OcrEngine.describe`."""
        return {"name": "fake", "texts": list(self._texts)}
