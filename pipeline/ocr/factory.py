"""Makes the OCR engine that OCR_ENGINE names, and checks that it reads."""

from concurrent.futures import ThreadPoolExecutor
from importlib.metadata import version
from pathlib import Path

import cv2
import numpy as np

from pipeline.capacity.cpu import available_cores
from pipeline.config import Settings, load_class
from pipeline.errors import ConfigurationError
from pipeline.ocr import ctc
from pipeline.ocr.base import OcrEngine
from pipeline.ocr.model_files import ENGINES, characters, model_paths
from pipeline.ocr.pp_ocr import PpOcrEngine
from pipeline.ocr.precision import PrecisionSetting
from pipeline.ocr.scripts.guess import ScriptClassifier
from pipeline.ocr.scripts.line_choice import ScriptLines


def make_engine(settings: Settings, slots: int) -> OcrEngine:
    """The engine OCR_ENGINE names, for so many recognitions at the same time.

    Raises:
        ConfigurationError: there is no such engine, or it cannot be loaded.
    """
    if settings.ocr_engine not in ENGINES:
        engine: OcrEngine = load_class("OCR_ENGINE", settings.ocr_engine)()
        return engine
    if settings.ocr_engine == "openvino":
        return make_openvino_engine(
            settings.ocr_model_dir,
            max_side=settings.ocr_max_side,
            precision=settings.ocr_precision,
            cores=available_cores(),
        )
    from pipeline.ocr.paddle import PaddleOcrEngine  # noqa: PLC0415 - the dead letters need none

    # Slots that run together share the cores; one that runs alone may use them all.
    return PaddleOcrEngine(
        settings.ocr_engine,
        settings.ocr_model_dir,
        max_side=settings.ocr_max_side,
        threads=max(1, available_cores() // slots),
    )


def make_openvino_engine(
    model_dir: Path, *, max_side: int, precision: PrecisionSetting, cores: int
) -> OcrEngine:
    """The PP-OCR models in `model_dir`, run by OpenVINO on so many cores.

    Raises:
        ConfigurationError: a model is missing or damaged, or the processor cannot run it.
    """
    from pipeline.ocr.openvino import OpenVinoModels  # noqa: PLC0415 - the dead letters need none
    from pipeline.ocr.scripts.packs import installed_readers  # noqa: PLC0415 - the same

    detection, recognition = model_paths("openvino", model_dir)
    with ThreadPoolExecutor(1) as beside:
        readers = beside.submit(installed_readers, model_dir, cores=cores)
        models = OpenVinoModels(detection, recognition, precision, cores=cores)
        scripts = ScriptLines(ScriptClassifier.load(), readers.result())
    classes = ctc.classes(characters(recognition))
    if len(classes) != models.class_count:
        raise ConfigurationError(
            f"{recognition} names {len(classes)} characters and its weights tell"
            f" {models.class_count} apart: to install the models again, run:"
            f" image-translation models install --force --dir {model_dir}"
        )
    description = {
        "name": "openvino",
        "version": version("openvino"),
        "models": [model.name for model in ENGINES["openvino"]],
        "max_side": max_side,
        "precision": precision,
        "scripts": scripts.describe(),
    }
    return PpOcrEngine(
        models, classes, max_side=max_side, cores=cores, description=description, scripts=scripts
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
