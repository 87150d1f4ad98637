"""Pictures whose first pixels encode their text, so that a cheap engine reads them exactly."""

import io
import json

import numpy as np
from PIL import Image

from pipeline.models import Line, Pixels

WIDTH = 240
_MAGIC = b"coded:"
_STEP = 60
"""Pixels between the tops of two lines: each line becomes a separate paragraph."""


def picture(*texts: str, act: str = "") -> bytes:
    """A PNG that encodes one line for each text; the engine performs `act` on it."""
    payload = json.dumps({"texts": texts, "act": act}).encode()
    pixels = np.zeros((max(1, len(texts)) * _STEP, WIDTH, 3), np.uint8)
    coded = _MAGIC + len(payload).to_bytes(4, "big") + payload
    # An engine reads blue-green-red; a file stores red-green-blue.
    pixels.reshape(-1)[: len(coded)] = np.frombuffer(coded, np.uint8)
    buffer = io.BytesIO()
    Image.fromarray(np.ascontiguousarray(pixels[:, :, ::-1])).save(buffer, "PNG")
    return buffer.getvalue()


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
