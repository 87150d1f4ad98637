"""Pictures whose first pixels encode their text, so that a cheap engine reads them exactly."""

import io
import json
from collections.abc import Sequence

import numpy as np
import pikepdf
from PIL import Image

from pipeline.models import Line, Pixels
from tests.support.made_pdfs import add_picture_page, picture_stream, saved

WIDTH = 240
_MAGIC = b"coded:"
_STEP = 60
"""Pixels between the tops of two lines: each line becomes a separate paragraph."""


def picture(*texts: str, act: str = "") -> bytes:
    """A PNG that encodes one line for each text; the engine performs `act` on it."""
    buffer = io.BytesIO()
    _coded(texts, act).save(buffer, "PNG")
    return buffer.getvalue()


def pdf(*texts: str, act: str = "") -> bytes:
    """A PDF with one page for each text; the engine performs `act` on the first.

    A page's picture has the pixels that the page has at 200 dpi, so rendering keeps them.
    """
    made = pikepdf.new()
    for number, text in enumerate(texts):
        page = _coded([text], "" if number else act)
        size = page.width * 72 / 200, page.height * 72 / 200
        add_picture_page(made, picture_stream(made, page, "raw"), size=size)
    return saved(made)


def _coded(texts: Sequence[str], act: str) -> Image.Image:
    payload = json.dumps({"texts": texts, "act": act}).encode()
    pixels = np.zeros((max(1, len(texts)) * _STEP, WIDTH, 3), np.uint8)
    coded = _MAGIC + len(payload).to_bytes(4, "big") + payload
    # An engine reads blue-green-red; a file stores red-green-blue.
    pixels.reshape(-1)[: len(coded)] = np.frombuffer(coded, np.uint8)
    return Image.fromarray(np.ascontiguousarray(pixels[:, :, ::-1]))


def read(pixels: Pixels) -> tuple[list[str], str]:
    """The texts and the act of a picture; one line and no act if the picture is not coded."""
    coded = pixels.tobytes()
    if not coded.startswith(_MAGIC):
        return ["listo"], ""
    start = len(_MAGIC) + 4
    length = int.from_bytes(coded[len(_MAGIC) : start], "big")
    payload = json.loads(coded[start : start + length])
    return payload["texts"], payload["act"]


def lines(texts: list[str]) -> list[Line]:
    """The texts as lines, one below the other."""
    return [
        Line(
            text,
            0.75,
            ((4.0, top), (WIDTH - 4.0, top), (WIDTH - 4.0, top + 12), (4.0, top + 12)),
        )
        for text, top in zip(texts, range(10, len(texts) * _STEP, _STEP), strict=True)
    ]
