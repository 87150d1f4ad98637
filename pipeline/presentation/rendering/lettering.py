"""How a line's letters look: their colour, ground, height, weight and padding, from the pixels."""

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median

import cv2
import numpy as np
from numpy.typing import NDArray

from pipeline.images.line_style import level_crop
from pipeline.models import Line, Pixels

Colour = tuple[int, int, int]
"""Blue, green and red, 0 to 255."""

_ROW_SHARE = 0.04
"""Rows with a smaller share of the fullest row's ink are noise."""
_CORE_SHARE = 0.9
"""Ink at this share of the greatest distance from the ground is free of blurred edges."""
_FEWEST_INK_PIXELS = 8


@dataclass(frozen=True, slots=True)
class Extent:
    """How ink is distributed over the rows of a line's picture: shares of the picture's height.

    `middle` and `spread` are the mean and the standard deviation of the ink's row, `weight` is
    the mean width of strokes. Unlike the first and the last row, they hardly change with noise.
    """

    middle: float
    spread: float
    weight: float

    @classmethod
    def of(cls, ink: "Ink") -> "Extent | None":
        """Measures the ink of a line; None where there is none."""
        height = len(ink.rows)
        counts = np.where(ink.rows < _ROW_SHARE * ink.rows.max(initial=0), 0, ink.rows)
        total = float(counts.sum())
        if total < _FEWEST_INK_PIXELS:
            return None
        rows = (np.arange(height) + 0.5) / height
        middle = float(counts @ rows) / total
        spread = float(np.sqrt(counts @ (rows - middle) ** 2 / total))
        return cls(middle, max(spread, 0.5 / height), 4 * ink.depth / total / height)


@dataclass(frozen=True, slots=True)
class Ink:
    """The pixels of ink in each row of a picture, and the sum of their distances from ground.

    The ink of a line is the sum of its characters' ink.
    """

    rows: NDArray[np.float64]
    depth: float

    @classmethod
    def of(cls, mask: NDArray[np.uint8]) -> "Ink":
        """Counts a mask of ink (1) on ground (0)."""
        counts = cv2.reduce(mask, 1, cv2.REDUCE_SUM, dtype=cv2.CV_64F)[:, 0]
        depth = cv2.distanceTransform(mask, cv2.DIST_L2, 3)
        return cls(np.asarray(counts, np.float64), float(cv2.sumElems(depth)[0]))


@dataclass(frozen=True, slots=True)
class Lettering:
    """The letters of one line.

    `left` is the ground before the first letter, as a share of the polygon's height. `extent` is
    None where no letters stand out from the ground.
    """

    ink: Colour
    ground: Colour
    extent: Extent | None
    left: float


def lettering_of(pixels: Pixels, line: Line) -> Lettering:
    """Measures a line whose polygon is in pixels of `pixels`."""
    crop = level_crop(pixels, line.polygon)
    gray = cv2.cvtColor(crop, cv2.COLOR_BGR2GRAY)
    _, mask = cv2.threshold(gray, 0, 1, cv2.THRESH_BINARY | cv2.THRESH_OTSU)
    # The ground takes more room than the letters.
    if 2 * int(mask.sum()) > mask.size:
        mask = 1 - mask
    # Every sixth pixel has the same colours.
    colours, inked = crop[::2, ::3], mask[::2, ::3] > 0
    ground = median_colour(colours[~inked] if not inked.all() else colours.reshape(-1, 3))
    if not inked.any():
        return Lettering(ground, ground, None, 0.0)
    letters = colours[inked].astype(np.int16)
    distances = np.abs(letters - np.array(ground, np.int16)).sum(axis=1)
    core = letters[distances >= _CORE_SHARE * np.percentile(distances, 98)]
    extent = Extent.of(Ink.of(np.asarray(mask, np.uint8)))
    columns = np.flatnonzero(cv2.reduce(mask, 0, cv2.REDUCE_SUM, dtype=cv2.CV_32S)[0] > 1)
    left = float(columns[0]) / crop.shape[0] if columns.size else 0.0
    return Lettering(median_colour(core), ground, extent, left)


def common_colour(colours: Sequence[Colour]) -> Colour:
    """The median of each channel."""
    blue, green, red = (int(median(channel)) for channel in zip(*colours, strict=True))
    return blue, green, red


def contrast(one: Colour, other: Colour) -> float:
    """The contrast ratio of two colours, 1 to 21 (WCAG 2.2, relative luminance)."""
    darker, lighter = sorted((_luminance(one), _luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


def _luminance(colour: Colour) -> float:
    linear = (
        value / 12.92 if value <= 0.04045 else ((value + 0.055) / 1.055) ** 2.4
        for value in (channel / 255 for channel in colour)
    )
    blue, green, red = linear
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def median_colour(colours: NDArray[np.uint8] | NDArray[np.int16]) -> Colour:
    """The median of each channel of pixels: n x 3."""
    blue, green, red = np.median(colours, axis=0).astype(int).tolist()
    return blue, green, red
