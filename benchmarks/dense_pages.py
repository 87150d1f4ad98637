"""Seconds a page of small, dense text, against PaddleOCR's modules: `make bench-dense`.

Two pages that this module draws: a magazine at 300 dpi (120 lines in three columns) and a
typed fax (66 lines across the page). Both engines read both in turn, each in a process of its
own; medians count. The text of each is held against what was drawn.
"""

import random
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from statistics import median

import numpy as np
from PIL import Image, ImageDraw, ImageFilter, ImageFont
from rich.console import Console
from rich.table import Table
from wordfreq import top_n_list

from benchmarks.peers.__main__ import start

ENGINES = ("this project", "PaddleOCR's modules in this project, 1280")
ROUNDS = 3
FOLDER = Path("build/dense")
_FONTS = Path("/usr/share/fonts/truetype/liberation")
_WORDS = top_n_list("en", 4000)


def main() -> None:
    """Draws the pages, has each engine read them once to warm up, and prints a row for each."""
    drawn = draw_pages()
    readers = [start(name) for name in ENGINES]
    table = Table(title=f"{ROUNDS} rounds in turn")
    for column in ("page", "engine", "s a page", "CPU s", "words found", "times ours"):
        table.add_column(column, justify="left" if column in {"page", "engine"} else "right")
    for path, words in drawn.items():
        for reader in readers:
            reader.read([str(path)])
            reader.passes.clear()
        for _ in range(ROUNDS):
            for reader in readers:
                reader.passes.append(reader.read([str(path)]))
        seconds = [median(each["seconds"] for each in reader.passes) for reader in readers]
        for reader, took in zip(readers, seconds, strict=True):
            found = share(words, reader.passes[-1]["texts"][0])
            busy = median(each["cpu_seconds"] for each in reader.passes)
            table.add_row(
                path.stem,
                reader.name,
                f"{took:.2f}",
                f"{busy:.2f}",
                f"{found:.1%}",
                f"{took / seconds[0]:.2f}",
            )
    Console().print(table)
    for reader in readers:
        reader.process.kill()


def share(words: Sequence[str], lines: Sequence[str]) -> float:
    """The share of the drawn words that the lines contain."""
    drawn, read = Counter(words), Counter(" ".join(lines).split())
    return (drawn & read).total() / drawn.total()


def draw_pages() -> Mapping[Path, list[str]]:
    """The two pages as files, each with its words."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    chosen = random.Random(66)
    return dict([_magazine(chosen), _fax(chosen)])


def _magazine(chosen: random.Random) -> tuple[Path, list[str]]:
    """A4 at 300 dpi: 40 lines of 10-point serif type in each of three columns."""
    page = Image.new("L", (2480, 3508), 246)
    pen = ImageDraw.Draw(page)
    font = ImageFont.truetype(_FONTS / "LiberationSerif-Regular.ttf", 42)
    words = []
    for column in range(3):
        for row in range(40):
            text = _line(chosen, font, 660)
            pen.text((180 + 730 * column, 250 + 75 * row), text, 30, font)
            words += text.split()
    noise = np.random.default_rng(1).normal(0, 6, (page.height, page.width))
    scanned = np.asarray(page.filter(ImageFilter.GaussianBlur(0.8))) + noise
    path = FOLDER / "magazine.jpg"
    Image.fromarray(scanned.clip(0, 255).astype(np.uint8)).save(path, quality=85)
    return path, words


def _fax(chosen: random.Random) -> tuple[Path, list[str]]:
    """A page at 204 x 196 dpi in black and white: 66 typed lines of 78 letters, and specks."""
    page = Image.new("L", (1728, 2292), 255)
    pen = ImageDraw.Draw(page)
    font = ImageFont.truetype(_FONTS / "LiberationMono-Regular.ttf", 33)
    words = []
    for row in range(66):
        text = _line(chosen, font, 1550)
        pen.text((90, 70 + 33 * row), text, 0, font)
        words += text.split()
    specks = np.random.default_rng(2).random((page.height, page.width)) < 0.0005
    black = (np.asarray(page) < 128) ^ specks
    path = FOLDER / "fax.tif"
    Image.fromarray(~black).save(path, compression="group4")
    return path, words


def _line(chosen: random.Random, font: ImageFont.FreeTypeFont, width: int) -> str:
    """Words that fill the width, in pixels."""
    text = chosen.choice(_WORDS)
    while font.getlength(longer := f"{text} {chosen.choice(_WORDS)}") <= width:
        text = longer
    return text


if __name__ == "__main__":
    main()
