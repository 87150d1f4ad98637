"""The child process that renders the pages of one PDF under limits of memory and time.

`pipeline.images.pdf` starts it and never imports it. Standard input is the file, then a line of
JSON for each page to render. It answers with lines of JSON: "ready", then `{"error": reason}` or
the description of the document, then for each request the page's text layer or an error. The
pixels of the page follow, blue-green-red, top row first.
"""

import json
import os
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from ctypes import CDLL, byref, c_double, c_int, c_ubyte, c_uint, create_string_buffer
from typing import Any

import pypdfium2_raw as pdfium

from pipeline.images.decoder_process import (
    address_space_bytes,
    answer,
    limit_memory,
    limit_time,
)
from pipeline.images.pdf_text import Character, LayerLine, Vector, layer_lines, unit

_WHITE = 0xFFFFFFFF
_RENDERING = pdfium.FPDF_ANNOT | pdfium.FPDF_RENDER_LIMITEDIMAGECACHE
_REASONS = {
    pdfium.FPDF_ERR_PASSWORD: "encrypted",
    pdfium.FPDF_ERR_SECURITY: "encrypted",
}
_MAX_DEPTH = 40  # of drawings in drawings, as in PDFium
_MAX_CHARACTERS = 40_000  # a page of a telephone book has 20,000
_LONGEST_LINE, _MAX_LAYER_CHARACTERS = 10_000, 4_000_000
_SUBPIXELS = 64  # PDFium gives places in whole pixels
_LINE_END_HYPHEN = 2


class _DamagedError(Exception):
    """The message says what cannot be read."""


def main(task: dict[str, Any]) -> None:
    """Answers on standard output; past a limit it ends by SIGXCPU, SIGALRM or an abort."""
    limit_time(task["cpu_seconds"], task["seconds"])
    pdfium.FPDF_InitLibrary()
    # The library prints complaints about files there.
    os.dup2(os.open(os.devnull, os.O_WRONLY), 2)
    content = sys.stdin.buffer.read(task["length"])
    answer("ready")
    start = address_space_bytes()
    limit_memory(start + task["memory_bytes"])
    try:
        document = _opened(content)
        answer(_description(document, task["max_pages"]))
    except (_DamagedError, MemoryError) as error:
        answer({"error": str(error) or "it takes more memory than a PDF of its size"})
        return
    signal.alarm(0)
    for line in sys.stdin.buffer:
        request = json.loads(line)
        limit_time(request["cpu_seconds"], request["seconds"])
        limit_memory(start + request["memory_bytes"])
        _render(document, request)
        signal.alarm(0)
        _return_freed_memory()


def _return_freed_memory() -> None:
    """The process waits between pages; without glibc this does nothing."""
    with suppress(AttributeError):
        CDLL(None).malloc_trim(0)


def _opened(content: bytes) -> Any:
    document = pdfium.FPDF_LoadMemDocument64(content, len(content), None)
    if not document:
        raise _DamagedError(_REASONS.get(pdfium.FPDF_GetLastError(), "it has no readable pages"))
    if pdfium.FPDF_GetFormType(document) == pdfium.FORMTYPE_XFA_FULL:
        raise _DamagedError("xfa")
    return document


def _description(document: Any, max_pages: int) -> dict[str, Any]:
    """`pages` has width and height in points and the pixels of pictures, for each page."""
    count = pdfium.FPDF_GetPageCount(document)
    if count < 1:
        raise _DamagedError("it has no pages")
    return {
        "page_count": count,
        "pages": [_page_description(document, index) for index in range(min(count, max_pages))],
        "attachments": max(0, pdfium.FPDFDoc_GetAttachmentCount(document)),
        "has_javascript": pdfium.FPDFDoc_GetJavaScriptActionCount(document) > 0,
    }


@contextmanager
def _loaded(document: Any, index: int) -> Iterator[Any]:
    page = pdfium.FPDF_LoadPage(document, index)
    if not page:
        raise _DamagedError(f"page {index + 1} cannot be read")
    try:
        yield page
    finally:
        pdfium.FPDF_ClosePage(page)


def _page_description(document: Any, index: int) -> dict[str, Any]:
    with _loaded(document, index) as page:
        pictures = list(_pictures(page))
        return {
            "width": pdfium.FPDF_GetPageWidthF(page),
            "height": pdfium.FPDF_GetPageHeightF(page),
            "jpeg_2000_pixels": max((size for size, is_jpx in pictures if is_jpx), default=0),
            "largest_pixels": max((size for size, is_jpx in pictures if not is_jpx), default=0),
            "all_pixels": sum(size for size, _ in pictures),
        }


def _pictures(page: Any) -> Iterator[tuple[int, bool]]:
    """The pixels of each picture that the page draws, and whether it is a JPEG 2000."""
    for index in range(pdfium.FPDFPage_CountObjects(page)):
        yield from _pictures_in(pdfium.FPDFPage_GetObject(page, index), 0)


def _pictures_in(drawn: Any, depth: int) -> Iterator[tuple[int, bool]]:
    kind = pdfium.FPDFPageObj_GetType(drawn)
    if kind == pdfium.FPDF_PAGEOBJ_IMAGE:
        width, height = c_uint(), c_uint()
        pdfium.FPDFImageObj_GetImagePixelSize(drawn, byref(width), byref(height))
        yield width.value * height.value, _is_jpeg_2000(drawn)
    elif kind == pdfium.FPDF_PAGEOBJ_FORM and depth < _MAX_DEPTH:
        for index in range(pdfium.FPDFFormObj_CountObjects(drawn)):
            yield from _pictures_in(pdfium.FPDFFormObj_GetObject(drawn, index), depth + 1)


def _is_jpeg_2000(picture: Any) -> bool:
    name = create_string_buffer(32)
    filters = range(pdfium.FPDFImageObj_GetImageFilterCount(picture))
    return any(
        pdfium.FPDFImageObj_GetImageFilter(picture, index, name, len(name)) <= len(name)
        and name.value == b"JPXDecode"
        for index in filters
    )


def _render(document: Any, request: dict[str, Any]) -> None:
    size = request["width"], request["height"]
    try:
        with _loaded(document, request["page"]) as page:
            pixels = _pixels(page, *size)
            layer = _layer(page, *size) if request["text"] else []
    except (_DamagedError, MemoryError) as error:
        answer({"error": str(error) or "it takes more memory than a page of its size"})
        return
    answer({"layer": layer})
    sys.stdout.buffer.write(pixels)
    sys.stdout.flush()


def _pixels(page: Any, width: int, height: int) -> bytearray:
    pixels = bytearray(3 * width * height)
    first = (c_ubyte * len(pixels)).from_buffer(pixels)
    bitmap = pdfium.FPDFBitmap_CreateEx(width, height, pdfium.FPDFBitmap_BGR, first, 3 * width)
    if not bitmap:
        raise MemoryError
    try:
        pdfium.FPDFBitmap_FillRect(bitmap, 0, 0, width, height, _WHITE)
        pdfium.FPDF_RenderPageBitmap(bitmap, page, 0, 0, width, height, 0, _RENDERING)
    finally:
        pdfium.FPDFBitmap_Destroy(bitmap)
    return pixels


def _layer(page: Any, width: int, height: int) -> list[tuple[str, tuple[Vector, ...]]]:
    """The lines of the text layer on the page; none where there are more than a page shows."""
    layer = [
        (line.text, line.polygon)
        for line in layer_lines(_characters(page, width, height))
        if line.text and len(line.text) <= _LONGEST_LINE and _is_on_page(line, width, height)
    ]
    return layer if len(json.dumps(layer)) <= _MAX_LAYER_CHARACTERS else []


def _is_on_page(line: LayerLine, width: int, height: int) -> bool:
    """Whether the middle is; where a place is no number, it is not."""
    x, y = (sum(places) / len(line.polygon) for places in zip(*line.polygon, strict=True))
    return bool(0 <= x <= width and 0 <= y <= height)


def _characters(page: Any, width: int, height: int) -> Iterator[Character]:
    layer = pdfium.FPDFText_LoadPage(page)
    if not layer:
        return
    try:
        place = _PagePlaces(page, width, height)
        count = min(pdfium.FPDFText_CountChars(layer), _MAX_CHARACTERS)
        for index in range(count):
            yield _character(layer, index, place)
    finally:
        pdfium.FPDFText_ClosePage(layer)


def _character(layer: Any, index: int, place: "_PagePlaces") -> Character:
    code = pdfium.FPDFText_GetUnicode(layer, index)
    text = "-" if code == _LINE_END_HYPHEN else chr(code) if 0 < code <= sys.maxunicode else " "
    if text in "\r\n":
        return Character("\n", (1.0, 0.0), ())
    box, matrix = pdfium.FS_RECTF(), pdfium.FS_MATRIX()
    if text.isspace() or not pdfium.FPDFText_GetLooseCharBox(layer, index, byref(box)):
        return Character(" ", (1.0, 0.0), ())
    pdfium.FPDFText_GetMatrix(layer, index, byref(matrix))
    corners = tuple(place.of(x, y) for x in (box.left, box.right) for y in (box.top, box.bottom))
    return Character(text, place.direction(matrix.a, matrix.b), corners)


class _PagePlaces:
    """Places of the page, whose y runs upwards, in pixels of the rendered page."""

    def __init__(self, page: Any, width: int, height: int) -> None:
        def device(x: float, y: float) -> Vector:
            across, down = c_int(), c_int()
            size = width * _SUBPIXELS, height * _SUBPIXELS
            where = c_double(x), c_double(y), byref(across), byref(down)
            pdfium.FPDF_PageToDevice(page, 0, 0, *size, 0, *where)
            return across.value / _SUBPIXELS, down.value / _SUBPIXELS

        self._origin = device(0, 0)
        far = 1000
        self._x, self._y = (
            ((end[0] - self._origin[0]) / far, (end[1] - self._origin[1]) / far)
            for end in (device(far, 0), device(0, far))
        )

    def of(self, x: float, y: float) -> Vector:
        (left, top), (xx, xy), (yx, yy) = self._origin, self._x, self._y
        return round(left + xx * x + yx * y, 1), round(top + xy * x + yy * y, 1)

    def direction(self, a: float, b: float) -> Vector:
        """Of text whose matrix begins with `a` and `b`."""
        (xx, xy), (yx, yy) = self._x, self._y
        return unit(xx * a + yx * b, xy * a + yy * b)
