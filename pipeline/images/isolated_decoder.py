"""Decodes AVIF and HEIC in a child process with limits of memory and time.

The header does not bound the memory of these decoders, since the stream inside may have any
size, and a crash would end the service. The child may use the memory that a picture of the
header's size needs; if it needs more, or crashes, the file is corrupt.
"""

import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from math import ceil
from pathlib import Path
from typing import IO, Any

from PIL import Image

from pipeline.errors import (
    CorruptImageError,
    DeadlineExceededError,
    EngineUnavailableError,
    ImageTranslationError,
    OverloadedError,
)

FORMATS = frozenset({"AVIF", "HEIC"})
PROCESS_BYTES = 32 << 20
"""Memory of the process without the picture: interpreter, libraries, stacks of their threads."""

_PROGRAM = Path(__file__).with_name("decoder_process.py")
_ROOT = str(Path(__file__).parents[2])
# Only the variables that the dynamic loader needs: the decoder must not see credentials.
# One malloc arena, since each reserves 64 MiB of addresses.
_ENVIRONMENT = {"MALLOC_ARENA_MAX": "1"} | {
    name: value for name, value in os.environ.items() if name == "LD_LIBRARY_PATH"
}
_STRIP_PIXELS = 1 << 19
MAX_LINE_BYTES = 4 << 20
"""The longest line of an answer."""
# The slowest valid pictures (noise at full quality) take 0.33 s of processor time a megapixel.
_CPU_SECONDS, _CPU_SECONDS_A_MEGAPIXEL = 5, 1.0
# Wall-clock seconds allowed for each second of processor time, since the machine may be busy.
_ELAPSED_PER_CPU_SECOND = 10
# Much shorter than a delivery's deadline: the waiting thread holds an OCR slot.
_MAX_ELAPSED_SECONDS = 300

# Headers are read before admission. Without the lock, every waiting delivery could start a
# process at the same time.
_header_lock = threading.Lock()


@dataclass(frozen=True, slots=True)
class Header:
    """The container's description of its first frame, with the attribute names of Pillow."""

    mode: str
    size: tuple[int, int]
    n_frames: int
    info: dict[str, Any]


def read_header(name: str, content: bytes) -> Header:
    """Reads the container; `info` has "bit_depth" and "exif".

    Raises:
        CorruptImageError: the file is damaged, or its decoder exceeded a limit or crashed.
        TransientError: the process lacked memory or time.
    """
    memory_bytes = PROCESS_BYTES + 2 * len(content)
    with _header_lock, _started(name, content, memory_bytes) as decoder:
        return decoder.header()


def read_picture(
    name: str, content: bytes, size: tuple[int, int], memory_bytes: int
) -> Image.Image:
    """Decodes the first frame.

    Args:
        name: AVIF or HEIC.
        content: the whole file.
        size: width and height from its header.
        memory_bytes: the process may use these beyond its memory after the start.

    Raises:
        CorruptImageError: the file is damaged, has another size than its header says, or its
            decoder exceeded a limit or crashed.
        TransientError: the process lacked memory or time.
    """
    width, height = size
    with _started(name, content, memory_bytes, pixels=width * height) as decoder:
        header = decoder.header()
        if header.size != size:
            raise CorruptImageError(f"the {name} decodes to another size than its header says")
        picture = Image.new(header.mode, size)
        row_bytes = len(picture.crop((0, 0, width, 1)).tobytes())
        step = max(1, _STRIP_PIXELS // width)
        for top in range(0, height, step):
            rows = min(step, height - top)
            strip = decoder.read(rows * row_bytes)
            picture.paste(Image.frombytes(header.mode, (width, rows), strip), (0, top))
    return picture


@dataclass(frozen=True, slots=True)
class _Decoder:
    """A running decoder process and the stream of its answers."""

    name: str
    process: "subprocess.Popen[bytes]"
    output: IO[bytes]

    def header(self) -> Header:
        line = self.output.readline(MAX_LINE_BYTES)
        if not line.endswith(b"\n"):
            raise exit_error(self.name, self.process)
        reply = json.loads(line)
        if "error" in reply:
            raise CorruptImageError(f"the {self.name} is damaged: {reply['error']}")
        info = {"bit_depth": reply["bit_depth"], "exif": bytes.fromhex(reply["exif"])}
        return Header(reply["mode"], tuple(reply["size"]), reply["frames"], info)

    def read(self, length: int) -> bytes:
        received = self.output.read(length)
        if len(received) < length:
            raise exit_error(self.name, self.process)
        return received


@contextmanager
def _started(
    name: str, content: bytes, memory_bytes: int, *, pixels: int = 0
) -> Iterator[_Decoder]:
    cpu_seconds = ceil(_CPU_SECONDS + _CPU_SECONDS_A_MEGAPIXEL * pixels / 1e6)
    task = {
        "format": name,
        "length": len(content),
        "pixels": pixels > 0,
        "memory_bytes": memory_bytes,
        "cpu_seconds": cpu_seconds,
        "seconds": elapsed_seconds(cpu_seconds),
    }
    process = start([str(_PROGRAM)], task)
    with process:
        assert process.stdin is not None
        assert process.stdout is not None
        try:
            with suppress(BrokenPipeError), process.stdin as stdin:
                stdin.write(content)
            decoder = _Decoder(name, process, process.stdout)
            await_ready(name, process)
            yield decoder
        finally:
            process.kill()


def start(program: list[str], task: Mapping[str, Any]) -> "subprocess.Popen[bytes]":
    """Starts a decoder process with pipes to its standard input and from its standard output.

    Args:
        program: Python's arguments that name the program.
        task: given to the program as JSON, with the parent's `sys.path` as `path`.

    Raises:
        OverloadedError: the system starts no process.
    """
    argument = json.dumps({**task, "path": [_ROOT, *sys.path]})
    try:
        return subprocess.Popen(  # noqa: S603 - our own program
            [sys.executable, "-I", "-S", "-B", *program, argument],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env=_ENVIRONMENT,
            start_new_session=True,  # Ctrl-C must reach only the parent
        )
    except OSError as error:
        raise OverloadedError(f"no decoder can be started: {error}") from error


def await_ready(name: str, process: "subprocess.Popen[bytes]") -> None:
    """Waits until the process has loaded its library and read the file.

    Raises:
        EngineUnavailableError: the library cannot be loaded.
    """
    assert process.stdout is not None
    if not process.stdout.readline(MAX_LINE_BYTES) and process.wait() > 0:
        raise EngineUnavailableError(f"no decoder of {name} can be loaded; standard error says why")


def exit_error(name: str, process: "subprocess.Popen[bytes]") -> ImageTranslationError:
    """The error for a process that ended too early, by its exit status."""
    status = process.wait()
    if status == -signal.SIGKILL:
        return OverloadedError(f"a decoder of {name} was killed, probably because memory ran out")
    if status == -signal.SIGALRM:
        return DeadlineExceededError(f"decoding the {name} did not get the time it needs")
    why = signal.Signals(-status).name if status < 0 else f"status {status}"
    if status == -signal.SIGXCPU:
        why = "it takes far longer than its size explains"
    return CorruptImageError(f"the {name} ended its decoder: {why}")


def elapsed_seconds(cpu_seconds: int) -> int:
    """The wall-clock seconds allowed for work that may take these seconds of processor time."""
    return min(cpu_seconds * _ELAPSED_PER_CPU_SECOND, _MAX_ELAPSED_SECONDS)
