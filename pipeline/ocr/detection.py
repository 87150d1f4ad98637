"""Text detection before and after the model: a page's view, and the quads of a probability map.

The model is a DB network (Liao et al., "Real-time Scene Text Detection with Differentiable
Binarization", AAAI 2020): it gives each pixel the probability of lying in the shrunk
kernel of a text line. Pure.
"""

from collections.abc import Iterator, Sequence
from math import ceil
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from pipeline.models import Pixels
from pipeline.ocr.quads import Quads, clockwise, no_quads

_STEP = 32
"""Pixels. The network halves its input five times."""

_BINARIZATION = 0.2
"""Probability from which a pixel counts as text."""

_BOX_PROBABILITY = 0.45
"""Mean probability inside its rectangle that a line has at least."""

_UNCLIP = 1.6
"""Ratio of area to perimeter by which a kernel grows to its line."""

_LEAST_KERNEL = 3
"""Pixels. A thinner kernel is a stroke or a speck."""

_MOST_LINES = 3000
"""Contours looked at; a page of noise has 100,000."""


def detector_input(part: Pixels, scale: float) -> NDArray[np.uint8]:
    """The part of a page as 1 x height x width x 3, its sides multiples of 32 pixels."""
    # Rounded up: 45 rows squeezed into 32 lost both lines of a narrow page.
    height, width = (_STEP * max(1, ceil(side * scale / _STEP - 0.01)) for side in part.shape[:2])
    if part.shape[:2] != (height, width):
        part = np.asarray(cv2.resize(part, (width, height), interpolation=cv2.INTER_AREA), np.uint8)
    return np.ascontiguousarray(part)[None]


def find_quads(probabilities: NDArray[np.float32], width: int, height: int) -> Quads:
    """The text lines in a map (rows x columns, 0 to 1), in pixels of a `width` x `height` page.

    Not a number counts as no text.
    """
    binary = (probabilities > _BINARIZATION).astype(np.uint8)
    found, _ = cv2.findContours(binary, cv2.RETR_LIST, cv2.CHAIN_APPROX_SIMPLE)
    contours = [np.asarray(contour) for contour in found[:_MOST_LINES]]
    rows, columns = probabilities.shape
    scale = np.array([width / columns, height / rows], np.float32)
    lines = [quad * scale for quad in _lines(contours, probabilities)]
    if not lines:
        return no_quads()
    return np.array(lines, np.float32).clip(0, np.array([width, height], np.float32))


def _lines(contours: Sequence[NDArray[Any]], probabilities: NDArray[np.float32]) -> Iterator[Quads]:
    for contour in contours:
        centre, (across, down), angle = cv2.minAreaRect(contour)
        if min(across, down) < _LEAST_KERNEL:
            continue
        kernel = np.asarray(cv2.boxPoints((centre, (across, down), angle)), np.float32)
        # Written so that not a number is refused too.
        if not _mean_inside(probabilities, kernel) >= _BOX_PROBABILITY:
            continue
        # A rectangle's sides both grow by twice its offset, area x ratio / perimeter.
        growth = across * down * _UNCLIP / (across + down)
        grown = cv2.boxPoints((centre, (across + growth, down + growth), angle))
        yield clockwise(np.asarray(grown, np.float32))


def _mean_inside(probabilities: NDArray[np.float32], corners: Quads) -> float:
    left, top = np.floor(corners.min(axis=0)).astype(int).clip(0)
    right, bottom = np.ceil(corners.max(axis=0)).astype(int) + 1
    part = probabilities[top:bottom, left:right]
    mask = np.zeros(part.shape, np.uint8)
    cv2.fillPoly(mask, [(corners - (left, top)).astype(np.int32)], (1,))
    return float(cv2.mean(part, mask)[0])
