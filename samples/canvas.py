"""Functions and fonts to draw the sample pictures."""

from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFilter, ImageFont

_DEJAVU = Path("/usr/share/fonts/truetype/dejavu")
_NOTO = Path("/usr/share/fonts/opentype/noto")
# The index selects a country in a font collection: countries draw characters differently.
_FACES = {
    "sans": (_DEJAVU / "DejaVuSans.ttf", 0),
    "sans bold": (_DEJAVU / "DejaVuSans-Bold.ttf", 0),
    "narrow": (_DEJAVU / "DejaVuSansCondensed.ttf", 0),
    "narrow bold": (_DEJAVU / "DejaVuSansCondensed-Bold.ttf", 0),
    "serif": (_DEJAVU / "DejaVuSerif.ttf", 0),
    "serif bold": (_DEJAVU / "DejaVuSerif-Bold.ttf", 0),
    "serif italic": (_DEJAVU / "DejaVuSerif-Italic.ttf", 0),
    "mono": (_DEJAVU / "DejaVuSansMono.ttf", 0),
    "mono bold": (_DEJAVU / "DejaVuSansMono-Bold.ttf", 0),
    "ja": (_NOTO / "NotoSansCJK-Regular.ttc", 0),
    "ja bold": (_NOTO / "NotoSansCJK-Bold.ttc", 0),
    "ja serif": (_NOTO / "NotoSerifCJK-Bold.ttc", 0),
    "zh": (_NOTO / "NotoSansCJK-Regular.ttc", 2),
    "zh bold": (_NOTO / "NotoSansCJK-Bold.ttc", 2),
}
_FINE = 2
FONTS = frozenset(path for path, _ in _FACES.values())


class Canvas:
    """A picture that is drawn at double size and reduced, so that its edges are smooth."""

    def __init__(self, width: int, height: int, colour: str, mode: str = "RGB") -> None:
        self.width = width
        self.height = height
        self._image = Image.new(mode, (width * _FINE, height * _FINE), colour)
        self._draw = ImageDraw.Draw(self._image)

    def text(
        self,
        x: float,
        y: float,
        text: str,
        size: int,
        colour: str,
        *,
        face: str = "sans",
        anchor: str = "ls",
    ) -> None:
        """Draws one line; `y` is its baseline."""
        path, index = _FACES[face]
        font = ImageFont.truetype(path, size * _FINE, index)
        self._draw.text((x * _FINE, y * _FINE), text, colour, font, anchor=anchor)

    def lines(
        self,
        x: float,
        y: float,
        rows: str,
        size: int,
        colour: str,
        *,
        face: str = "sans",
        anchor: str = "ls",
        leading: float = 1.35,
    ) -> float:
        """Draws rows of text one below the other; returns the next baseline."""
        for row in rows.splitlines():
            self.text(x, y, row, size, colour, face=face, anchor=anchor)
            y += size * leading
        return y

    def upright(self, x: float, y: float, text: str, size: int, colour: str, *, face: str) -> None:
        """Draws characters one below the other, centred on `x`."""
        for i, character in enumerate(text):
            self.text(x, y + size * 1.08 * i, character, size, colour, face=face, anchor="mt")

    def box(
        self,
        box: tuple[float, float, float, float],
        colour: str | None = None,
        radius: float = 0,
        *,
        border: str | None = None,
        thick: float = 0,
    ) -> None:
        """Draws a rectangle with round corners."""
        self._draw.rounded_rectangle(
            [side * _FINE for side in box], radius * _FINE, colour, border, round(thick * _FINE)
        )

    def disc(
        self, x: float, y: float, radius: float, colour: str, *, border: str, thick: float
    ) -> None:
        """Draws a filled circle with a border."""
        sides = [x - radius, y - radius, x + radius, y + radius]
        self._draw.ellipse([s * _FINE for s in sides], colour, border, round(thick * _FINE))

    def dome(self, x: float, y: float, radius: float, colour: str) -> None:
        """Draws the upper half of a filled circle."""
        sides = [x - radius, y - radius, x + radius, y + radius]
        self._draw.pieslice([s * _FINE for s in sides], 180, 360, colour)

    def shape(self, points: list[tuple[float, float]], colour: str) -> None:
        """Draws a filled polygon."""
        self._draw.polygon([(x * _FINE, y * _FINE) for x, y in points], colour)

    def stroke(self, points: list[tuple[float, float]], colour: str, thick: float) -> None:
        """Draws a line through the points."""
        path = [(x * _FINE, y * _FINE) for x, y in points]
        self._draw.line(path, colour, round(thick * _FINE), joint="curve")

    def finish(self) -> Image.Image:
        """The picture at its final size."""
        return self._image.resize((self.width, self.height), Image.Resampling.LANCZOS)


def gradient(width: int, height: int, top: str, bottom: str) -> Image.Image:
    """A background that changes from one colour to another."""
    mask = Image.linear_gradient("L").resize((width, height))
    return Image.composite(
        Image.new("RGB", (width, height), bottom), Image.new("RGB", (width, height), top), mask
    )


def grain(image: Image.Image, strength: float, seed: int, blur: float = 0) -> Image.Image:
    """Adds the noise of a sensor and the blur of a lens; the result is always the same."""
    soft = image.filter(ImageFilter.GaussianBlur(blur)) if blur else image
    noise = np.random.default_rng(seed).normal(0, strength, (image.height, image.width, 1))
    return Image.fromarray(np.clip(np.asarray(soft) + noise, 0, 255).astype(np.uint8))


def lean(image: Image.Image, corners: list[tuple[float, float]], onto: Image.Image) -> Image.Image:
    """Draws an RGBA picture on another with its four corners at the given points."""
    width, height = image.size
    flat = [(0, 0), (width, 0), (width, height), (0, height)]
    rows, values = [], []
    for (x, y), (u, v) in zip(corners, flat, strict=True):
        rows += [[x, y, 1, 0, 0, 0, -u * x, -u * y], [0, 0, 0, x, y, 1, -v * x, -v * y]]
        values += [u, v]
    coefficients = np.linalg.solve(np.array(rows, float), np.array(values, float))
    seen = image.transform(
        onto.size, Image.Transform.PERSPECTIVE, coefficients.tolist(), Image.Resampling.BICUBIC
    )
    return Image.alpha_composite(onto.convert("RGBA"), seen).convert("RGB")
