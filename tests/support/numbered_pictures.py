"""Pictures that carry a number, as words and as cells, and the engine that reads the cells.

With it a test checks without OCR that a document belongs to its picture.
"""

import io
from collections.abc import Mapping, Sequence
from typing import Any

from PIL import Image, ImageDraw, ImageFont

from pipeline.models import Line, Pixels

_WIDTH, _HEIGHT = 480, 160
_BITS, _CELL, _EDGE = 16, 24, 8
_FORMATS = ("PNG", "JPEG", "WEBP")


def text_of(number: int) -> str:
    """The text in the picture of a number."""
    return f"Prohibido el paso {number}"


def picture(number: int, *, mixed: bool = False) -> bytes:
    """A PNG of 480 x 160 pixels; with `mixed`, up to twice that, in three formats.

    `number` is 0 to 65535. The cells are its bits, the highest first; black is 1.
    """
    page = Image.new("RGB", (_WIDTH, _HEIGHT), "white")
    draw = ImageDraw.Draw(page)
    font = ImageFont.load_default(36)
    draw.text((2 * _EDGE, 64), text_of(number), font=font, fill=(20, 20, 40))
    for bit in range(_BITS):
        if number >> (_BITS - 1 - bit) & 1:
            left = _EDGE + bit * _CELL
            draw.rectangle((left, _EDGE, left + _CELL - 1, _EDGE + _CELL - 1), fill="black")
    kind = "PNG"
    if mixed:
        scale = 1 + number % 5 / 4
        page = page.resize((round(_WIDTH * scale), round(_HEIGHT * scale)))
        kind = _FORMATS[number % 3]
    buffer = io.BytesIO()
    page.save(buffer, kind)
    return buffer.getvalue()


class NumberEngine:
    """Reads the cells of a picture that was not resized.

    Threading: has no state; may be shared.
    """

    @property
    def detector_sizes(self) -> Sequence[int]:
        """See `OcrEngine.detector_sizes`."""
        return (1280,)

    def recognize(
        self,
        pixels: Pixels,
        *,
        detector_size: int | None = None,
        source_language: str | None = None,
    ) -> list[Line]:
        """See `OcrEngine.recognize`."""
        middle = _EDGE + _CELL // 2
        cells = pixels[middle, middle : middle + _BITS * _CELL : _CELL, 0] < 128
        number = int("".join("01"[int(cell)] for cell in cells), 2)
        quad = ((16.0, 64.0), (460.0, 64.0), (460.0, 104.0), (16.0, 104.0))
        return [Line(text_of(number), 1.0, quad)]

    def peak_bytes(self, width: int, height: int, *, detector_size: int | None = None) -> int:
        """See `OcrEngine.peak_bytes`."""
        return width * height * 12

    def reserve_bytes(self) -> int:
        """See `OcrEngine.reserve_bytes`."""
        return 0

    def runtime(self) -> Mapping[str, Any]:
        """See `OcrEngine.runtime`."""
        return {}

    def describe(self) -> Mapping[str, Any]:
        """See `OcrEngine.describe`."""
        return {"name": "numbers"}
