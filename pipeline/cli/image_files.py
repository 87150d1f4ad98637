"""Finds the image files in the files and folders that a person names."""

from collections.abc import Sequence
from pathlib import Path

from pipeline.errors import UsageError
from pipeline.images.file_names import as_unicode, has_image_name


def find_image_files(paths: Sequence[Path]) -> list[tuple[Path, str]]:
    """Pairs of a file and its object name; a file in a folder is named by its path there.

    Raises:
        UsageError: a path does not exist, there is no image, or two have the same name.
    """
    found: dict[str, Path] = {}
    for given in paths:
        # Resolved here, because the directory store refuses links that leave the folder.
        path = given.resolve()
        if not path.exists():
            raise UsageError(f"{given} does not exist")
        inside = [path] if path.is_file() else sorted(filter(_is_image, path.rglob("*")))
        for file in inside:
            name = as_unicode(file.name if path.is_file() else file.relative_to(path).as_posix())
            if name in found:
                raise UsageError(
                    f"{found[name]} and {file} would both become {name}: name one at a time"
                )
            found[name] = file
    if not found:
        raise UsageError(f"there are no image files in {', '.join(map(str, paths))}")
    return [(file, name) for name, file in found.items()]


def _is_image(path: Path) -> bool:
    return has_image_name(path) and path.is_file() and not path.is_symlink()
