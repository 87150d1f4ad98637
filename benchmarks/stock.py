"""The baseline: one PaddleOCR per worker, default settings and no admission.

`python -m benchmarks.stock WORKERS FILES...` prints `done NAME` for each picture read.
"""

import queue
import sys
import threading
import time
from typing import Any

import numpy as np
from PIL import Image

MODELS = "models"


def make_ocr(**options: Any) -> Any:
    """PaddleOCR with the same weights; all other settings except `options` are defaults."""
    from paddleocr import PaddleOCR

    return PaddleOCR(
        engine="onnxruntime",
        text_detection_model_name="PP-OCRv6_small_det",
        text_detection_model_dir=f"{MODELS}/PP-OCRv6_small_det",
        text_recognition_model_name="PP-OCRv6_small_rec",
        text_recognition_model_dir=f"{MODELS}/PP-OCRv6_small_rec",
        use_doc_orientation_classify=False,
        use_doc_unwarping=False,
        use_textline_orientation=False,
        **options,
    )


def read(ocr: Any, file: str) -> list[str]:
    """The texts of the lines of a picture."""
    Image.MAX_IMAGE_PIXELS = None
    pixels = np.ascontiguousarray(np.asarray(Image.open(file).convert("RGB"))[:, :, ::-1])
    return [text for result in ocr.predict(pixels) for text in result["rec_texts"]]


def main() -> None:
    """Reads the files with the given number of workers."""
    waiting: queue.SimpleQueue[str] = queue.SimpleQueue()
    for file in sys.argv[2:]:
        waiting.put(file)
    # One after the other: PaddleOCR's import is not thread-safe.
    engines = [make_ocr() for _ in range(int(sys.argv[1]))]

    def work(ocr: Any) -> None:
        while True:
            try:
                file = waiting.get_nowait()
            except queue.Empty:
                return
            read(ocr, file)
            print(f"done {file}", flush=True)

    started = time.monotonic()
    workers = [threading.Thread(target=work, args=(engine,)) for engine in engines]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    print(f"seconds {time.monotonic() - started:.1f}")


if __name__ == "__main__":
    main()
