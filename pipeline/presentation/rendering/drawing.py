"""Draws fitted lines into a picture: along their direction, in one colour, inside their place."""

from dataclasses import dataclass
from math import ceil, cos, floor, sin

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from pipeline.layout.text_direction import TextDirection
from pipeline.models import Box, Pixels, Point, Polygon
from pipeline.presentation.rendering.lettering import Colour
from pipeline.presentation.rendering.shaping import Typesetter

_OVERSAMPLING = 2
"""Tilted lines are drawn so many times larger, then turned and made smaller in one step."""
_LEVEL_DRIFT = 0.75
"""Pixels by which a line's ends may differ in height and still be drawn without turning."""
_OVERHANG, _ABOVE, _BELOW = 0.5, 1.6, 1.0
"""Ems around a line in which its letters and marks are, in every script."""

Mask = NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class DrawnLine:
    """A line of text, and the left end of its baseline in the frame of its direction, in pixels."""

    text: str
    size: float
    left: float
    baseline: float


def draw_line(
    pixels: Pixels,
    line: DrawnLine,
    typesetter: Typesetter,
    *,
    direction: TextDirection,
    colour: Colour,
    place: Polygon,
) -> None:
    """Draws one line, in place; no pixel outside of the polygon `place` changes."""
    box = (
        line.left - _OVERHANG * line.size,
        line.baseline - _ABOVE * line.size,
        line.left + typesetter.width(line.text, line.size) + _OVERHANG * line.size,
        line.baseline + _BELOW * line.size,
    )
    corners = direction.polygon(*box)
    left, top, right, bottom = _bounds(corners, pixels)
    if left >= right or top >= bottom:
        return
    if _is_level(direction, box):
        mask = _level_mask(line, (left, top, right, bottom), typesetter)
    else:
        mask = _turned_mask(line, box, direction, (left, top, right, bottom), typesetter)
    allowed = np.zeros_like(mask)
    shift = np.array([left, top])
    cv2.fillConvexPoly(allowed, np.array(place).round().astype(np.int32) - shift, [255])
    _blend(pixels[top:bottom, left:right], np.minimum(mask, allowed), colour)


def _bounds(corners: Polygon, pixels: Pixels) -> tuple[int, int, int, int]:
    xs, ys = zip(*corners, strict=True)
    height, width, _ = pixels.shape
    return (
        max(0, floor(min(xs))),
        max(0, floor(min(ys))),
        min(width, ceil(max(xs)) + 1),
        min(height, ceil(max(ys)) + 1),
    )


def _is_level(direction: TextDirection, box: Box) -> bool:
    return cos(direction.tilt) > 0 and abs(sin(direction.tilt)) * (box[2] - box[0]) < _LEVEL_DRIFT


def _level_mask(line: DrawnLine, area: tuple[int, int, int, int], typesetter: Typesetter) -> Mask:
    left, top, right, bottom = area
    canvas = Image.new("L", (right - left, bottom - top))
    typesetter.draw(
        ImageDraw.Draw(canvas), line.text, line.size, line.left - left, line.baseline - top
    )
    return np.asarray(canvas, np.uint8)


def _turned_mask(
    line: DrawnLine,
    box: Box,
    direction: TextDirection,
    area: tuple[int, int, int, int],
    typesetter: Typesetter,
) -> Mask:
    left, top, right, bottom = area
    scale = _OVERSAMPLING
    canvas = Image.new("L", (ceil((box[2] - box[0]) * scale), ceil((box[3] - box[1]) * scale)))
    start: Point = (line.left - box[0]) * scale, (line.baseline - box[1]) * scale
    typesetter.draw(ImageDraw.Draw(canvas), line.text, line.size * scale, *start)
    along, across = cos(direction.tilt), sin(direction.tilt)
    # From the canvas to the picture: smaller, moved to the box's corner, turned, moved to the crop.
    to_picture = np.array(
        [
            [along / scale, -across / scale, box[0] * along - box[1] * across - left],
            [across / scale, along / scale, box[0] * across + box[1] * along - top],
        ]
    )
    turned = cv2.warpAffine(
        np.asarray(canvas), to_picture, (right - left, bottom - top), flags=cv2.INTER_LINEAR
    )
    return np.asarray(turned, np.uint8)


def _blend(crop: Pixels, mask: Mask, colour: Colour) -> None:
    """Paints `colour` over the crop where the mask is, in its strength."""
    ys, xs = np.nonzero(mask)
    strength = mask[ys, xs, None].astype(np.uint16)
    ground = crop[ys, xs].astype(np.uint16)
    ink = np.array(colour, np.uint16)
    crop[ys, xs] = ((strength * ink + (255 - strength) * ground + 127) // 255).astype(np.uint8)
