"""The memory of a recognition at its peak; every measured figure stands here.

The figures of OpenVINO: resident memory after every line width was read on two cores, and
the peak of a detection over its pixels. Those of PaddleOCR: `make bench-memory-fit`.
"""

from pipeline.ocr.precision import Precision

MEASURED = "2026-11-23, paddleocr 3.7.0, onnxruntime 1.32.0, PP-OCRv6 small, x86-64"

DETECTION_BYTES_PER_PIXEL = 230
"""For each pixel that the detector sees; 156 to 188 measured, and a fifth for new threads."""

RECOGNITION_BYTES = 110_000_000
"""The widest batch of lines on any page; 83 MB measured, after the detection."""

MODEL_BYTES = 160_000_000
"""Loading the models once for all slots; 149 MB measured."""

OPENVINO_MODEL_BYTES = 130_000_000
"""Loading both models with OpenVINO once; 92 MB measured in bfloat16."""

OPENVINO_RECOGNITION_BYTES = {"int8": 265_000_000, "bfloat16": 145_000_000, "float32": 145_000_000}
"""The recogniser's memory on two cores, every shape compiled, which all recognitions share.

250 to 262, 114 to 131 and 125 to 141 MB measured.
"""

OPENVINO_FIRST_LOOK_BYTES, OPENVINO_PAGE_BYTES = 100_000_000, 40_000_000
"""The detector's first look, which all pages share, and a page of 12 megapixels beside it."""

OPENVINO_DETECTION_BYTES_PER_PIXEL = {"bfloat16": 235, "float32": 440}
"""For each pixel that the detector sees; 158 to 224 and 310 to 420 measured."""

PROVEN = {1024: "69-74", 2048: "40-43", 4096: "20-21", 8192: "11-12", 16384: "6"}
"""Memory limit in MiB: peak in percent of it, 22 pictures at once (`make bench-memory`)."""

_BYTES_PER_PIXEL = 3
_LINES_BYTES = 8_000_000  # line pictures, one a core, and quads
_VIEW = 2  # the window, resized and made contiguous, beside the page


def peak_bytes(page_pixels: int, seen_pixels: int) -> int:
    """An upper estimate for a page of `page_pixels`, of which the detector sees `seen_pixels`."""
    detection = (DETECTION_BYTES_PER_PIXEL + _VIEW * _BYTES_PER_PIXEL) * seen_pixels
    return _BYTES_PER_PIXEL * page_pixels + max(detection, RECOGNITION_BYTES)


def openvino_shared_bytes(precision: Precision, cores: int, first_side: int) -> int:
    """Memory that all recognitions share: the recogniser on `cores` cores, the first look."""
    detection = OPENVINO_DETECTION_BYTES_PER_PIXEL[precision.detector] * first_side**2
    return OPENVINO_RECOGNITION_BYTES[precision.recognizer] * cores // 2 + detection


def openvino_page_bytes(
    precision: Precision, page_pixels: int, seen_pixels: int, first_side: int
) -> int:
    """An upper estimate for one page, beside what recognitions share.

    A closer look takes more than the first, and gives it back afterwards.
    """
    closer = OPENVINO_DETECTION_BYTES_PER_PIXEL[precision.detector] * (
        max(0, seen_pixels - first_side**2)
    )
    return _BYTES_PER_PIXEL * (page_pixels + _VIEW * seen_pixels) + closer + _LINES_BYTES


def fixed_and_page_bytes(engine: str, cores: int) -> tuple[int, int]:
    """The bytes that an engine takes once, and those of its smallest recognition."""
    if engine == "openvino":
        shared = OPENVINO_RECOGNITION_BYTES["int8"] * cores // 2 + OPENVINO_FIRST_LOOK_BYTES
        return OPENVINO_MODEL_BYTES + shared, OPENVINO_PAGE_BYTES
    return MODEL_BYTES, RECOGNITION_BYTES


def proven(limit: int) -> str:
    """The result of the benchmark at the largest measured limit not above this one, in bytes."""
    rows = [row for row in PROVEN if row * 2**20 <= limit]
    if not rows:
        return f"nothing: {min(PROVEN)} MiB is the least that was measured"
    row = max(rows)
    return f"at {row} MiB 22 of 22 pictures at once, none killed, peak {PROVEN[row]} %"
