"""The true text of images: text files, and boxes in the forms of SROIE and ICDAR."""

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Protocol

from pipeline.errors import UsageError
from pipeline.operations.evaluation.metrics import Outline
from pipeline.operations.evaluation.scores import Reading, TextLine

_SUFFIXES = (".csv", ".txt")
_NUMBER = r"\s*-?\d+(?:\.\d+)?\s*"
_QUADRILATERAL = re.compile(rf"({_NUMBER}(?:,{_NUMBER}){{7}}),(.*)", re.DOTALL)
"""ICDAR 2015 and SROIE: x1,y1,...,x4,y4,text."""
_RECTANGLE = re.compile(rf'({_NUMBER}(?:,{_NUMBER}){{3}}),\s*"(.*)"\s*', re.DOTALL)
"""ICDAR 2013: left, top, right, bottom, "text"."""
_SCRIPT = re.compile(
    r"(?:Arabic|Bangla|Chinese|Hindi|Japanese|Korean|Latin|Mixed|None|Symbols),(.*)", re.DOTALL
)
"""ICDAR MLT names the script before the text."""
_IGNORED = "###"


class Truths(Protocol):
    """The truth of a set of images."""

    def find(self, name: str) -> Reading | None:
        """The truth of the object called `name`, or None.

        Raises:
            UsageError: there is one, and it cannot be read.
        """
        ...

    def unused(self) -> list[str]:
        """The images that nothing was found for so far."""
        ...


@dataclass(frozen=True, slots=True)
class TruthFolder:
    """A file for each image: `menu.txt` or `menu.jpg.txt` or `gt_menu.txt` for `menu.jpg`."""

    _files: dict[str, Path]
    _used: set[str]

    @classmethod
    def scan(cls, folder: Path) -> "TruthFolder":
        """Lists the folder.

        Raises:
            UsageError: it has no truth, or two for one image.
        """
        files: dict[str, Path] = {}
        for file in _truth_files(folder):
            key = file.relative_to(folder).with_suffix("").as_posix()
            if key in files:
                raise UsageError(f"{files[key]} and {file} are both the truth of {key}: keep one")
            files[key] = file
        if not files:
            raise UsageError(
                f"{folder} has no truth: put NAME.txt or NAME.csv there for each image"
            )
        return cls(files, set())

    def find(self, name: str) -> Reading | None:
        """See `Truths.find`."""
        path = PurePosixPath(name)
        stem = path.with_suffix("")
        for candidate in (path, stem, stem.with_name(f"gt_{stem.name}"), path.name, stem.name):
            key = str(candidate)
            if key in self._files:
                self._used.add(key)
                return read_truth(self._files[key])
        return None

    def unused(self) -> list[str]:
        """See `Truths.unused`."""
        return sorted(self._files.keys() - self._used)


def read_truth(file: Path) -> Reading:
    """One file's truth.

    Raises:
        UsageError: it cannot be read, or a line of a csv is not of the form.
    """
    try:
        text = _decoded(file.read_bytes())
    except OSError as error:
        raise UsageError(f"cannot read {file}: {error.strerror}") from error
    rows = [row for row in re.split(r"\r\n|\n|\r", text) if row.strip()]
    for form in (_QUADRILATERAL, _RECTANGLE):
        matches = [form.fullmatch(row) for row in rows]
        if rows and all(matches):
            return Reading(tuple(_boxed(match[1], match[2]) for match in matches if match))
    if rows and file.suffix == ".csv":
        number, row = next(
            (at, row) for at, row in enumerate(rows, 1) if not _QUADRILATERAL.fullmatch(row)
        )
        raise UsageError(f"{file}, line {number}: {row[:60]!r} is not x1,y1,x2,y2,x3,y3,x4,y4,TEXT")
    return _plain(text)


def _truth_files(folder: Path) -> Iterator[Path]:
    for parent, folders, names in os.walk(folder):
        folders.sort()
        for name in sorted(names):
            if Path(name).suffix in _SUFFIXES and not name.startswith("."):
                yield Path(parent, name)


def _decoded(content: bytes) -> str:
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        return content.decode("utf-16", "replace")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        # Windows-1252 is Latin-1 with letters in place of the C1 controls.
        return content.decode("cp1252", "replace")


def _boxed(numbers: str, text: str) -> TextLine:
    values = [float(number) for number in numbers.split(",")]
    if len(values) == 4:
        left, top, right, bottom = values
        values = [left, top, right, top, right, bottom, left, bottom]
    outline: Outline = tuple(zip(values[::2], values[1::2], strict=True))
    script = _SCRIPT.fullmatch(text)
    text = script[1] if script else text
    return TextLine(text, outline, ignored=text.strip() == _IGNORED)


def _plain(text: str) -> Reading:
    """Paragraphs stand apart by empty lines; without any, only the lines are known."""
    lines = tuple(TextLine(line.strip()) for line in text.splitlines() if line.strip())
    paragraphs = tuple(
        " ".join(block.split()) for block in re.split(r"\n\s*\n", text) if block.strip()
    )
    return Reading(lines, paragraphs if len(paragraphs) > 1 else ())
