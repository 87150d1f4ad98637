"""Character errors and processor milliseconds a line of each precision: `make bench-quantization`.

The lines are drawn with fonts and a seed that the calibration set does not have, so their
text is known.
"""

import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import openvino as ov

from benchmarks.quantization.quantize import model_input
from pipeline.ocr.model_files import ENGINES, INT8_FOLDER, INT8_WEIGHTS
from tests.support import line_fonts as fonts
from tests.support.character_errors import error_rates
from tests.support.drawn_lines import DrawnLine, drawn_lines
from tests.support.line_texts import KINDS, Texts

LINES = 36 * len(KINDS)
SEED = 20261124


def main() -> None:
    """Prints a row for each precision: errors by kind of line, then the time of a line."""
    folder = Path("models", ENGINES["onnxruntime"][1].name)
    fonts.require(fonts.HELD_OUT, fonts.HELD_OUT_PACKAGES)
    texts = Texts.of_model(folder / "inference.yml")
    lines = list(drawn_lines(texts, fonts.HELD_OUT, LINES, SEED))
    kinds = dict.fromkeys(KINDS)
    print(f"{'':9}", *(f"{kind:>7}" for kind in (*kinds, "all", "ms")))
    for precision, weights, hint in (
        ("float32", folder / "inference.onnx", "f32"),
        ("bfloat16", folder / "inference.onnx", "bf16"),
        ("int8", INT8_FOLDER / INT8_WEIGHTS[0], "bf16"),
    ):
        read, seconds = read_lines(weights, hint, texts.characters, lines)
        rates = error_rates(lines, read)
        shown = " ".join(f"{rates[kind]:7.2%}" for kind in (*kinds, "all"))
        print(f"{precision:9} {shown} {1000 * seconds:7.1f}", flush=True)


def read_lines(
    weights: Path, hint: str, characters: Sequence[str], lines: Sequence[DrawnLine]
) -> tuple[list[str], float]:
    """Each line's text, and the median processor time of a line in seconds, at one thread."""
    options = {"INFERENCE_PRECISION_HINT": hint, "INFERENCE_NUM_THREADS": 1}
    model = ov.Core().compile_model(weights, "CPU", options)
    classes = ["", *characters, " "]
    read, seconds = [], []
    for line in lines:
        tensor = model_input(line.pixels)
        model(tensor)  # a width that is new to OpenVINO is compiled first
        started = time.process_time()
        best = model(tensor)[0][0].argmax(1)
        seconds.append(time.process_time() - started)
        kept = best[np.insert(best[1:] != best[:-1], 0, values=True)]
        read.append("".join(classes[i] for i in kept))
    return read, float(np.median(seconds))


if __name__ == "__main__":
    main()
