"""PDF files: a child process that lives as long as the file is open renders page by page.

The pixels and the memory of a page follow from its box and from the sizes of its pictures, which
are known before anything is rendered.
"""

import json
import math
import subprocess
import threading
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from io import BufferedReader
from typing import Any

import numpy as np

from pipeline.errors import CorruptImageError, ImageTooLargeError, UnsupportedImageError
from pipeline.images import isolated_decoder
from pipeline.images.image_file import MAX_SIDE_PIXELS
from pipeline.models import Line, OutcomeWarning, Page, Pixels, WarningCode

PROCESS_BYTES = 32 << 20
"""Memory of the process without the file: interpreter and library."""

POINTS_AN_INCH = 72
_PROGRAM = """
import json, sys
task = json.loads(sys.argv[1])
sys.path += task["path"]
from pipeline.images import pdf_process
pdf_process.main(task)
"""
_SHORTEST_SIDE = 0.01  # points; a page without area has one pixel
# Fonts, paths and the parsed content of a page; 24 MB measured for a map of 500,000 points.
_CONTENT_BYTES = 48 << 20
_TEXT_LAYER_BYTES = 32 << 20
# The page itself, and transparent parts, which are drawn apart with four bytes a pixel.
_BYTES_PER_PIXEL = 11
# Measured with PDFium 159.0.8149: 4 to 7 bytes for each pixel of the largest picture, 15 for a
# JPEG 2000, which is decoded at up to twice the page's sides, and kept pictures up to 100 MB.
_BYTES_PER_PICTURE_PIXEL, _BYTES_PER_JPEG_2000_PIXEL, _MAX_KEPT_BYTES = 7, 16, 110_000_000
_MAX_PICTURE_BYTES = 1 << 40  # claims beyond it would overflow the system's limits
_OPENING_SECONDS, _OPENING_SECONDS_A_PAGE = 5, 0.2
_RENDERING_SECONDS, _RENDERING_SECONDS_A_MEGAPIXEL = 15, 1.0
_UNSUPPORTED = {
    "encrypted": "encrypted: upload a copy that opens without a password",
    "xfa": "an XFA form, which only its own program shows: print it to a PDF, and upload that",
}

# As for the headers of images: opening happens before admission.
_opening_lock = threading.Lock()

Size = tuple[int, int]


@dataclass(frozen=True, slots=True)
class _PageBox:
    """A page's size in points, and in pixels at the dots per inch that are set."""

    points: tuple[float, float]
    size: Size
    picture_bytes: int


@dataclass(frozen=True, slots=True)
class PdfFile:
    """An open PDF whose pages are within the limits; `close` ends its process.

    `warnings` says that there are attachments or JavaScript, which are never opened or run.

    Threading: one thread at a time reads; any thread may close.
    """

    pages_skipped: int
    warnings: tuple[OutcomeWarning, ...]
    _text_layer: bool
    _held_bytes: int = field(repr=False)
    _boxes: tuple[_PageBox, ...] = field(repr=False)
    _process: "subprocess.Popen[bytes]" = field(repr=False)

    @property
    def format(self) -> str:
        """PDF."""
        return "PDF"

    @property
    def page_count(self) -> int:
        """Number of pages to read: at least 1, at most the limit."""
        return len(self._boxes)

    def page_size(self, index: int) -> Size:
        """Width and height in pixels of the page, rotated and cropped as it is shown."""
        return self._boxes[index].size

    def decoded_size(self, index: int, *, min_long_side: int | None = None) -> Size:
        """Width and height of the pixels that `page` returns for the same arguments."""
        width, height = self._boxes[index].size
        factor = 1 if min_long_side is None else max(1, max(width, height) // min_long_side)
        return -(-width // factor), -(-height // factor)

    def decode_peak_bytes(self, index: int, *, min_long_side: int | None = None) -> int:
        """An upper bound of the peak memory of `page`, beside what the open file holds."""
        width, height = self.decoded_size(index, min_long_side=min_long_side)
        return 3 * width * height + self._rendering_bytes(index, width * height)

    def page(self, index: int, *, min_long_side: int | None = None) -> Page:
        """Renders one page; callers should hold only one at a time.

        Args:
            index: from 0 to `page_count` - 1.
            min_long_side: large pages are rendered smaller, but their longer side keeps at
                least this many pixels; None: never smaller.

        Raises:
            CorruptImageError: the page is damaged, or its rendering exceeded a limit or crashed.
            TransientError: the process lacked memory or time.
        """
        box = self._boxes[index]
        width, height = self.decoded_size(index, min_long_side=min_long_side)
        cpu_seconds = math.ceil(
            _RENDERING_SECONDS + _RENDERING_SECONDS_A_MEGAPIXEL * width * height / 1e6
        )
        request = {
            "page": index,
            "width": width,
            "height": height,
            "text": self._text_layer,
            "memory_bytes": self._held_bytes + self._rendering_bytes(index, width * height),
            "cpu_seconds": cpu_seconds,
            "seconds": isolated_decoder.elapsed_seconds(cpu_seconds),
        }
        layer = self._answer(request)["layer"]
        pixels = self._pixels(width, height)
        lines = (Line(text, 1.0, _polygon(polygon)) for text, polygon in layer)
        return Page(index, *box.size, pixels, points=box.points, text_layer=tuple(lines))

    def close(self) -> None:
        """Ends the process; a page that another thread is reading fails."""
        _end(self._process)

    def _rendering_bytes(self, index: int, pixels: int) -> int:
        content = _CONTENT_BYTES + (_TEXT_LAYER_BYTES if self._text_layer else 0)
        return content + _BYTES_PER_PIXEL * pixels + self._boxes[index].picture_bytes

    def _answer(self, request: dict[str, Any]) -> dict[str, Any]:
        stdin = self._process.stdin
        assert stdin is not None
        with suppress(BrokenPipeError, ValueError):
            stdin.write(json.dumps(request).encode() + b"\n")
            stdin.flush()
        return _reply(self._process)

    def _pixels(self, width: int, height: int) -> Pixels:
        pixels: Pixels = np.empty((height, width, 3), dtype=np.uint8)
        if _output(self._process).readinto(pixels.data.cast("B")) < pixels.nbytes:
            raise isolated_decoder.exit_error("PDF", self._process)
        return pixels


def held_bytes(content: bytes) -> int:
    """Memory that an open PDF takes between pages; PDFium copies each stream that it reads."""
    return PROCESS_BYTES + 2 * len(content)


def open_pdf(
    content: bytes, *, max_pixels: int, max_pages: int, dpi: int, text_layer: bool
) -> PdfFile:
    """Opens the file in a new process and reads the sizes of its pages.

    Args:
        content: the whole file.
        max_pixels: limit of each page's width x height.
        max_pages: further pages are counted and skipped.
        dpi: pixels an inch of the rendered pages.
        text_layer: whether `page` returns the text layer too.

    Raises:
        UnsupportedImageError: encrypted, or an XFA form.
        CorruptImageError: damaged, without pages, or opening exceeded a limit or crashed.
        ImageTooLargeError: a page has more than `max_pixels`.
        TransientError: the process lacked memory or time.
    """
    cpu_seconds = math.ceil(_OPENING_SECONDS + _OPENING_SECONDS_A_PAGE * max_pages)
    task = {
        "length": len(content),
        "max_pages": max_pages,
        "memory_bytes": _CONTENT_BYTES + len(content),
        "cpu_seconds": cpu_seconds,
        "seconds": isolated_decoder.elapsed_seconds(cpu_seconds),
    }
    with _opening_lock:
        process = isolated_decoder.start(["-c", _PROGRAM], task)
        try:
            assert process.stdin is not None
            with suppress(BrokenPipeError):
                process.stdin.write(content)
                process.stdin.flush()
            isolated_decoder.await_ready("PDF", process)
            raw = _reply(process)
            boxes = [_page_box(page, index, dpi) for index, page in enumerate(raw["pages"])]
            for index, box in enumerate(boxes):
                _check_pixels(index, box, max_pixels, dpi)
        except BaseException:
            _end(process)
            raise
    return PdfFile(
        raw["page_count"] - len(boxes),
        tuple(_warnings(raw)),
        text_layer,
        len(content),
        tuple(boxes),
        process,
    )


def _warnings(raw: dict[str, Any]) -> Iterator[OutcomeWarning]:
    if raw["attachments"]:
        yield OutcomeWarning(
            WarningCode.ATTACHMENTS_SKIPPED,
            f"{raw['attachments']} files inside the PDF were not read: upload them themselves",
        )
    if raw["has_javascript"]:
        yield OutcomeWarning(
            WarningCode.JAVASCRIPT_NOT_RUN,
            "the PDF's JavaScript was not run: text that it would fill in is missing",
        )


def _page_box(raw: dict[str, Any], index: int, dpi: int) -> _PageBox:
    points = max(_SHORTEST_SIDE, raw["width"]), max(_SHORTEST_SIDE, raw["height"])
    if not all(math.isfinite(side) for side in points):
        raise CorruptImageError(f"page {index + 1} of the PDF has no size")
    width, height = (max(1, math.ceil(side * dpi / POINTS_AN_INCH - 1e-3)) for side in points)
    jpeg_2000 = _BYTES_PER_JPEG_2000_PIXEL * min(raw["jpeg_2000_pixels"], 4 * width * height)
    largest = max(jpeg_2000, _BYTES_PER_PICTURE_PIXEL * raw["largest_pixels"])
    other_pixels = raw["all_pixels"] - max(raw["largest_pixels"], raw["jpeg_2000_pixels"])
    kept = min(4 * other_pixels, _MAX_KEPT_BYTES)
    return _PageBox(points, (width, height), min(largest + kept, _MAX_PICTURE_BYTES))


def _check_pixels(index: int, box: _PageBox, max_pixels: int, dpi: int) -> None:
    width, height = box.size
    if max(width, height) > MAX_SIDE_PIXELS or width * height > max_pixels:
        raise ImageTooLargeError(
            f"page {index + 1} of the PDF is {box.points[0]:.0f} x {box.points[1]:.0f} points,"
            f" {width * height / 1e6:,.0f} megapixels at PDF_DPI={dpi};"
            f" MAX_IMAGE_PIXELS allows {max_pixels / 1e6:,.0f}, and {MAX_SIDE_PIXELS:,} a side"
        )


def _output(process: "subprocess.Popen[bytes]") -> BufferedReader:
    assert isinstance(process.stdout, BufferedReader)
    return process.stdout


def _reply(process: "subprocess.Popen[bytes]") -> dict[str, Any]:
    """The next line of the process, an object of JSON."""
    try:
        line = _output(process).readline(isolated_decoder.MAX_LINE_BYTES)
    except ValueError:  # closed by another thread
        line = b""
    if not line.endswith(b"\n"):
        raise isolated_decoder.exit_error("PDF", process)
    raw: dict[str, Any] = json.loads(line)
    if "error" in raw:
        if raw["error"] in _UNSUPPORTED:
            raise UnsupportedImageError(f"the PDF is {_UNSUPPORTED[raw['error']]}")
        raise CorruptImageError(f"the PDF is damaged: {raw['error']}")
    return raw


def _polygon(raw: list[list[float]]) -> Any:
    a, b, c, d = ((x, y) for x, y in raw)
    return a, b, c, d


def _end(process: "subprocess.Popen[bytes]") -> None:
    process.kill()
    process.wait()
    for pipe in (process.stdin, process.stdout):
        assert pipe is not None
        with suppress(OSError, ValueError):
            pipe.close()
