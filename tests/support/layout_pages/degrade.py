"""Makes a clean picture a bad photograph or a scan, the same each time for the same name."""

import zlib
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from pipeline.models import Pixels

Homography = NDArray[np.float64]
"""3 x 3: takes a point of the clean picture to the same point of the degraded one."""


@dataclass(frozen=True, slots=True)
class _Strengths:
    """How bad a picture becomes.

    `tilt` in degrees; `corner` is how far a corner moves, in shares of the page's width;
    `blur` a standard deviation in pixels; `noise` one in grey levels of 255; `shade` the share
    of light that is lost in the darkest corner; `jpeg` the quality, 1 to 100.
    """

    tilt: float
    corner: float
    blur: float
    noise: float
    shade: float
    jpeg: int


def degrade(pixels: Pixels, name: str) -> tuple[Pixels, Homography]:
    """The picture as a photograph; as a scan where `name` begins with "magazine"."""
    chance = np.random.default_rng(zlib.crc32(name.encode()))
    strengths = _scan(chance) if name.startswith("magazine") else _photograph(chance)
    height, width = pixels.shape[:2]
    homography = _homography(width, height, strengths, chance)
    paper = tuple(int(value) for value in np.median(pixels[:8].reshape(-1, 3), axis=0))
    seen = cv2.warpPerspective(
        pixels,
        homography,
        (width, height),
        flags=cv2.INTER_AREA,
        borderMode=cv2.BORDER_CONSTANT,
        borderValue=paper,
    )
    seen = cv2.GaussianBlur(seen, (0, 0), strengths.blur)
    light = _light(width, height, strengths.shade, chance)
    noise = np.asarray(chance.normal(0, strengths.noise, seen.shape), np.float32)
    seen = np.clip(seen * light[:, :, None] + noise, 0, 255).astype(np.uint8)
    _, coded = cv2.imencode(".jpg", seen, [cv2.IMWRITE_JPEG_QUALITY, strengths.jpeg])
    return np.asarray(cv2.imdecode(coded, cv2.IMREAD_COLOR), np.uint8), homography


def _photograph(chance: np.random.Generator) -> _Strengths:
    return _Strengths(
        tilt=float(chance.choice([-1, 1]) * chance.uniform(0.4, 2)),
        corner=float(chance.uniform(0.005, 0.025)),
        blur=float(chance.uniform(0.5, 1.0)),
        noise=float(chance.uniform(3, 9)),
        shade=float(chance.uniform(0.15, 0.5)),
        jpeg=int(chance.integers(45, 75)),
    )


def _scan(chance: np.random.Generator) -> _Strengths:
    side = float(chance.choice([-1, 1]))
    return _Strengths(tilt=side, corner=0, blur=0.6, noise=12, shade=0.08, jpeg=60)


def _homography(
    width: int, height: int, strengths: _Strengths, chance: np.random.Generator
) -> Homography:
    """A turn about the centre, then a shift of each corner; shrunk so that nothing is cut off."""
    corners = np.array([[0, 0], [width, 0], [width, height], [0, height]], np.float32)
    turn = cv2.getRotationMatrix2D((width / 2, height / 2), strengths.tilt, 1.0)
    turned = cv2.transform(corners[None], turn)[0]
    moved = turned + chance.uniform(-1, 1, (4, 2)) * strengths.corner * width
    low, high = moved.min(axis=0), moved.max(axis=0)
    scale = min(1.0, float((np.array([width, height]) / (high - low)).min()))
    centre = np.array([width, height]) / 2
    fitted = (moved - (low + high) / 2) * scale + centre
    return np.asarray(cv2.getPerspectiveTransform(corners, fitted.astype(np.float32)), np.float64)


def _light(
    width: int, height: int, shade: float, chance: np.random.Generator
) -> NDArray[np.float32]:
    """Height x width: the share of light that falls on each pixel."""
    coarse = (1 - shade * chance.uniform(0, 1, (3, 3))).astype(np.float32)
    return np.asarray(
        cv2.resize(coarse, (width, height), interpolation=cv2.INTER_CUBIC), np.float32
    )
