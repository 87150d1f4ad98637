"""Drawn line pictures: texts in the installed fonts that have their characters, clean or worn."""

import subprocess
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
from fontTools.ttLib import TTCollection, TTFont
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFilter, ImageFont

from benchmarks.script_guess import texts
from pipeline.language.scripts import RIGHT_TO_LEFT
from tests.support.drawn_lines import HEIGHT, draw

PACKAGES = (
    "fonts-noto-core fonts-noto-ui-core fonts-noto-extra fonts-noto-cjk fonts-dejavu"
    " fonts-freefont-ttf fonts-nanum fonts-nanum-extra fonts-unfonts-core fonts-baekmuk"
    " fonts-thai-tlwg fonts-deva fonts-hosny-amiri fonts-kacst fonts-farsiweb culmus"
    " fonts-paratype fonts-gfs-artemisia fonts-gfs-neohellenic fonts-gfs-olga libfribidi0"
)
_LANGUAGE = {
    "Latn": "en", "Hani": "zh-cn", "Hang": "ko", "Cyrl": "ru", "Grek": "el", "Arab": "ar",
    "Hebr": "he", "Deva": "hi", "Thai": "th", "Taml": "ta", "Telu": "te", "Beng": "bn",
    "Geor": "ka", "Armn": "hy", "Khmr": "km", "Laoo": "lo", "Mymr": "my", "Gujr": "gu",
    "Knda": "kn", "Mlym": "ml", "Sinh": "si", "Ethi": "am",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Face:
    """A font file, its index in a collection, and its family."""

    path: str
    index: int
    family: str


@dataclass(frozen=True, slots=True)
class ScriptPicture:
    """A line picture (48 x width x 3, blue-green-red) and its true text."""

    text: str
    pixels: NDArray[np.uint8]


def drawn(
    script: str,
    count: int,
    seed: int,
    *,
    judging: bool | None = None,
    worn: bool = True,
    locale: str | None = None,
    mixed: float = 0.15,
) -> Iterator[ScriptPicture]:
    """Lines of a script; a quarter of the families only judge, where a script has four or more.

    Without `judging`, all families are used.
    """
    rng = np.random.default_rng([seed, zlib.crc32(script.encode())])
    families = sorted({face.family for face in _faces(script)})
    if judging is not None and len(families) >= 4:
        families = [name for name in families if (zlib.crc32(name.encode()) % 4 == 0) == judging]
    made = 0
    while made < count:
        text = texts.line(script, rng, locale=locale, mixed=mixed)
        family = families[rng.integers(len(families))]
        of_family = [face for face in _faces(script) if face.family == family]
        face = of_family[rng.integers(len(of_family))]
        if not set(text) <= _characters(face) | {" "}:
            continue
        font = ImageFont.truetype(face.path, int(rng.integers(14, 64)), face.index)
        # The mark makes the line run from the right even where it begins with a Latin word.
        shown = f"\u200f{text}" if script in RIGHT_TO_LEFT else text
        pixels = draw(shown, font, rng) if worn else clean(shown, font)
        yield ScriptPicture(text, pixels)
        made += 1


def clean(text: str, font: ImageFont.FreeTypeFont) -> NDArray[np.uint8]:
    """Black on white, upright, without noise."""
    left, top, right, bottom = font.getbbox(text)
    margin = max(2, round(font.size * 0.15))
    size = int(right - left) + 2 * margin, int(bottom - top) + 2 * margin
    image = Image.new("RGB", size, "white")
    ImageDraw.Draw(image).text((margin - left, margin - top), text, "black", font)
    width = max(1, round(HEIGHT * image.width / image.height))
    resized = image.resize((width, HEIGHT), Image.Resampling.BICUBIC)
    return np.ascontiguousarray(np.asarray(resized)[:, :, ::-1])


def without_text(count: int, seed: int) -> Iterator[ScriptPicture]:
    """Noise, shapes, bars and blots, as a detector may take for lines."""
    for number in range(count):
        rng = np.random.default_rng([seed, number])
        image = (_noise, _shapes, _shapes, _shapes, _bars, _blots)[rng.integers(6)](
            rng, int(rng.integers(48, 500))
        )
        if rng.random() < 0.5:
            image = image.filter(ImageFilter.GaussianBlur(rng.uniform(0.3, 3)))
        yield ScriptPicture("", np.ascontiguousarray(np.asarray(image)[:, :, ::-1]))


def _noise(rng: np.random.Generator, width: int) -> Image.Image:
    ground = rng.uniform(0, 255, 3) + rng.normal(0, rng.uniform(5, 60), (HEIGHT, width, 1))
    return Image.fromarray(np.clip(ground, 0, 255).astype(np.uint8))


def _shapes(rng: np.random.Generator, width: int) -> Image.Image:
    image = Image.new("RGB", (width, HEIGHT), tuple(rng.integers(0, 256, 3).tolist()))
    brush = ImageDraw.Draw(image)
    for _ in range(rng.integers(1, 12)):
        x, y, size = rng.uniform(-20, width), rng.uniform(-10, 50), rng.uniform(4, 60)
        box = (x, y, x + size, y + size * rng.uniform(0.3, 1.5))
        colour, stroke = tuple(rng.integers(0, 256, 3).tolist()), int(rng.integers(1, 9))
        kind = rng.integers(4)
        if kind == 0:
            brush.ellipse(box, outline=colour, width=stroke)
        elif kind == 1:
            brush.rectangle(box, fill=colour)
        elif kind == 2:
            brush.line(box, fill=colour, width=stroke)
        else:
            brush.arc(box, 0, int(rng.integers(30, 360)), fill=colour, width=stroke)
    return image


def _bars(rng: np.random.Generator, width: int) -> Image.Image:
    edges = rng.integers(1, 7, width).cumsum()
    dark = np.searchsorted(edges, np.arange(width), "right") % 2
    rows = np.repeat((255 * dark).astype(np.uint8)[None], HEIGHT, axis=0)
    return Image.fromarray(np.repeat(rows[:, :, None], 3, axis=2))


def _blots(rng: np.random.Generator, width: int) -> Image.Image:
    small = rng.integers(0, 256, (int(rng.integers(3, 12)), int(rng.integers(4, 40)), 3))
    return Image.fromarray(small.astype(np.uint8)).resize((width, HEIGHT), Image.Resampling.BICUBIC)


@lru_cache
def _faces(script: str) -> tuple[Face, ...]:
    """The installed outline fonts of a script, from fontconfig."""
    listed = subprocess.run(
        ["fc-list", f":lang={_LANGUAGE[script]}", "-f", "%{file}|%{index}|%{family[0]}\n"],
        check=True,
        capture_output=True,
        text=True,
    )
    rows = (row.split("|") for row in listed.stdout.splitlines())
    faces = {
        Face(path, int(index), family)
        for path, index, family in rows
        if int(index) < 256 and Path(path).suffix in {".ttf", ".otf", ".ttc"}
    }
    if not faces:
        raise SystemExit(f"no font for {script}; type:  sudo apt-get install {PACKAGES}")
    return tuple(sorted(faces, key=lambda face: (face.path, face.index)))


@lru_cache(maxsize=2000)
def _characters(face: Face) -> frozenset[str]:
    font = (
        TTCollection(face.path).fonts[face.index]
        if face.path.endswith(".ttc")
        else TTFont(face.path, lazy=True)
    )
    return frozenset(map(chr, font.getBestCmap()))
