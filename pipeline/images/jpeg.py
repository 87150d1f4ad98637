"""Pixels -> the bytes of a JPEG."""

from io import BytesIO

from PIL import Image

from pipeline.models import Pixels

QUALITY = 90


def encode_jpeg(pixels: Pixels, *, quality: int = QUALITY) -> bytes:
    """Blue-green-red pixels as a JPEG; takes one more copy of the pixels while it works."""
    stream = BytesIO()
    Image.fromarray(pixels[:, :, ::-1]).save(stream, "JPEG", quality=quality)
    return stream.getvalue()
