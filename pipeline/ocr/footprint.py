"""What a recognition takes at its peak: the one place where the fitted numbers stand.

Measured by `make bench-memory-fit`: the peak of resident memory over what was resident
before, one recognition at a time, arena off, and an upper line through the points.
"""

MEASURED = "2026-11-23, paddleocr 3.7.0, onnxruntime 1.32.0, PP-OCRv6 small, x86-64"

DETECTION_BYTES_PER_PIXEL = 230
"""Of the picture the detector is given; 156 to 188 measured, and a fifth for fresh threads."""

RECOGNITION_BYTES = 110_000_000
"""The widest batch of lines, whatever the page; 83 MB measured, detection is over by then."""

_BYTES_PER_PIXEL = 3
_VIEW = 2  # the window, resized and made contiguous, beside the page


def peak_bytes(page_pixels: int, seen_pixels: int) -> int:
    """An upper estimate for a page of `page_pixels`, of which the detector sees `seen_pixels`."""
    detection = (DETECTION_BYTES_PER_PIXEL + _VIEW * _BYTES_PER_PIXEL) * seen_pixels
    return _BYTES_PER_PIXEL * page_pixels + max(detection, RECOGNITION_BYTES)
