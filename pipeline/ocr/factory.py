"""Makes the OCR engine that OCR_ENGINE names, and checks that it reads."""

import cv2
import numpy as np

from pipeline.capacity.cpu import available_cores
from pipeline.config import Settings, load_class
from pipeline.errors import ConfigurationError
from pipeline.ocr.base import OcrEngine
from pipeline.ocr.model_files import ENGINES


def make_engine(settings: Settings, slots: int) -> OcrEngine:
    """The engine OCR_ENGINE names, for so many recognitions at the same time.

    Raises:
        ConfigurationError: there is no such engine, or it cannot be loaded.
    """
    if settings.ocr_engine not in ENGINES:
        engine: OcrEngine = load_class("OCR_ENGINE", settings.ocr_engine)()
        return engine
    from pipeline.ocr.paddle import PaddleOcrEngine  # noqa: PLC0415 - the dead letters need none

    # Slots that run together share the cores; one that runs alone may use them all.
    return PaddleOcrEngine(
        settings.ocr_engine,
        settings.ocr_model_dir,
        max_side=settings.ocr_max_side,
        threads=max(1, available_cores() // slots),
    )


def check_engine_reads(engine: OcrEngine) -> None:
    """Has the engine recognise a tiny picture, which also warms it up.

    Raises:
        ConfigurationError: it found nothing in it.
    """
    picture = np.full((64, 256, 3), 255, np.uint8)
    cv2.putText(picture, "READY 123", (12, 44), cv2.FONT_HERSHEY_SIMPLEX, 1.3, (0, 0, 0), 3)
    if not engine.recognize(picture):
        raise ConfigurationError(f"the OCR engine read nothing in a test picture: {engine}")
