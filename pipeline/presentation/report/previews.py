"""Small upright JPEGs of a picture: a page to look at, a thumbnail for the gallery."""

import math

import cv2
import numpy as np

from pipeline.images.jpeg import encode_jpeg
from pipeline.images.page_file import PageFile
from pipeline.models import Pixels

_LONG_SIDE, _SHORT_SIDE = 1600, 900
"""A page is shrunk to the larger picture of the two: this long, or this wide."""
_MOST_PIXELS, _MOST_SIDE = 6_000_000, 16_000
"""Bounds for strips, which are wide enough only when they are long."""
_THUMBNAIL_SIDE, _THUMBNAIL_MOST_WIDTH, _THUMBNAIL_MOST_HEIGHT = 300, 1200, 600
_PAGE_QUALITY, _THUMBNAIL_QUALITY = 82, 72

Size = tuple[int, int]


def page_size(size: Size) -> Size:
    """Width and height of the preview of a page of that size."""
    short, long = sorted(size)
    scale = min(
        1.0,
        max(_LONG_SIDE / long, _SHORT_SIDE / short),
        math.sqrt(_MOST_PIXELS / (short * long)),
        _MOST_SIDE / long,
    )
    return max(1, round(size[0] * scale)), max(1, round(size[1] * scale))


def thumbnail_size(size: Size) -> Size:
    """Width and height to shrink a page to, before the thumbnail is cut from its top left."""
    scale = min(1.0, _THUMBNAIL_SIDE / min(size), _MOST_SIDE / max(size))
    return max(1, round(size[0] * scale)), max(1, round(size[1] * scale))


def decode(image: PageFile, index: int, size: Size) -> Pixels:
    """The upright pixels of a page, at least as large as `size` where the page is.

    Raises:
        CorruptImageError, TransientError: as `PageFile.page`.
    """
    return image.page(index, min_long_side=max(size)).pixels


def page_jpeg(pixels: Pixels, size: Size) -> bytes:
    """The preview of a page."""
    return encode_jpeg(_shrunk(pixels, size), quality=_PAGE_QUALITY)


def thumbnail_jpeg(pixels: Pixels, size: Size) -> bytes:
    """The thumbnail of a page; of a strip only its beginning."""
    small = _shrunk(pixels, size)
    cut = small[:_THUMBNAIL_MOST_HEIGHT, :_THUMBNAIL_MOST_WIDTH]
    return encode_jpeg(np.ascontiguousarray(cut), quality=_THUMBNAIL_QUALITY)


def _shrunk(pixels: Pixels, size: Size) -> Pixels:
    height, width, _ = pixels.shape
    if (width, height) == size:
        return pixels
    return cv2.resize(pixels, size, interpolation=cv2.INTER_AREA).astype(np.uint8, copy=False)
