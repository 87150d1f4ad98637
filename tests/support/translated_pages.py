"""Pages for rendering: texts drawn at known places, sizes and angles, with their translations."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np
from PIL import Image, ImageDraw

from pipeline.models import Line, PageText, Paragraph, Pixels, Polygon, Translation
from pipeline.presentation.rendering.fonts import Fonts
from tests.conftest import missing

WIDTH, HEIGHT = 640, 400
INK, PAPER = (30, 60, 160), (235, 240, 245)
"""Red, green and blue."""


@dataclass(frozen=True, slots=True)
class DrawnText:
    """Lines of a paragraph, the first one's left end at `left` and its top at `top`."""

    lines: tuple[str, ...]
    left: int
    top: int
    translations: Mapping[str, str]
    size: int = 28
    language: str = "es"
    bold: bool = False


@cache
def fonts() -> Fonts:
    """The fonts of this machine; the test is skipped where there are none."""
    found = Fonts()
    if not found.chain("en", bold=False):
        missing("a font (apt-get install fonts-noto-core)")
    return found


def drawn_page(
    *texts: DrawnText, degrees: float = 0, paper: tuple[int, int, int] = PAPER
) -> tuple[Pixels, PageText]:
    """The pixels and the text of a page that is turned clockwise about its middle."""
    page = Image.new("RGB", (WIDTH, HEIGHT), paper)
    draw = ImageDraw.Draw(page)
    paragraphs = []
    for text in texts:
        font = fonts().chain(text.language, bold=text.bold)[0].at(text.size)
        boxes = []
        for number, line in enumerate(text.lines):
            top = text.top + number * round(1.4 * text.size)
            draw.text((text.left, top + text.size), line, INK, font, anchor="ls")
            right = text.left + font.getlength(line)
            boxes.append((text.left - 4, top - 2, right + 4, top + 1.3 * text.size))
        paragraphs.append(_paragraph(text, boxes, degrees))
    turned = page.rotate(-degrees, Image.Resampling.BICUBIC, fillcolor=paper)
    pixels = np.ascontiguousarray(np.asarray(turned)[:, :, ::-1])
    return pixels, PageText(0, WIDTH, HEIGHT, 0, tuple(paragraphs))


def _paragraph(
    text: DrawnText, boxes: Sequence[tuple[float, float, float, float]], degrees: float
) -> Paragraph:
    lines = tuple(
        Line(line, 0.99, turned_box(box, degrees))
        for line, box in zip(text.lines, boxes, strict=True)
    )
    lefts, tops, rights, bottoms = zip(*boxes, strict=True)
    around = turned_box((min(lefts), min(tops), max(rights), max(bottoms)), degrees)
    translations = {each: Translation(new, "fake") for each, new in text.translations.items()}
    return Paragraph(" ".join(text.lines), around, lines, text.language, 1.0, translations)


def turned_box(box: tuple[float, float, float, float], degrees: float) -> Polygon:
    """The corners of a box, turned clockwise about the page's middle."""
    left, top, right, bottom = box
    cos, sin = math.cos(math.radians(degrees)), math.sin(math.radians(degrees))
    middle_x, middle_y = WIDTH / 2, HEIGHT / 2
    corners = ((left, top), (right, top), (right, bottom), (left, bottom))
    a, b, c, d = (
        (
            middle_x + (x - middle_x) * cos - (y - middle_y) * sin,
            middle_y + (x - middle_x) * sin + (y - middle_y) * cos,
        )
        for x, y in corners
    )
    return a, b, c, d
