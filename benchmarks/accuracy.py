"""Word F1 on scanned receipts, and the text of a strip: `make bench-accuracy`.

RECEIPTS is a folder of `NAME.jpg` with `NAME.csv` beside it (`x1,y1,...,x4,y4,TEXT` a
line), as the SROIE set has. Each engine reads them one at a time; stock is PaddleOCR with
its defaults and the same weights, timed in the same run. The measures are those of
`image-translation evaluate`.
"""

import sys
import time
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from pathlib import Path

import numpy as np
from PIL import Image
from rich.console import Console
from rich.table import Table

from benchmarks import stock
from benchmarks.pictures import pictures
from pipeline.capacity.cpu import available_cores
from pipeline.delivery.recognition import target_long_side
from pipeline.images.image_file import open_image
from pipeline.ocr.base import OcrEngine
from pipeline.ocr.factory import make_openvino_engine
from pipeline.ocr.paddle import PaddleOcrEngine
from pipeline.operations.evaluation.metrics import ascii_words
from pipeline.operations.evaluation.scores import Reading, Score, TextLine, score
from pipeline.operations.evaluation.truth import read_truth

MODELS = Path("models")

Read = Callable[[Path], list[str]]


def main() -> None:
    """Prints F1 and seconds for stock and for each detector size, then the strip's shares."""
    receipts = sorted(Path(sys.argv[1]).glob("*.jpg"))
    engines = make_engines()
    ocr = stock.make_ocr()
    readers: dict[str, Read] = {"stock": lambda path: stock.read(ocr, str(path))}
    for name, engine in engines.items():
        for side in engine.detector_sizes:
            readers[f"{name}, {side}"] = partial(texts, engine, side)
    table = Table(title=f"{len(receipts)} receipts")
    for column in ("engine", "word F1", "s an image"):
        table.add_column(column, justify="right")
    for name, read in readers.items():
        started = time.monotonic()
        readings = [read(path) for path in receipts]
        seconds = (time.monotonic() - started) / len(receipts)
        table.add_row(name, f"{word_f1(receipts, readings):.4f}", f"{seconds:.2f}")
    Console().print(table)
    strip = next(path for path in pictures() if path.stem == "strip")
    for name, engine in engines.items():
        parts = strip_parts(engine, strip)
        whole = ascii_words(" ".join(texts(engine, engine.detector_sizes[0], strip)))
        found = (parts & whole).total() / parts.total()
        Console().print(f"{name}: strip of 800 x 20000: {found:.1%} of the words its parts give")


def make_engines() -> Mapping[str, OcrEngine]:
    """The default engine with its default settings, and the reference, by OCR_ENGINE."""
    cores = available_cores()
    return {
        "openvino": make_openvino_engine(MODELS, max_side=960, precision="auto", cores=cores),
        "onnxruntime": PaddleOcrEngine("onnxruntime", MODELS, max_side=1280, threads=cores),
    }


def texts(engine: OcrEngine, side: int, path: Path) -> list[str]:
    """The lines that the service would read."""
    image = open_image(path.read_bytes(), max_pixels=100_000_000, max_pages=1)
    page = image.page(0, min_long_side=target_long_side(*image.page_size(0)))
    return [line.text for line in engine.recognize(page.pixels, detector_size=side)]


def strip_parts(engine: OcrEngine, path: Path) -> Counter[str]:
    """The words of a strip that is cut into pages of 800 x 1000, between its lines."""
    pixels = np.ascontiguousarray(np.asarray(Image.open(path).convert("RGB"))[:, :, ::-1])
    ink = (pixels.min(axis=2) < 100).any(axis=1)
    found, top = Counter[str](), 0
    while top < len(pixels):
        bottom = min(top + 1000, len(pixels))
        while bottom < len(pixels) and ink[bottom]:
            bottom -= 1
        lines = engine.recognize(pixels[top:bottom])
        found += ascii_words(" ".join(line.text for line in lines))
        top = bottom
    return found


def word_f1(receipts: Sequence[Path], readings: Iterable[Sequence[str]]) -> float:
    """The word F1 of the lines read on each receipt against the truth beside it."""
    scores = (
        score(read_truth(path.with_suffix(".csv")), Reading(tuple(map(TextLine, lines))))
        for path, lines in zip(receipts, readings, strict=True)
    )
    return sum(scores, Score()).word_f1 or 0.0


if __name__ == "__main__":
    main()
