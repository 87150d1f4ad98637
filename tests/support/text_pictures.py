"""Pictures of text, as pixels and as encoded files."""

import io

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from pipeline.models import Pixels


def picture_of(*lines: str, size: int = 40, margin: int = 40) -> Image.Image:
    """Black lines on white, in Pillow's default font."""
    font = ImageFont.load_default(size)
    width = max([round(font.getlength(line)) for line in lines], default=100)
    picture = Image.new("RGB", (width + 2 * margin, 2 * margin + 2 * size * len(lines)), "white")
    draw = ImageDraw.Draw(picture)
    for number, line in enumerate(lines):
        draw.text((margin, margin + 2 * size * number), line, font=font, fill="black")
    return picture


def pixels_of(picture: Image.Image) -> Pixels:
    """The pixels as decoded: blue-green-red and contiguous."""
    return np.ascontiguousarray(np.asarray(picture.convert("RGB"))[:, :, ::-1])


def encoded(picture: Image.Image, kind: str = "PNG") -> bytes:
    """The content of a file of that format."""
    buffer = io.BytesIO()
    picture.save(buffer, kind)
    return buffer.getvalue()
