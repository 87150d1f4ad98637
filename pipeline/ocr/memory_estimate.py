"""What a recognition takes at its peak: the one place where the fitted numbers stand.

Measured by `make bench-memory-fit`: the peak of resident memory over what was resident
before, one recognition at a time, arena off, and an upper line through the points.
"""

MEASURED = "2026-11-23, paddleocr 3.7.0, onnxruntime 1.32.0, PP-OCRv6 small, x86-64"

DETECTION_BYTES_PER_PIXEL = 230
"""Of the picture the detector is given; 156 to 188 measured, and a fifth for fresh threads."""

RECOGNITION_BYTES = 110_000_000
"""The widest batch of lines, whatever the page; 83 MB measured, detection is over by then."""

MODEL_BYTES = 160_000_000
"""What loading the models adds once, for all slots; 149 MB measured."""

PROVEN = {1024: "71-85", 2048: "54-65", 4096: "28-31", 8192: "13-17"}
"""Memory limit in MiB: peak in percent of it, 22 pictures at once (`make bench-memory`)."""

_BYTES_PER_PIXEL = 3
_VIEW = 2  # the window, resized and made contiguous, beside the page


def peak_bytes(page_pixels: int, seen_pixels: int) -> int:
    """An upper estimate for a page of `page_pixels`, of which the detector sees `seen_pixels`."""
    detection = (DETECTION_BYTES_PER_PIXEL + _VIEW * _BYTES_PER_PIXEL) * seen_pixels
    return _BYTES_PER_PIXEL * page_pixels + max(detection, RECOGNITION_BYTES)


def proven(limit: int) -> str:
    """What the benchmark showed at the largest measured limit not above this one, in bytes."""
    rows = [row for row in PROVEN if row * 2**20 <= limit]
    if not rows:
        return f"nothing: {min(PROVEN)} MiB is the least that was measured"
    row = max(rows)
    return f"at {row} MiB 22 of 22 pictures at once, none killed, peak {PROVEN[row]} %"
