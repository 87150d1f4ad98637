"""Which files a person means when naming files and folders."""

import os
from collections.abc import Sequence
from pathlib import Path

from pipeline.errors import UsageError

PICTURES = frozenset(
    [".avif", ".bmp", ".gif", ".heic", ".heif", ".jpeg", ".jpg", ".png", ".tif", ".tiff", ".webp"]
)
"""Suffixes looked for in folders; a file named outright is taken whatever its suffix."""


def pictures_in(paths: Sequence[Path]) -> list[tuple[Path, str]]:
    """Files to upload and the object name of each: folders keep their inner paths.

    Raises:
        UsageError: a path does not exist, nothing was found, or two share a name.
    """
    found: dict[str, Path] = {}
    for given in paths:
        # A link is its target: a store never follows one out of its folder.
        path = given.resolve()
        if not path.exists():
            raise UsageError(f"{given} does not exist")
        inside = [path] if path.is_file() else sorted(filter(_is_picture, path.rglob("*")))
        for file in inside:
            name = as_unicode(file.name if path.is_file() else file.relative_to(path).as_posix())
            if name in found:
                raise UsageError(
                    f"{found[name]} and {file} would both become {name}: do them one by one"
                )
            found[name] = file
    if not found:
        raise UsageError(f"no pictures in {', '.join(map(str, paths))}")
    return [(file, name) for name, file in found.items()]


def as_unicode(name: str) -> str:
    """A file's name may be any bytes; an object's is Unicode, with what is none written out."""
    return os.fsencode(name).decode("utf-8", "backslashreplace")


def _is_picture(path: Path) -> bool:
    return (
        path.is_file()
        and not path.is_symlink()
        and path.suffix.lower() in PICTURES
        and not path.name.startswith(".")
    )
