"""Engines that misbehave, as `OCR_ENGINE=tests.support.misbehaving_engines:Name`."""

import time

from pipeline.errors import EngineUnavailableError
from pipeline.models import Line, Pixels
from pipeline.ocr.fake import FakeOcrEngine

POISON_HEIGHT = 77


class PoisonedEngine(FakeOcrEngine):
    """Fails on every page with a height of POISON_HEIGHT pixels."""

    def recognize(
        self,
        pixels: Pixels,
        *,
        detector_size: int | None = None,
        source_language: str | None = None,
    ) -> list[Line]:
        """See `OcrEngine.recognize`."""
        if pixels.shape[0] == POISON_HEIGHT:
            raise EngineUnavailableError("poisoned")
        return super().recognize(pixels, detector_size=detector_size)


class SlowEngine(FakeOcrEngine):
    """Needs so much time that requests queue."""

    def recognize(
        self,
        pixels: Pixels,
        *,
        detector_size: int | None = None,
        source_language: str | None = None,
    ) -> list[Line]:
        """See `OcrEngine.recognize`."""
        time.sleep(0.3)
        return super().recognize(pixels, detector_size=detector_size)
