"""Removes old text from a picture: flat ground is filled, other ground is inpainted."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import ceil

import cv2
import numpy as np
from numpy.typing import NDArray

from pipeline.models import Pixels, Polygon
from pipeline.presentation.rendering.lettering import Lettering

_FLAT = 4.0
"""Levels by which flat ground differs from a plane: a patch on it is not seen."""
_GRAINY = 12.0
"""Levels by which paper or a JPEG's ground differs: only the letters are filled there."""
_ONE_COLOUR = 1.0
"""Levels by which pixels of one colour differ after the rounding of a decoder."""
_LEAST_OF_ONE_COLOUR = 0.4
"""Share of the ring that makes its most frequent colour the ground: drawings have few colours."""
_FEWEST_RING_PIXELS = 30
_SAME_GROUND = 24.0
"""Levels from the median within which a pixel of the ring belongs to the ground."""
_LEAST_GROUND = 0.6
"""Share of the ring that must belong to the ground for it to be flat."""
_RING_SHARE = 0.15
"""Line heights around a line whose ground is looked at, beside that between its letters."""
_MOST_LETTERS = 0.85
"""Share of a line that letters and their edges take at most."""
_CORE_SHARE = 0.2
"""Line heights from a polygon's edge; a drawn rule stays outside of this, letters do not."""
_CUT_SHARE = 0.25
"""Line heights by which a letter may go beyond its polygon; its end is removed there too."""
_SPREAD_SHARE = 0.08
"""Line heights by which the edges of letters spread into the ground."""
_INPAINT_HEIGHT = 48
"""Pixels; higher lines are inpainted in a smaller copy, which bounds the time."""
_INPAINT_RADIUS = 4
_SAMPLES = 800

Mask = NDArray[np.uint8]
Outline = NDArray[np.int32]
"""Corners of n polygons: n x 4 x 2."""


@dataclass(frozen=True, slots=True)
class _Ground:
    """A colour that changes evenly: channels are planes over x and y. `deviation` in levels."""

    planes: NDArray[np.float32]
    deviation: float

    def colours(self, height: int, width: int) -> Pixels | NDArray[np.float64]:
        """The ground of a picture, or its one colour (and 0) where it does not change."""
        constant, across, down = self.planes
        if not across.any() and not down.any():
            return np.array([*constant.round(), 0], np.float64)
        xs = np.arange(width, dtype=np.float32)[None, :, None]
        rows = np.arange(height, dtype=np.float32)[:, None, None]
        levels = np.clip(constant + xs * across + rows * down + 0.5, 0, 255)
        return np.asarray(levels, np.uint8)


def remove_text(
    pixels: Pixels,
    polygons: Sequence[Polygon],
    letterings: Sequence[Lettering],
    kept: Sequence[Polygon],
) -> None:
    """Removes the lines at `polygons`, in place; the pixels of `kept` lines are not touched.

    Outside of the polygons only the ends of letters that go beyond them change. `letterings`
    has the form of each line.
    """
    outlines = _Outlines([*polygons, *kept], len(polygons))
    for index, lettering in enumerate(letterings):
        _remove_line(pixels, index, outlines, lettering)


class _Outlines:
    """Polygons in whole pixels; the first `removed` of them are removed, the others are kept."""

    def __init__(self, polygons: Sequence[Polygon], removed: int) -> None:
        self.points = np.array(polygons, np.float32).round().astype(np.int32).reshape(-1, 4, 2)
        self._removed = removed
        self._first, self._last = self.points.min(axis=1), self.points.max(axis=1)

    def near(self, corner: NDArray[np.int32], end: NDArray[np.int32]) -> tuple[Outline, Outline]:
        """All that meet a box, and those of them that are kept; relative to its first corner."""
        meets = (self._last >= corner).all(axis=1) & (self._first < end).all(axis=1)
        return (
            self.points[meets] - corner,
            self.points[self._removed :][meets[self._removed :]] - corner,
        )


def _remove_line(pixels: Pixels, index: int, outlines: _Outlines, lettering: Lettering) -> None:
    polygon = outlines.points[index]
    height = _height(polygon)
    margin = max(4, ceil((_RING_SHARE + _CUT_SHARE) * height))
    corner, end = np.maximum(polygon.min(axis=0) - margin, 0), polygon.max(axis=0) + margin + 1
    crop = pixels[corner[1] : end[1], corner[0] : end[0]]
    if not crop.size:
        return
    near, kept = outlines.near(corner, end)
    inside, text = _filled([polygon - corner], crop), _filled(near, crop)
    for each in kept:
        inside[_depth(_filled([each], crop)) > _depth(inside)] = 0
    letters = _letters(crop, inside, lettering, height)
    around = _grown_by(inside, ceil(_RING_SHARE * height)) & (1 - text) | inside
    ground = _ground(crop, around & (1 - letters))
    if ground is None or ground.deviation > _GRAINY:
        _inpaint(crop, letters, height)
        return
    colours = ground.colours(*crop.shape[:2])
    marks = (_difference(crop, colours) > max(_FLAT, 2 * ground.deviation)).astype(np.uint8)
    rules, cut = _crossing_marks(marks, inside, text, height)
    mask = inside if ground.deviation <= _FLAT else _grown(marks & inside, height) & inside
    chosen = (mask & (1 - rules) | cut).astype(bool)
    crop[chosen] = colours[chosen] if colours.ndim == 3 else colours[:3]


def _filled(polygons: Iterable[NDArray[np.int32]], crop: Pixels) -> Mask:
    mask = np.zeros(crop.shape[:2], np.uint8)
    for polygon in polygons:
        cv2.fillConvexPoly(mask, polygon, [1])
    return mask


def _depth(mask: Mask) -> NDArray[np.float32]:
    """Pixels from the edge of a mask; the crop's edge is one too."""
    framed = cv2.copyMakeBorder(mask, 1, 1, 1, 1, cv2.BORDER_CONSTANT, value=[0])
    return np.asarray(cv2.distanceTransform(framed, cv2.DIST_L2, 3)[1:-1, 1:-1], np.float32)


def _height(polygon: NDArray[np.int32]) -> float:
    sides = np.linalg.norm(polygon - np.roll(polygon, 1, axis=0), axis=1)
    return max(1.0, float(min(sides[0] + sides[2], sides[1] + sides[3]) / 2))


def _ground(crop: Pixels, ring: Mask) -> _Ground | None:
    """The ground in the ring around a line; None where it is not one even colour."""
    ys, xs = np.nonzero(ring)
    if len(xs) < _FEWEST_RING_PIXELS:
        return None
    step = max(1, len(xs) // _SAMPLES)
    ys, xs = ys[::step], xs[::step]
    colours = crop[ys, xs].astype(np.float32)
    middle = np.median(colours, axis=0)
    distances = np.abs(colours - middle).max(axis=1)
    if (distances <= _ONE_COLOUR).mean() > _LEAST_OF_ONE_COLOUR:
        return _Ground(np.stack((middle, 0 * middle, 0 * middle)), _ONE_COLOUR)
    near = distances <= _SAME_GROUND
    if near.mean() < _LEAST_GROUND:
        return None
    ys, xs, colours = ys[near], xs[near], colours[near]
    terms = np.stack((np.ones_like(xs), xs, ys), axis=1).astype(np.float32)
    planes = np.linalg.lstsq(terms, colours, rcond=None)[0]
    residuals = np.abs(terms @ planes - colours).max(axis=1)
    return _Ground(planes, float(np.percentile(residuals, 85)))


def _crossing_marks(marks: Mask, inside: Mask, text: Mask, height: float) -> tuple[Mask, Mask]:
    """Marks that cross a line's edge: rules to keep, and the ends of letters to remove.

    A mark that only touches the edge from outside is a frame, a rule or a shape. A letter
    reaches the middle of the line, and ends not far outside of it.
    """
    nothing = np.zeros_like(marks)
    if not (marks & _grown_by(inside, 1) & (1 - inside)).any():
        return nothing, nothing
    core = _depth(inside) > max(1, ceil(_CORE_SHARE * height))
    reach = _grown_by(inside, ceil(_CUT_SHARE * height))
    _, labels = cv2.connectedComponents(marks, connectivity=8)
    outside = np.unique(labels[(marks & (1 - text)) > 0])
    in_core = np.unique(labels[(marks > 0) & core])
    beyond = np.unique(labels[(marks & (1 - reach)) > 0])
    rules = np.isin(labels, np.setdiff1d(outside, in_core)) & (marks > 0)
    letters = np.setdiff1d(np.intersect1d(outside, in_core), beyond)
    ends = np.isin(labels, letters) & (marks > 0) & (text == 0)
    grown = _grown_by(ends.astype(np.uint8), 1) & (1 - text)
    return _grown_by(rules.astype(np.uint8), 1), grown & reach


def _letters(crop: Pixels, inside: Mask, lettering: Lettering, height: float) -> Mask:
    """The letters by colour, with their edges; all of the line where they are not told apart."""
    to_ink, to_ground = (
        _difference(crop, np.array([*colour, 0], np.float64))
        for colour in (lettering.ink, lettering.ground)
    )
    letters = _grown((to_ink < to_ground).astype(np.uint8) & inside, height) & inside
    return inside if letters.sum() > _MOST_LETTERS * inside.sum() else letters


def _difference(crop: Pixels, other: Pixels | NDArray[np.float64]) -> NDArray[np.uint8]:
    """The largest difference in a channel, from another picture or from one colour."""
    blue, green, red = cv2.split(cv2.absdiff(crop, other))
    return np.asarray(cv2.max(cv2.max(blue, green), red), np.uint8)


def _grown(mask: Mask, height: float) -> Mask:
    return _grown_by(mask, ceil(_SPREAD_SHARE * height))


def _grown_by(mask: Mask, pixels: int) -> Mask:
    kernel = cv2.getStructuringElement(cv2.MORPH_RECT, (2 * pixels + 1, 2 * pixels + 1))
    return np.asarray(cv2.dilate(mask, kernel), np.uint8)


def _inpaint(crop: Pixels, mask: Mask, height: float) -> None:
    scale = min(1.0, _INPAINT_HEIGHT / height)
    size = max(1, round(crop.shape[1] * scale)), max(1, round(crop.shape[0] * scale))
    small, holes = crop, mask
    if scale < 1:
        small = np.asarray(cv2.resize(crop, size, interpolation=cv2.INTER_AREA), np.uint8)
        holes = (cv2.resize(mask * 255, size, interpolation=cv2.INTER_AREA) > 0).astype(np.uint8)
    filled = cv2.inpaint(small, holes, _INPAINT_RADIUS, cv2.INPAINT_TELEA)
    if scale < 1:
        filled = cv2.resize(filled, crop.shape[1::-1], interpolation=cv2.INTER_LINEAR)
    chosen = mask.astype(bool)
    crop[chosen] = filled[chosen]
