"""A text line cut out of its page as the recogniser reads it: upright, 48 pixels high; pure."""

from collections.abc import Sequence
from itertools import groupby
from math import ceil

import cv2
import numpy as np
from numpy.typing import NDArray

from pipeline.models import Pixels
from pipeline.ocr.quads import Quads, is_tall

LINE_HEIGHT = 48

WIDTHS = (96, 160, 224, 304, 384, 480, 592, 720, 896, 1168)
"""Pixels; a line is padded or narrowed to one of these. Each shape costs memory for good."""

_NARROWED = 1.08
"""Ratio by which a line may be wider than the width it is narrowed to."""

TOGETHER, WIDEST_TOGETHER = 4, 304
"""Lines that are read in one call, and the width up to which they are; see docs/decisions.md."""

LONGEST, PIECE = 26, 18
"""Heights: a longer line is read in pieces of about that length, which the widest shape holds."""

_PADDING = 127
"""The grey that is zero once it is normalised."""

_WIDEST = 32_767
"""Pixels a picture may have along a side for OpenCV to warp it."""

_STRAIGHT = 1.0
"""Pixels a corner may lie beside its bounding rectangle for the line to count as straight."""


def line_picture(page: Pixels, quad: Quads) -> Pixels | None:
    """The line in `quad`, 48 pixels high, its width in proportion; None where there is none.

    A tall line is turned a quarter left. A quad outside the page holds no line.
    """
    if not np.isfinite(quad).all():
        return None
    height, width = page.shape[:2]
    left, top = np.floor(quad.min(axis=0)).clip(0, (width, height)).astype(int)
    right, bottom = np.ceil(quad.max(axis=0)).clip(0, (width, height)).astype(int)
    if right <= left or bottom <= top:
        return None
    part, corners = page[top:bottom, left:right], quad - np.array([left, top], np.float32)
    tall = is_tall(quad)
    if _is_straight(corners) or max(part.shape[:2]) >= _WIDEST:
        return _resized(np.rot90(part) if tall else part)
    return _warped(part, corners, tall=tall)


def recognizer_width(width: float) -> int:
    """The one of `WIDTHS` to which a line picture of this width is padded or narrowed."""
    return next((each for each in WIDTHS if each * _NARROWED >= width), WIDTHS[-1])


def read_together(aspects: Sequence[float]) -> list[list[int]]:
    """Groups of lines that the recogniser reads in one call, given each line's width in heights.

    Returns:
        The lines' numbers, the longest first: a long line begun last would run alone, beside
        idle cores.
    """
    groups: list[list[int]] = []
    order = sorted(range(len(aspects)), key=lambda i: -aspects[i])
    for width, same in groupby(order, key=lambda i: recognizer_width(LINE_HEIGHT * aspects[i])):
        lines = list(same)
        full = len(lines) // TOGETHER * TOGETHER if width <= WIDEST_TOGETHER else 0
        groups += [lines[i : i + TOGETHER] for i in range(0, full, TOGETHER)]
        groups += [[line] for line in lines[full:]]
    return groups


def recognizer_input(line: Pixels) -> NDArray[np.uint8]:
    """A line picture as 1 x 48 x width x 3, padded or narrowed to one of `WIDTHS`."""
    width = line.shape[1]
    target = recognizer_width(width)
    if width > target:
        line = np.ascontiguousarray(line)
        narrowed = cv2.resize(line, (target, LINE_HEIGHT), interpolation=cv2.INTER_AREA)
        return np.asarray(narrowed, np.uint8)[None]
    padded = np.full((1, LINE_HEIGHT, target, 3), _PADDING, np.uint8)
    padded[0, :, :width] = line
    return padded


def _is_straight(corners: Quads) -> bool:
    (left, top), (right, bottom) = corners.min(axis=0), corners.max(axis=0)
    rectangle = np.array([[left, top], [right, top], [right, bottom], [left, bottom]])
    return bool(np.abs(corners - rectangle).max() < _STRAIGHT)


def _resized(line: Pixels) -> Pixels:
    height, width = line.shape[:2]
    size = max(1, ceil(LINE_HEIGHT * width / height)), LINE_HEIGHT
    # By area where a pixel stands for several, or thin strokes would fall between them.
    interpolation = cv2.INTER_AREA if height > 2 * LINE_HEIGHT else cv2.INTER_CUBIC
    line = np.ascontiguousarray(line)
    return np.asarray(cv2.resize(line, size, interpolation=interpolation), np.uint8)


def _warped(part: Pixels, corners: Quads, *, tall: bool) -> Pixels:
    across = max(1, int(max(_length(corners[:2]), _length(corners[2:]))))
    down = max(1, int(max(_length(corners[[0, 3]]), _length(corners[[1, 2]]))))
    line_height, line_width = (across, down) if tall else (down, across)
    if line_height > 2 * LINE_HEIGHT:
        return _resized(_warp(part, corners, line_width, line_height, tall=tall))
    return _warp(
        part, corners, ceil(LINE_HEIGHT * line_width / line_height), LINE_HEIGHT, tall=tall
    )


def _warp(part: Pixels, corners: Quads, width: int, height: int, *, tall: bool) -> Pixels:
    target = np.array([[0, 0], [width, 0], [width, height], [0, height]], np.float32)
    # The top right corner of a tall line becomes its top left one.
    source = np.roll(corners, -1, axis=0) if tall else corners
    matrix = cv2.getPerspectiveTransform(source, target)
    warped = cv2.warpPerspective(
        part, matrix, (width, height), flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE
    )
    return np.asarray(warped, np.uint8)


def _length(pair: Quads) -> float:
    return float(np.linalg.norm(pair[1] - pair[0]))
