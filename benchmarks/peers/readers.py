"""One engine in a process and an environment of its own: `python -m benchmarks.peers.readers NAME`.

A line of JSON on standard input, a list of files, asks for one pass over them. The answer is
one line of JSON: the texts of each file, the seconds of the pass, the peak of resident memory.
"""

import json
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any

Read = Callable[[str], list[str]]
ReadAll = Callable[[Sequence[str]], list[list[str]]]

SLOTS = 3


def ours(**settings: Any) -> ReadAll:
    """This project's engine behind its own decoder, three pages at a time."""
    from pipeline.config import load_settings
    from pipeline.delivery.recognition import target_long_side
    from pipeline.images.image_file import open_image
    from pipeline.ocr.factory import make_engine

    names = {"uploads_bucket": "uploads", "results_bucket": "results"}
    engine = make_engine(load_settings(**names, **settings), SLOTS)
    slots = ThreadPoolExecutor(SLOTS)

    def read(file: str) -> list[str]:
        image = open_image(Path(file).read_bytes(), max_pixels=100_000_000, max_pages=1)
        page = image.page(0, min_long_side=target_long_side(*image.page_size(0)))
        return [line.text for line in engine.recognize(page.pixels)]

    return lambda files: list(slots.map(read, files))


def paddleocr(**options: Any) -> ReadAll:
    """The PaddleOCR library with the same weights, one page at a time."""
    from benchmarks.stock import make_ocr, read

    ocr = make_ocr(**options)
    return one_at_a_time(lambda file: read(ocr, file))


def rapidocr(backend: str) -> ReadAll:
    """RapidOCR at its defaults, with the same weights from its own wheel."""
    from rapidocr import EngineType, RapidOCR

    engine = EngineType(backend)
    parts = ("Det", "Cls", "Rec")
    ocr = RapidOCR(params={f"{part}.engine_type": engine for part in parts})
    return one_at_a_time(lambda file: list(ocr(file).txts or ()))


def faster_paddle(*, batch: bool = False) -> ReadAll:
    """faster-paddle with the same weights from its own wheel, detector at 960."""
    from faster_paddle import OcrEngine

    ocr = OcrEngine(model_size="small", det_max_side=960)

    def texts(result: Mapping[str, Any]) -> list[str]:
        return [bound["text"] for bound in result["bounds"].values()]

    if batch:
        return lambda files: [
            texts(result) for result in ocr.ocr_batch([Path(file).read_bytes() for file in files])
        ]
    return one_at_a_time(lambda file: texts(ocr.ocr(Path(file).read_bytes())))


def one_at_a_time(read: Read) -> ReadAll:
    """Reads the files in order, one after the other."""
    return lambda files: [read(file) for file in files]


READERS: Mapping[str, Callable[[], ReadAll]] = {
    "this project": ours,
    "this project, float32": partial(ours, ocr_precision="float32"),
    "this project, bfloat16": partial(ours, ocr_precision="bfloat16"),
    "PaddleOCR's modules in this project, 1280": partial(
        ours, ocr_engine="onnxruntime", ocr_max_side=1280
    ),
    "PaddleOCR, its defaults": paddleocr,
    "PaddleOCR, longest side 1280": partial(
        paddleocr, text_det_limit_type="max", text_det_limit_side_len=1280
    ),
    "RapidOCR, ONNX Runtime": partial(rapidocr, "onnxruntime"),
    "RapidOCR, OpenVINO": partial(rapidocr, "openvino"),
    "faster-paddle small, 960": faster_paddle,
    "faster-paddle small, 960, batches": partial(faster_paddle, batch=True),
}


def peak_mb() -> int:
    """The most resident memory this process has had, in megabytes; proc(5), status."""
    status = Path("/proc/self/status").read_text()
    line = next(line for line in status.splitlines() if line.startswith("VmHWM"))
    return int(line.split()[1]) * 1024 // 1_000_000


def main() -> None:
    """Answers one line for each line of standard input."""
    read_all = READERS[sys.argv[1]]()
    answers, sys.stdout = sys.stdout, sys.stderr  # engines print what they like
    for line in sys.stdin:
        files = json.loads(line)
        started, cpu = time.monotonic(), time.process_time()
        texts = read_all(files)
        answer = {
            "texts": texts,
            "seconds": time.monotonic() - started,
            "cpu_seconds": time.process_time() - cpu,
            "peak_mb": peak_mb(),
        }
        answers.write(json.dumps(answer) + "\n")
        answers.flush()


if __name__ == "__main__":
    main()
