"""Pixels -> the bytes of a PNG, JPEG or WebP."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal

import cv2

from pipeline.images.jpeg import QUALITY, encode_jpeg
from pipeline.models import Pixels

Format = Literal["png", "jpeg", "webp"]

_PNG_COMPRESSION = 2
"""Of zlib, 0 to 9: more takes several times as long and saves a tenth."""


@dataclass(frozen=True, slots=True)
class Encoding:
    """A format to write.

    `bytes_per_pixel` is the memory that encoding takes, with its result; `max_side` is in pixels.
    """

    suffix: str
    content_type: str
    encode: Callable[[Pixels], bytes]
    bytes_per_pixel: float
    max_side: int


def _encode_png(pixels: Pixels) -> bytes:
    _, encoded = cv2.imencode(".png", pixels, [cv2.IMWRITE_PNG_COMPRESSION, _PNG_COMPRESSION])
    return encoded.tobytes()


def _encode_webp(pixels: Pixels) -> bytes:
    _, encoded = cv2.imencode(".webp", pixels, [cv2.IMWRITE_WEBP_QUALITY, QUALITY])
    return encoded.tobytes()


ENCODINGS: Mapping[Format, Encoding] = {
    "png": Encoding(".png", "image/png", _encode_png, 6, 1_000_000),
    "jpeg": Encoding(".jpg", "image/jpeg", encode_jpeg, 5, 65_500),
    "webp": Encoding(".webp", "image/webp", _encode_webp, 12, 16_383),
}
"""Memory: peaks measured on noise, which is compressed least, rounded up."""
