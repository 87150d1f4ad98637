"""The twenty-two pictures of the memory benchmark; they are drawn once into build/bench."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFont

TEXT = (
    "la casa azul tiene una puerta verde y tres ventanas que miran al mar mientras el pan "
    "caliente espera sobre la mesa de madera junto a las flores del mercado"
)
FOLDER = Path("build/bench")


def pictures() -> list[Path]:
    """Twelve small pictures, six photos, two scans, a strip, and a poster of 90 megapixels."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    paths = []
    for name, size, letters, margin in _wanted():
        path = FOLDER / name
        if not path.exists():
            draw_page(*size, letters, margin, seed=len(paths)).save(path, quality=88)
        paths.append(path)
    return paths


def _wanted() -> Iterator[tuple[str, tuple[int, int], int, float]]:
    """File name, width x height, letter height in pixels, share of each side that is blank."""
    for number in range(12):
        yield f"small-{number:02}.png", (480 + 40 * number, 320 + 20 * number), 28, 0.1
    for number in range(6):
        yield f"photo-{number}.jpg", (4000, 3000), 90, 0.25
    for number in range(2):
        yield f"scan-{number}.png", (2480, 3508), 50, 0.15
    yield "strip.png", (800, 20_000), 36, 0.1
    yield "poster.jpg", (9500, 9500), 200, 0.3


def draw_page(width: int, height: int, letters: int, margin: float, seed: int) -> Image.Image:
    """Lines of words on an uneven background like that of a photograph."""
    chance = np.random.default_rng(seed)
    words = TEXT.split()
    coarse = chance.integers(200, 256, (9, 12, 3), np.uint8)
    page = Image.fromarray(coarse).resize((width, height), Image.Resampling.BILINEAR)
    draw = ImageDraw.Draw(page)
    font = ImageFont.load_default(letters)
    left, right = width * margin, width * (1 - margin)
    top = height * margin
    while top < height * (1 - margin) - letters:
        line = ""
        while font.getlength(line) < right - left - 6 * letters:
            line += str(chance.choice(words)) + " "
        draw.text((left, top), line.strip(), font=font, fill=(20, 20, 40))
        top += letters * 2
    return page
