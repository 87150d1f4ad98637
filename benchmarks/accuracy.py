"""Word F1 on scanned receipts, and the text of a strip: `make bench-accuracy`.

RECEIPTS is a folder of `NAME.jpg` with `NAME.csv` beside it (`x1,y1,...,x4,y4,TEXT` a
line), as the SROIE set has. Each engine reads them one at a time; stock is PaddleOCR with
its defaults and the same weights, timed in the same run.
"""

import re
import sys
import time
from collections import Counter
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

import numpy as np
from PIL import Image
from rich.console import Console
from rich.table import Table

from benchmarks.pictures import pictures
from benchmarks.stock import make_ocr
from pipeline.delivery.recognition import target_long_side
from pipeline.images.image_file import open_image
from pipeline.ocr.paddle import PaddleOcrEngine

Words = Counter[str]
Read = Callable[[Path], Words]


def main() -> None:
    """Prints F1 and seconds for stock and for each detector size, then the strip's share."""
    receipts = sorted(Path(sys.argv[1]).glob("*.jpg"))
    engine = PaddleOcrEngine("onnxruntime", Path("models"), max_side=1280, threads=2)
    ocr = make_ocr()
    readers: dict[str, Read] = {"stock": lambda path: words_of(stock_texts(ocr, path))}
    for side in engine.detector_sizes:
        readers[f"this project, {side}"] = partial(words_at, engine, side)
    table = Table(title=f"{len(receipts)} receipts")
    for column in ("engine", "word F1", "s an image"):
        table.add_column(column, justify="right")
    for name, read in readers.items():
        started = time.monotonic()
        score = f1([(read(path), truth(path)) for path in receipts])
        seconds = (time.monotonic() - started) / len(receipts)
        table.add_row(name, f"{score:.4f}", f"{seconds:.2f}")
    Console().print(table)
    strip = next(path for path in pictures() if path.stem == "strip")
    parts, whole = (
        strip_parts(engine, strip),
        words_of(texts(engine, strip, engine.detector_sizes[0])),
    )
    found = sum((parts & whole).values()) / sum(parts.values())
    Console().print(f"strip of 800 x 20000: {found:.1%} of the words its parts give")


def texts(engine: PaddleOcrEngine, path: Path, side: int) -> list[str]:
    """The lines the service would read."""
    image = open_image(path.read_bytes(), max_pixels=100_000_000, max_pages=1)
    page = image.page(0, min_long_side=target_long_side(*image.page_size(0)))
    return [line.text for line in engine.recognize(page.pixels, detector_size=side)]


def words_at(engine: PaddleOcrEngine, side: int, path: Path) -> Words:
    """The words the service would read with that detector size."""
    return words_of(texts(engine, path, side))


def stock_texts(ocr: object, path: Path) -> list[str]:
    """The lines PaddleOCR reads with its defaults."""
    from benchmarks.stock import read

    return read(ocr, str(path))


def strip_parts(engine: PaddleOcrEngine, path: Path) -> Words:
    """The words of a strip cut by hand into pages of 800 x 1000, between the lines."""
    pixels = np.ascontiguousarray(np.asarray(Image.open(path).convert("RGB"))[:, :, ::-1])
    ink = (pixels.min(axis=2) < 100).any(axis=1)
    found, top = Words(), 0
    while top < len(pixels):
        bottom = min(top + 1000, len(pixels))
        while bottom < len(pixels) and ink[bottom]:
            bottom -= 1
        found += words_of([line.text for line in engine.recognize(pixels[top:bottom])])
        top = bottom
    return found


def words_of(texts: Sequence[str]) -> Words:
    """Runs of letters and digits, upper-cased."""
    return Counter(re.findall("[A-Z0-9]+", " ".join(texts).upper()))


def truth(path: Path) -> Words:
    """What a person read on a receipt."""
    lines = path.with_suffix(".csv").read_text("utf-8-sig", errors="replace").splitlines()
    return words_of([",".join(line.split(",")[8:]) for line in lines])


def f1(pairs: Sequence[tuple[Words, Words]]) -> float:
    """2 x found / (read + true), summed over all images."""
    found = sum(sum((read & true).values()) for read, true in pairs)
    return 2 * found / sum(sum(read.values()) + sum(true.values()) for read, true in pairs)


if __name__ == "__main__":
    main()
