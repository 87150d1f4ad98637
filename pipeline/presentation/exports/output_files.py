"""Files that appear under their name only when they are complete."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from pipeline.errors import UsageError


def check_target(path: Path, *, force: bool) -> None:
    """Checks that nothing is overwritten: no file at `path`, nor a folder with files.

    Raises:
        UsageError: something is there, and `force` is not set.
    """
    if not force and path.exists() and not (path.is_dir() and not any(path.iterdir())):
        raise UsageError(f"{path} exists: name another --out, or type --force to overwrite it")


@contextmanager
def complete_file(path: Path, *, force: bool) -> Iterator[IO[bytes]]:
    """A file to write to; it takes its name when the block ends, and is removed on any error.

    Raises:
        UsageError: `path` exists and `force` is not set, or the disk does not take it.
    """
    unfinished: Path | None = None
    try:
        if path.is_dir():
            raise UsageError(f"{path} is a folder: name a file")
        check_target(path, force=force)
        path.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=path.parent, prefix=".", delete=False) as file:
            unfinished = Path(file.name)
            yield file
        unfinished.chmod(0o644)
        unfinished.replace(path)
    except OSError as error:
        raise UsageError(f"cannot write {path}: {error.strerror}; no part of it is left") from error
    finally:
        if unfinished:
            unfinished.unlink(missing_ok=True)
