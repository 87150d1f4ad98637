"""Lines of text drawn as a camera, a scanner or a receipt printer would show them."""

import hashlib
import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFilter, ImageFont

from tests.support.line_fonts import Faces
from tests.support.line_texts import KINDS, Texts

HEIGHT = 48
MAX_WIDTH = 1280
_SCRIPTS = {"zh": "zh", "rare": "zh", "ja": "ja"}


@dataclass(frozen=True, slots=True)
class DrawnLine:
    """One line: its pixels (48 x width x 3, uint8, blue-green-red) and its true text."""

    kind: str
    text: str
    pixels: NDArray[np.uint8]


def drawn_lines(texts: Texts, faces: Faces, count: int, seed: int) -> Iterator[DrawnLine]:
    """Draws `count` lines, each kind equally often; the same arguments give the same pixels."""
    for number in range(count):
        rng = np.random.default_rng([seed, number])
        kind = KINDS[number % len(KINDS)]
        line = texts.line(kind, rng)
        of_script = faces[_SCRIPTS.get(kind, "latin")]
        path, index = of_script[rng.integers(len(of_script))]
        size = int(rng.integers(14, 64))
        # Raqm, the default, needs a library of the system; without it letters move.
        font = ImageFont.truetype(path, size, index, layout_engine=ImageFont.Layout.BASIC)
        yield DrawnLine(kind, line, draw(line, font, rng, receipt=kind == "receipt"))


def draw(
    text: str, font: ImageFont.FreeTypeFont, rng: np.random.Generator, *, receipt: bool = False
) -> NDArray[np.uint8]:
    """One line on its ground, as wide as its text needs, at most `MAX_WIDTH`."""
    ink = _ink(text, font, rng)
    if receipt:
        ink = _printed_in_dots(ink, rng) if rng.random() < 0.4 else _faded(ink, rng)
    if rng.random() < 0.5:
        steepest = min(2.0, np.degrees(0.25 * ink.height / ink.width))
        ink = ink.rotate(rng.uniform(-steepest, steepest), Image.Resampling.BICUBIC)
    if rng.random() < 0.5:
        ink = ink.filter(ImageFilter.GaussianBlur(rng.uniform(0.2, 0.03 * ink.height)))
    colour, ground = _colours(rng, paper=receipt)
    shade = np.asarray(ink, np.float32)[:, :, None] / 255
    picture = _lit(ground, ink.size, rng) * (1 - shade) + colour * shade
    if rng.random() < 0.6:
        picture += rng.normal(0, rng.uniform(2, 16), (*picture.shape[:2], 1))
    image = Image.fromarray(np.clip(picture, 0, 255).astype(np.uint8))
    if rng.random() < 0.5:
        image = _as_jpeg(image, int(rng.integers(30, 90)))
    width = max(HEIGHT // 2, min(MAX_WIDTH, round(HEIGHT * image.width / image.height)))
    image = image.resize((width, HEIGHT), Image.Resampling.BICUBIC)
    return np.ascontiguousarray(np.asarray(image)[:, :, ::-1])


def set_sha256(lines: Sequence[NDArray[np.uint8]]) -> str:
    """SHA-256 over all pixels, each line after its width."""
    digest = hashlib.sha256()
    for pixels in lines:
        digest.update(pixels.shape[1].to_bytes(4, "big"))
        digest.update(pixels.tobytes())
    return digest.hexdigest()


def _ink(text: str, font: ImageFont.FreeTypeFont, rng: np.random.Generator) -> Image.Image:
    left, top, right, bottom = font.getbbox(text)
    margin = np.ceil(font.size * rng.uniform(0.05, 0.25, 2)).astype(int)
    size = int(right - left + 2 * margin[0]), int(bottom - top + 2 * margin[1])
    ink = Image.new("L", size)
    ImageDraw.Draw(ink).text((margin[0] - left, margin[1] - top), text, 255, font)
    return ink


def _printed_in_dots(ink: Image.Image, rng: np.random.Generator) -> Image.Image:
    """A dot-matrix printer's fourteen to nineteen rows of round dots."""
    rows = int(rng.integers(14, 20))
    small = ink.resize((max(1, round(ink.width * rows / ink.height)), rows), Image.Resampling.BOX)
    dot = np.hypot(*np.mgrid[-1:1:6j, -1:1:6j]) < 1.05
    dots = np.kron(np.asarray(small) > 90, dot).astype(np.uint8) * 255
    return Image.fromarray(dots).resize(ink.size, Image.Resampling.BOX)


def _faded(ink: Image.Image, rng: np.random.Generator) -> Image.Image:
    """A thermal printer's weak rows and columns."""
    rows = rng.uniform(rng.uniform(0.4, 1), 1, (ink.height, 1))
    column = np.arange(ink.width)
    wave = 0.85 + 0.15 * np.sin(column / rng.uniform(20, 200) + rng.uniform(0, 6))
    return Image.fromarray((np.asarray(ink) * rows * wave).astype(np.uint8))


def _colours(
    rng: np.random.Generator, *, paper: bool
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Ink and ground, at least 45 levels apart: low contrast, colour and white on dark too."""
    if paper or rng.random() < 0.4:
        return rng.uniform(0, 110) * np.ones(3), rng.uniform(190, 255, 1) * np.ones(3)
    ink, ground = rng.uniform(0, 255, (2, 3))
    while abs(ink.mean() - ground.mean()) < 45:
        ink, ground = rng.uniform(0, 255, (2, 3))
    return ink, ground


def _lit(
    ground: NDArray[np.float64], size: tuple[int, int], rng: np.random.Generator
) -> NDArray[np.float64]:
    """The ground, one side of it darker in half of the lines."""
    across = np.linspace(1, rng.uniform(0.6, 1) if rng.random() < 0.5 else 1, size[0])
    return ground * across[None, :, None] * np.ones((size[1], 1, 1))


def _as_jpeg(image: Image.Image, quality: int) -> Image.Image:
    file = io.BytesIO()
    image.save(file, "JPEG", quality=quality)
    return Image.open(file).convert("RGB")
