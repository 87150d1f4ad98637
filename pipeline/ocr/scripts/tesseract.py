"""Tesseract as a separate process: line pictures in, words with places and confidences out."""

import os
import re
import resource
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Self

import numpy as np
from numpy.typing import NDArray

from pipeline.errors import ConfigurationError, EngineUnavailableError

PROCESS_BYTES = 70_000_000
"""Memory of one process with two languages' data; 57 MB measured."""

_LIMIT_BYTES = 1 << 30
"""Address space of a process; more is a picture or data that makes it misbehave."""

_START_SECONDS, _LINE_SECONDS = 20.0, 4.0
"""Time a process may take: a line takes 0.03 seconds, and the cores may be busy."""

_BATCH = 24
"""Lines a process reads at most, so that a hang costs little and is noticed soon."""

_FAILED = re.compile(r"Failed loading language '(\w+)'")
_WORD_LEVEL = "5"


@dataclass(frozen=True, slots=True)
class Word:
    """A word on a line: its left and right end in pixels; `confidence` is 0 to 1."""

    text: str
    left: int
    right: int
    confidence: float


class Tesseract:
    """Starts Tesseract processes, at most one a core at a time.

    Threading: may be shared.
    """

    def __init__(self, command: str, version: str, data: frozenset[str], *, cores: int) -> None:
        """`data` are the names of the language data that are installed."""
        self.version = version
        self.data = data
        self.cores = cores
        self._command = command
        self._pool = ThreadPoolExecutor(cores, thread_name_prefix="tesseract")

    @classmethod
    def find(cls, *, cores: int, command: str = "tesseract") -> Self | None:
        """The installed Tesseract and its data; None where there is none.

        Raises:
            ConfigurationError: it cannot be started.
        """
        path = shutil.which(command)
        if path is None:
            return None
        version = _run([path, "--version"]).stdout.split("\n", 1)[0].removeprefix("tesseract ")
        listed = _run([path, "--list-langs"]).stdout.splitlines()[1:]
        return cls(path, version, frozenset(filter(None, map(str.strip, listed))), cores=cores)

    def check(self, data: Sequence[str]) -> None:
        """Loads each of `data` once.

        Raises:
            ConfigurationError: one of them is damaged or of another version.
        """
        blank = np.full((48, 96), 255, np.uint8)
        with tempfile.TemporaryDirectory() as folder:
            finished = self._read_files(Path(folder), [blank], data, mode=7)
        if broken := _FAILED.findall(finished.stderr):
            packages = " ".join(f"tesseract-ocr-{name}" for name in sorted(set(broken)))
            raise ConfigurationError(
                f"Tesseract {self.version} cannot load its data {', '.join(sorted(set(broken)))}:"
                f" damaged, or of another version; type: apt-get install --reinstall {packages}"
            )
        if finished.returncode:
            raise ConfigurationError(f"Tesseract does not work: {_last_line(finished.stderr)}")

    def words(
        self, pictures: Sequence[NDArray[np.uint8]], data: Sequence[str], *, mode: int
    ) -> list[list[Word]]:
        """The words of each line (height x width, dark on light), in any order.

        Args:
            pictures: the lines.
            data: names of language data, the main one first.
            mode: the page segmentation mode: 7 looks for the line in the picture, 13 takes the
                picture for the line.

        Raises:
            EngineUnavailableError: a process ended, hung or took too much memory.
        """
        count = max(1, min(self.cores, len(pictures) // 4), -(-len(pictures) // _BATCH))
        batches = [list(pictures[first::count]) for first in range(count)]
        read = self._pool.map(lambda batch: self._batch(batch, data, mode), batches)
        found: list[list[Word]] = [[] for _ in pictures]
        for first, lines in enumerate(read):
            found[first::count] = lines
        return found

    def close(self) -> None:
        """Ends the threads that wait for processes."""
        self._pool.shutdown()

    def _batch(
        self, pictures: list[NDArray[np.uint8]], data: Sequence[str], mode: int
    ) -> list[list[Word]]:
        with tempfile.TemporaryDirectory() as folder:
            try:
                finished = self._read_files(Path(folder), pictures, data, mode=mode)
            except (OSError, subprocess.SubprocessError) as error:
                raise EngineUnavailableError(f"Tesseract failed: {type(error).__name__}") from error
        if finished.returncode:
            # Its messages are of files and memory, and repeat nothing that was read.
            raise EngineUnavailableError(
                f"Tesseract failed with status {finished.returncode}: {_last_line(finished.stderr)}"
            )
        found: list[list[Word]] = [[] for _ in pictures]
        for page, word in parsed(finished.stdout):
            if 0 <= page < len(found):
                found[page].append(word)
        return found

    def _read_files(
        self, folder: Path, pictures: Sequence[NDArray[np.uint8]], data: Sequence[str], *, mode: int
    ) -> "subprocess.CompletedProcess[str]":
        paths = [folder / f"{number}.pgm" for number in range(len(pictures))]
        for path, picture in zip(paths, pictures, strict=True):
            height, width = picture.shape
            path.write_bytes(b"P5 %d %d 255\n" % (width, height) + picture.tobytes())
        listed = folder / "list.txt"
        listed.write_text("\n".join(map(str, paths)) + "\n")
        options = ["-l", "+".join(data), "--psm", str(mode), "--dpi", "300", "tsv"]
        return _run(
            [self._command, str(listed), "stdout", *options],
            timeout=_START_SECONDS + _LINE_SECONDS * len(pictures),
        )


def _run(
    arguments: Sequence[str], timeout: float = _START_SECONDS
) -> "subprocess.CompletedProcess[str]":
    """Runs a command to its end with limits of time and address space; kills it otherwise."""
    environment = {**os.environ, "LC_ALL": "C.UTF-8", "OMP_THREAD_LIMIT": "1"}
    with subprocess.Popen(  # noqa: S603 - the installed Tesseract, our own arguments
        arguments,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=environment,
        encoding="utf-8",
        errors="replace",
    ) as process:
        resource.prlimit(process.pid, resource.RLIMIT_AS, (_LIMIT_BYTES, _LIMIT_BYTES))
        try:
            output, messages = process.communicate(timeout=timeout)
        except BaseException:
            process.kill()
            raise
        return subprocess.CompletedProcess(arguments, process.returncode, output, messages)


def parsed(table: str) -> Iterator[tuple[int, Word]]:
    """The number of the picture, from 0, and each of its words."""
    for row in table.splitlines()[1:]:
        cells = row.split("\t")
        if len(cells) == 12 and cells[0] == _WORD_LEVEL and cells[11].strip():
            try:
                page, left, width = (int(cells[column]) for column in (1, 6, 8))
                confidence = min(1.0, max(0.0, float(cells[10]) / 100))
            except ValueError:
                continue  # no row of Tesseract's
            yield page - 1, Word(cells[11].strip(), left, left + width, confidence)


def _last_line(messages: str) -> str:
    return (messages.strip().splitlines() or ["no message"])[-1][:200]
