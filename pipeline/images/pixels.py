"""A decoded picture as BGR pixels a person could read: modes, transparency, turning, shrinking.

Works in strips, so that beside the decoder's own storage only the result is held.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageCms

from pipeline.models import Pixels

# Large enough that numpy's cost per call vanishes, small enough not to show in the peak.
_STRIP_PIXELS = 1 << 19
# The strip, its RGB and a deep one's floats, with their temporaries.
_BYTES_A_STRIP_PIXEL = 28
_DEEP_MODES = ("I", "F", "I;16", "I;16L", "I;16B", "I;16N")
_WHITE, _GREY, _BLACK = 255, 128, 0
_GREATEST = float(np.finfo(np.float32).max)
# Closer than this to its background, in grey levels, text is hard to read.
_LEGIBLE = 64
_SEEN = 32

_TURNS = {
    1: lambda view: view,
    2: lambda view: view[:, ::-1],
    3: lambda view: view[::-1, ::-1],
    4: lambda view: view[::-1],
    5: lambda view: view.transpose(1, 0, 2),
    6: lambda view: view[:, ::-1].transpose(1, 0, 2),
    7: lambda view: view[::-1, ::-1].transpose(1, 0, 2),
    8: lambda view: view[::-1].transpose(1, 0, 2),
}
"""EXIF orientation -> the upright picture seen as the stored one (a view, nothing copied)."""


def swaps_sides(orientation: int) -> bool:
    """Whether a picture stored with this EXIF orientation lies on its side."""
    return orientation >= 5


def reduced_size(size: tuple[int, int], factor: int) -> tuple[int, int]:
    """The size after shrinking by a whole factor, a last partial block counted."""
    return -(-size[0] // factor), -(-size[1] // factor)


def strip_bytes(size: tuple[int, int], factor: int) -> int:
    """An upper bound of what `to_pixels` holds beside the picture and its result."""
    width, height = size
    return _BYTES_A_STRIP_PIXEL * min(width * height, max(_STRIP_PIXELS, width * factor))


def to_pixels(image: Image.Image, *, orientation: int = 1, factor: int = 1) -> Pixels:
    """Renders a loaded picture of any Pillow mode.

    Args:
        image: decoded; left unchanged.
        orientation: EXIF's, 1 to 8, undone in the result.
        factor: the result is smaller by this whole number, each pixel the mean of a block.

    Returns:
        Height x width x 3, uint8, blue-green-red, C-contiguous, upright.
    """
    to_rgb = _Rgb.of(image)
    width, height = reduced_size(image.size, factor)
    upright = (width, height) if swaps_sides(orientation) else (height, width)
    pixels: Pixels = np.empty((*upright, 3), dtype=np.uint8)
    stored = _TURNS[orientation](pixels)
    for top, strip in _strips(image, factor):
        rgb = to_rgb(strip)
        if factor > 1:
            rgb = rgb.reduce(factor)
        first = top // factor
        stored[first : first + rgb.height] = np.asarray(rgb)[:, :, ::-1]
    return pixels


def _strips(image: Image.Image, factor: int) -> Iterator[tuple[int, Image.Image]]:
    width, height = image.size
    rows = max(1, _STRIP_PIXELS // (width * factor)) * factor
    for top in range(0, height, rows):
        yield top, image.crop((0, top, width, min(top + rows, height)))


@dataclass(frozen=True, slots=True)
class _Rgb:
    """How strips of one picture become RGB: what is the same for all of them."""

    white: float = 255.0
    background: int | None = None
    lab: ImageCms.ImageCmsTransform | None = None

    @classmethod
    def of(cls, image: Image.Image) -> "_Rgb":
        if image.mode in _DEEP_MODES:
            return cls(white=_white(image))
        if image.mode == "LAB":
            profiles = ImageCms.createProfile("LAB"), ImageCms.createProfile("sRGB")
            return cls(lab=ImageCms.buildTransform(*profiles, "LAB", "RGB"))
        if image.has_transparency_data:
            return cls(background=_background(image))
        return cls()

    def __call__(self, strip: Image.Image) -> Image.Image:
        if strip.mode in _DEEP_MODES:
            levels = np.nan_to_num(np.asarray(strip, dtype=np.float32), posinf=self.white)
            levels = np.clip(levels, 0, self.white) * (255.0 / self.white)
            strip = Image.fromarray((levels + 0.5).astype(np.uint8))
        if self.lab is not None:
            converted = ImageCms.applyTransform(strip, self.lab)
            assert converted is not None
            return converted
        if self.background is not None:
            rgba = strip.convert("RGBA")
            opaque = Image.new("RGB", strip.size, (self.background,) * 3)
            opaque.paste(rgba.convert("RGB"), mask=rgba.getchannel("A"))
            return opaque
        return strip.convert("RGB")


def _white(image: Image.Image) -> float:
    """The level that counts as white: full scale of the depth the picture really uses.

    Twelve-bit scans come in sixteen-bit files; floats run to 1, or to 255, or further.
    """
    tops = []
    for _, strip in _strips(image, 1):
        levels: NDArray[np.float32] = np.asarray(strip, dtype=np.float32)
        tops.append(float(np.max(levels, initial=0.0, where=np.isfinite(levels))))
    top = max(tops)
    if image.mode == "F" and top <= 1.0:
        return 1.0
    return min(float((1 << max(8, int(top).bit_length())) - 1), _GREATEST)


def _background(image: Image.Image) -> int:
    """The grey level under a transparent picture on which most of what is seen stands out.

    White on a draw, as paper is; grey only for pictures with both black and white ink.
    """
    seen = np.zeros(256, dtype=np.int64)
    for _, strip in _strips(image, 1):
        rgba = strip.convert("RGBA")
        mask = rgba.getchannel("A").point([255 * (alpha >= _SEEN) for alpha in range(256)])
        seen += np.asarray(rgba.convert("L").histogram(mask))
    levels = np.arange(256)

    def lost(background: int) -> int:
        return int(seen[abs(levels - background) < _LEGIBLE].sum())

    return min((_WHITE, _BLACK, _GREY), key=lost)
