"""Evidence from a page's pixels for each line: form and colour of letters, boxes."""

from collections.abc import Sequence
from dataclasses import replace

import cv2
import numpy as np
from numpy.typing import NDArray

from pipeline.models import Box, Line, LineStyle, Pixels, Polygon

_CROP_HEIGHT = 48
_CROP_WIDTH = 480
_EDGE_SIDE = 1000


def line_styles(pixels: Pixels, lines: Sequence[Line]) -> list[LineStyle]:
    """Measures every line; polygons are in pixels of `pixels`."""
    styles = [_letters(pixels, line.polygon) for line in lines]
    return _with_shapes(pixels, lines, styles)


def _letters(pixels: Pixels, polygon: Polygon) -> LineStyle:
    crop = level_crop(pixels, polygon)
    gray = cv2.cvtColor(crop, cv2.COLOR_BGR2GRAY)
    _, mask = cv2.threshold(gray, 0, 1, cv2.THRESH_BINARY | cv2.THRESH_OTSU)
    # The ground takes more room than the letters.
    if 2 * int(mask.sum()) > mask.size:
        mask = 1 - mask
    ink, ground = cv2.mean(crop, mask)[:3], cv2.mean(crop, 1 - mask)[:3]
    depth = cv2.distanceTransform(mask, cv2.DIST_L2, 3)
    return LineStyle(
        4 * float(depth.sum()) / max(1, int(mask.sum())) / _CROP_HEIGHT,
        tuple(ink),
        tuple(ground),
    )


def level_crop(pixels: Pixels, polygon: Polygon) -> Pixels:
    """The line turned level, `_CROP_HEIGHT` high; upright columns lie on their side."""
    a, b, c, d = (np.array(point, np.float32) for point in polygon)
    along, across = float(np.hypot(*(b - a))), float(np.hypot(*(d - a)))
    if across > along:
        a, b, d, along, across = b, c, a, across, along
    width = int(min(max(_CROP_HEIGHT * along / max(across, 1), 8), _CROP_WIDTH))
    # A very long line is measured by its first part: squeezed letters have no form.
    share = min(1.0, width * max(across, 1) / (_CROP_HEIGHT * max(along, 1)))
    corners = np.array([a, a + share * (b - a), d], np.float32)
    target = np.array([[0, 0], [width, 0], [0, _CROP_HEIGHT]], np.float32)
    transform = cv2.getAffineTransform(corners, target)
    size = width, _CROP_HEIGHT
    crop = cv2.warpAffine(pixels, transform, size, borderMode=cv2.BORDER_REPLICATE)
    return np.asarray(crop, np.uint8)


def _with_shapes(
    pixels: Pixels, lines: Sequence[Line], styles: Sequence[LineStyle]
) -> list[LineStyle]:
    scale = min(1.0, _EDGE_SIDE / max(pixels.shape[:2]))
    size = int(pixels.shape[1] * scale) or 1, int(pixels.shape[0] * scale) or 1
    small = cv2.blur(cv2.resize(pixels, size, interpolation=cv2.INTER_AREA), (3, 3))
    blue, green, red = cv2.split(
        cv2.morphologyEx(small, cv2.MORPH_GRADIENT, np.ones((3, 3), np.uint8))
    )
    gradient = cv2.max(cv2.max(blue, green), red)
    edges = (gradient > max(8.0, 3 * float(np.median(gradient[::5, ::5])))).astype(np.uint8)
    quads = [np.array(line.polygon, np.float32) * scale for line in lines]
    ground = 1 - edges
    for quad in quads:
        cv2.fillConvexPoly(ground, quad.astype(np.int32), [1])
    _, _, stats, _ = cv2.connectedComponentsWithStats(ground, connectivity=4)
    shapes = _shapes(np.asarray(stats[1:], np.int32), ground.size)
    return [
        replace(style, boxes=_boxes(shapes, quad, scale))
        for style, quad in zip(styles, quads, strict=True)
    ]


def _shapes(stats: NDArray[np.int32], page: int) -> NDArray[np.float64]:
    """Left, top, right and bottom of grounds smaller than half the page, the smallest first."""
    left, top, width, height, _ = stats.T.astype(np.float64)
    area = width * height
    order = np.lexsort((left, top, area))
    kept = order[(2 * area[order] < page) & (area[order] > 100)]
    bounds: NDArray[np.float64] = np.stack((left, top, left + width, top + height), axis=1)
    return np.asarray(bounds[kept])


def _boxes(shapes: NDArray[np.float64], quad: NDArray[np.float32], scale: float) -> tuple[Box, ...]:
    """The shapes around all of a line but its outermost pixels."""
    (left, top), (right, bottom) = quad.min(axis=0), quad.max(axis=0)
    inset = 0.3 * min(right - left, bottom - top)
    around = (
        (shapes[:, 0] < left + inset)
        & (shapes[:, 1] < top + inset)
        & (shapes[:, 2] > right - inset)
        & (shapes[:, 3] > bottom - inset)
    )
    found = (shapes[around] / scale).tolist()
    return tuple((a, b, c, d) for a, b, c, d in found)
