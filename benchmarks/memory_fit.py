"""Fits the numbers of pipeline/ocr/memory_estimate.py again: `make bench-memory-fit`.

Each size runs in a fresh process; the peak is the kernel's, over what was resident before.
"""

import subprocess
import sys
from pathlib import Path

import numpy as np

from pipeline.capacity import process_memory
from pipeline.ocr import memory_estimate
from pipeline.ocr.paddle import PaddleOcrEngine

SIZES = [(640, 640), (960, 720), (960, 960), (1280, 960), (1280, 1280)]


def main() -> None:
    """Prints a peak for each size, and what the two coefficients must be to cover them."""
    if len(sys.argv) > 1:
        print(peak_of(int(sys.argv[1]), int(sys.argv[2]), sys.argv[3]))
        return
    worst = 0.0
    for width, height in SIZES:
        peaks, pixels = measure(width, height, "blank"), width * height
        worst = max(worst, peaks / pixels)
        print(f"detection {width} x {height}: {peaks / 1e6:.0f} MB, {peaks / pixels:.0f} a pixel")
    lines = measure(1280, 200, "lines")
    print(f"a batch of wide lines: {lines / 1e6:.0f} MB")
    print(f"measured: {worst:.0f} bytes a pixel seen, {lines:,} for lines")
    print(f"written down: {memory_estimate.DETECTION_BYTES_PER_PIXEL} a pixel,", end=" ")
    print(f"{memory_estimate.RECOGNITION_BYTES:,} for lines ({memory_estimate.MEASURED})")


def measure(width: int, height: int, what: str) -> int:
    """The peak in a fresh process."""
    command = [sys.executable, "-m", "benchmarks.memory_fit", str(width), str(height), what]
    lines = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    return int(lines.splitlines()[-1])


def peak_of(width: int, height: int, what: str) -> int:
    """Bytes over what was resident before, of one recognition."""
    process_memory.keep_heap_small()
    engine = PaddleOcrEngine("onnxruntime", Path("models"), max_side=1280, threads=1)
    engine.recognize(page(320, 240, "lines"))
    pixels = page(width, height, what)
    before = _status("VmRSS")
    Path("/proc/self/clear_refs").write_text("5")  # resets VmHWM
    engine.recognize(pixels)
    return _status("VmHWM") - before


def page(width: int, height: int, what: str) -> np.ndarray:
    """A grey page, with wide lines where asked for."""
    import cv2

    pixels = np.full((height, width, 3), 230, np.uint8)
    for top in range(40, height, 40) if what == "lines" else ():
        cv2.putText(
            pixels, "wide lines of text " * 6, (5, top), cv2.FONT_HERSHEY_SIMPLEX, 0.7, 0, 2
        )
    return pixels


def _status(name: str) -> int:
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith(name))


if __name__ == "__main__":
    main()
