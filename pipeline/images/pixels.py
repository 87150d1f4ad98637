"""Converts decoded pictures of any Pillow mode to upright, opaque BGR pixels.

Works in strips, so that only the decoded picture and the result are in memory.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageCms

from pipeline.models import Pixels

# Large enough to make numpy's cost per call small, small enough not to raise the peak.
_STRIP_PIXELS = 1 << 19
# The strip, its RGB copy, the floats of a deep strip, and the temporaries of all three.
_BYTES_PER_STRIP_PIXEL = 28
_DEEP_MODES = ("I", "F", "I;16", "I;16L", "I;16B", "I;16N")
_WHITE, _GREY, _BLACK = 255, 128, 0
_MAX_FLOAT = float(np.finfo(np.float32).max)
_MIN_CONTRAST = 64  # grey levels between text and background that is still easy to read
_MIN_VISIBLE_ALPHA = 32

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
"""EXIF orientation -> a view of the upright picture with the rows and columns as stored."""


def swaps_sides(orientation: int) -> bool:
    """Whether this EXIF orientation turns the picture by 90 degrees."""
    return orientation >= 5


def reduced_size(size: tuple[int, int], factor: int) -> tuple[int, int]:
    """The size after shrinking by a whole factor, rounded up."""
    return -(-size[0] // factor), -(-size[1] // factor)


def strip_bytes(size: tuple[int, int], factor: int) -> int:
    """An upper bound of the memory of `to_pixels` without the picture and the result."""
    width, height = size
    return _BYTES_PER_STRIP_PIXEL * min(width * height, max(_STRIP_PIXELS, width * factor))


def to_pixels(image: Image.Image, *, orientation: int = 1, factor: int = 1) -> Pixels:
    """Renders a loaded picture of any Pillow mode.

    Args:
        image: decoded; left unchanged.
        orientation: EXIF's, 1 to 8, undone in the result.
        factor: each pixel of the result is the mean of a block of `factor` x `factor`.

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
    """Converts strips to RGB with the settings that all strips of one picture share."""

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
    """The level of white: the full scale of the bit depth that the picture really uses.

    Sixteen-bit files may hold twelve-bit scans; floats may go up to 1, to 255 or further.
    """
    tops = []
    for _, strip in _strips(image, 1):
        levels: NDArray[np.float32] = np.asarray(strip, dtype=np.float32)
        tops.append(float(np.max(levels, initial=0.0, where=np.isfinite(levels))))
    top = max(tops)
    if image.mode == "F" and top <= 1.0:
        return 1.0
    return min(float((1 << max(8, int(top).bit_length())) - 1), _MAX_FLOAT)


def _background(image: Image.Image) -> int:
    """The grey level behind a transparent picture that leaves the fewest pixels illegible.

    White wins a draw; grey wins only for pictures with both black and white ink.
    """
    visible = np.zeros(256, dtype=np.int64)
    for _, strip in _strips(image, 1):
        rgba = strip.convert("RGBA")
        mask = rgba.getchannel("A").point(
            [255 if alpha >= _MIN_VISIBLE_ALPHA else 0 for alpha in range(256)]
        )
        visible += np.asarray(rgba.convert("L").histogram(mask))
    levels = np.arange(256)

    def illegible(background: int) -> int:
        return int(visible[abs(levels - background) < _MIN_CONTRAST].sum())

    return min((_WHITE, _BLACK, _GREY), key=illegible)
