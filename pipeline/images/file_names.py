"""Which files are images by their suffix, and how a file name becomes an object name."""

import os
from pathlib import Path

IMAGE_SUFFIXES = frozenset(
    [".avif", ".bmp", ".gif", ".heic", ".heif", ".jpeg", ".jpg", ".png", ".tif", ".tiff", ".webp"]
)
"""Suffixes of image files in folders; a file that is named itself may have any suffix."""


def has_image_name(path: Path) -> bool:
    """Whether the file's name is that of an image; hidden files are none."""
    return path.suffix.lower() in IMAGE_SUFFIXES and not path.name.startswith(".")


def as_unicode(name: str) -> str:
    """A file name as Unicode; bytes that are not UTF-8 are written as backslash escapes."""
    return os.fsencode(name).decode("utf-8", "backslashreplace")
