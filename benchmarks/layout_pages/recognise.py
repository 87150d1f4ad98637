"""Reads the pages' pictures with the OCR engine and adds the lines to the truth.

Run `python -m benchmarks.layout_pages.recognise [NAME ...]`; without names it reads each
page that has no lines yet.
"""

import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from pipeline.models import Line, Pixels
from pipeline.ocr.base import OcrEngine
from pipeline.ocr.factory import make_openvino_engine
from tests.support.layout_pages.degrade import Homography, degrade
from tests.support.layout_pages.files import CLEAN, DEGRADED, FOLDER, picture, to_json


def main(names: Sequence[str]) -> None:
    """Reads the named pages, or those without lines."""
    engine = make_openvino_engine(Path("models"), max_side=1280, precision="float32", cores=2)
    for path in sorted(FOLDER.glob("*/*.json")):
        truth = json.loads(path.read_text("utf-8"))
        if path.stem in names or not (names or "readings" in truth):
            clean = picture(path.with_suffix(".webp"))
            truth["readings"] = {
                CLEAN: _reading(engine, clean, np.eye(3)),
                DEGRADED: _reading(engine, *degrade(clean, path.stem)),
            }
            path.write_text(to_json(truth), "utf-8")
            counts = {name: len(each["lines"]) for name, each in truth["readings"].items()}
            print(f"{path.parent.name}/{path.stem}: {counts}", flush=True)


def _reading(engine: OcrEngine, pixels: Pixels, homography: Homography) -> dict[str, Any]:
    return {
        "homography": [[float(f"{value:.9g}") for value in row] for row in homography],
        "lines": [_line(line) for line in engine.recognize(pixels)],
    }


def _line(line: Line) -> dict[str, Any]:
    polygon = [[round(x, 1), round(y, 1)] for x, y in line.polygon]
    return {"text": line.text, "confidence": round(line.confidence, 3), "polygon": polygon}


if __name__ == "__main__":
    main(sys.argv[1:])
