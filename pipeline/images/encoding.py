"""Pixels -> the bytes of a PNG, JPEG or WebP."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import cv2

from pipeline.images.jpeg import QUALITY
from pipeline.models import Pixels

Format = Literal["png", "jpeg", "webp"]

_PNG_COMPRESSION = 2
"""Of zlib, 0 to 9: more takes several times as long and saves a tenth."""


@dataclass(frozen=True, slots=True)
class Encoding:
    """A format to write.

    Encoding takes up to `peak_bytes` a pixel, with its result of up to `file_bytes` a pixel.
    `max_side` is in pixels.
    """

    suffix: str
    content_type: str
    options: Sequence[int]
    peak_bytes: float
    file_bytes: float
    max_side: int

    def encode(self, pixels: Pixels) -> bytes:
        """The file of blue-green-red pixels; the same pixels give the same bytes."""
        _, encoded = cv2.imencode(self.suffix, pixels, list(self.options))
        return encoded.tobytes()


ENCODINGS: Mapping[Format, Encoding] = {
    "png": Encoding(
        ".png", "image/png", (cv2.IMWRITE_PNG_COMPRESSION, _PNG_COMPRESSION), 6.5, 3.1, 1_000_000
    ),
    "jpeg": Encoding(".jpg", "image/jpeg", (cv2.IMWRITE_JPEG_QUALITY, QUALITY), 2.5, 1.2, 65_500),
    "webp": Encoding(".webp", "image/webp", (cv2.IMWRITE_WEBP_QUALITY, QUALITY), 22, 1.2, 16_383),
}
"""Bytes measured on noise, which is compressed least, with OpenCV 4.14, and rounded up."""
