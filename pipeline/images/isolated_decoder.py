"""AVIF and HEIC, decoded in a process of their own.

What their decoders take does not follow from the header (the stream inside may be of any
size), and a crash in one would take the service along. The process may take what a picture
of the header's size takes; one that wants more, or dies, is an error of its file.
"""

import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
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
OWN_BYTES = 32 << 20
"""What the process takes beside the picture: interpreter, libraries, stacks of their threads."""

_PROGRAM = Path(__file__).with_name("decoder_process.py")
# Only what a program needs to load: a decoder has no use for credentials. One arena,
# since each takes 64 MiB of addresses.
_ENVIRONMENT = {"MALLOC_ARENA_MAX": "1"} | {
    name: value for name, value in os.environ.items() if name == "LD_LIBRARY_PATH"
}
_STRIP_PIXELS = 1 << 19
_LONGEST_LINE = 4 << 20
# The slowest honest pictures, noise at full quality, take 0.33 s of processor time a megapixel.
_CPU_SECONDS, _CPU_SECONDS_A_MEGAPIXEL = 5, 1.0
# Elapsed for each second of processor time: that a machine is busy is not the picture's fault.
_ELAPSED_PER_CPU_SECOND = 10
# Well within a delivery's deadline: the thread that waits has an OCR slot.
_LONGEST_SECONDS = 300

# Headers are read before anything is admitted: one at a time, or a waiting room full of
# pictures would take a process each.
_one_header = threading.Lock()


@dataclass(frozen=True, slots=True)
class Header:
    """What the container says of its first frame, named as in Pillow's pictures."""

    mode: str
    size: tuple[int, int]
    n_frames: int
    info: dict[str, Any]


def read_header(name: str, content: bytes) -> Header:
    """Reads the container; `info` has "bit_depth" and "exif".

    Raises:
        CorruptImageError: it is damaged, or too much for its decoder.
        TransientError: there was no memory, or no time, for the process.
    """
    allowed = OWN_BYTES + 2 * len(content)
    with _one_header, _started(name, content, allowed) as decoder:
        return decoder.header()


def read_picture(name: str, content: bytes, size: tuple[int, int], allowed: int) -> Image.Image:
    """Decodes the first frame.

    Args:
        name: AVIF or HEIC.
        content: the whole file.
        size: what its header says.
        allowed: bytes the process may take beside what it is loaded with.

    Raises:
        CorruptImageError: it is damaged, or not as its header says, or too much for its decoder.
        TransientError: there was no memory, or no time, for the process.
    """
    width, height = size
    with _started(name, content, allowed, pixels=width * height) as decoder:
        header = decoder.header()
        if header.size != size:
            raise CorruptImageError(f"the {name} unpacks to another size than it says")
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
    """A process at work on a file, and what it answers."""

    name: str
    process: "subprocess.Popen[bytes]"
    output: IO[bytes]

    def header(self) -> Header:
        line = self.output.readline(_LONGEST_LINE)
        if not line.endswith(b"\n"):
            raise self._death()
        told = json.loads(line)
        if "error" in told:
            raise CorruptImageError(f"the {self.name} is damaged: {told['error']}")
        info = {"bit_depth": told["bit_depth"], "exif": bytes.fromhex(told["exif"])}
        return Header(told["mode"], tuple(told["size"]), told["frames"], info)

    def read(self, length: int) -> bytes:
        received = self.output.read(length)
        if len(received) < length:
            raise self._death()
        return received

    def await_ready(self) -> None:
        if not self.output.readline(_LONGEST_LINE) and self.process.wait() > 0:
            raise EngineUnavailableError(
                f"no decoder of {self.name} can be loaded; standard error says why"
            )

    def _death(self) -> ImageTranslationError:
        """What a process that ended early ended of."""
        status = self.process.wait()
        if status == -signal.SIGKILL:
            return OverloadedError(f"a decoder of {self.name} was killed, as if for want of memory")
        if status == -signal.SIGALRM:
            return DeadlineExceededError(f"decoding the {self.name} did not get the time it needs")
        why = signal.Signals(-status).name if status < 0 else f"status {status}"
        if status == -signal.SIGXCPU:
            why = "it takes far longer than its size explains"
        return CorruptImageError(f"the {self.name} ended its decoder: {why}")


@contextmanager
def _started(name: str, content: bytes, allowed: int, *, pixels: int = 0) -> Iterator[_Decoder]:
    cpu_seconds = ceil(_CPU_SECONDS + _CPU_SECONDS_A_MEGAPIXEL * pixels / 1e6)
    task = {
        "format": name,
        "length": len(content),
        "pixels": pixels > 0,
        "allowed": allowed,
        "cpu_seconds": cpu_seconds,
        "seconds": min(cpu_seconds * _ELAPSED_PER_CPU_SECOND, _LONGEST_SECONDS),
        "path": sys.path,
    }
    try:
        process = subprocess.Popen(  # noqa: S603 - our own program
            [sys.executable, "-I", "-S", "-B", str(_PROGRAM), json.dumps(task)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env=_ENVIRONMENT,
            start_new_session=True,  # Ctrl-C is for whoever waits for it
        )
    except OSError as error:
        raise OverloadedError(f"no decoder can be started: {error}") from error
    with process:
        assert process.stdin is not None
        assert process.stdout is not None
        try:
            with suppress(BrokenPipeError), process.stdin as stdin:
                stdin.write(content)
            decoder = _Decoder(name, process, process.stdout)
            decoder.await_ready()
            yield decoder
        finally:
            process.kill()
