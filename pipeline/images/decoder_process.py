"""The child process that decodes one AVIF or HEIC under limits of memory and time.

`pipeline.images.isolated_decoder` starts it and never imports it. The first argument is the task
as JSON; standard input is the file. It answers with lines of JSON: "ready", then
`{"error": reason}` or the header. If the task asks for pixels, they follow, top row first.
"""

import ctypes
import json
import os
import resource
import signal
import sys
import time
from contextlib import suppress
from io import BytesIO
from math import ceil
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from PIL.ImageFile import ImageFile

_THREADS = 4
_STACK_BYTES = 1 << 20
_STRIP_PIXELS = 1 << 19
_MAX_EXIF_BYTES = 1 << 20
_MAX_REASON_CHARACTERS = 200


def main(task: dict[str, Any]) -> None:
    """Answers on standard output; past a limit it ends by SIGXCPU, SIGALRM or `{"error": why}`."""
    limit_time(task["cpu_seconds"], task["seconds"])
    _shrink_stacks()
    sys.path += task["path"]
    picture_class = _picture_class(task["format"])
    content = sys.stdin.buffer.read(task["length"])
    answer("ready")
    limit_memory(address_space_bytes() + task["memory_bytes"])
    try:
        picture = picture_class(BytesIO(content))
        if task["pixels"]:
            del content
            picture.load()
        exif = picture.info.get("exif") or b""
        header = {
            "mode": picture.mode,
            "size": picture.size,
            "frames": getattr(picture, "n_frames", 1),
            "bit_depth": picture.info.get("bit_depth", 8),
            "exif": exif.hex() if len(exif) <= _MAX_EXIF_BYTES else "",
        }
    except MemoryError:
        answer({"error": "it takes more memory than a picture of its size"})
    except Exception as error:  # noqa: BLE001 - decoders raise anything
        # libheif ends its messages with newlines, and some exceptions have no message.
        answer(
            {"error": " ".join(str(error).split())[:_MAX_REASON_CHARACTERS] or type(error).__name__}
        )
    else:
        answer(header)
        if task["pixels"]:
            _write(picture)
            sys.stdout.flush()


def limit_time(cpu_seconds: int, seconds: int) -> None:
    """Ends this process by SIGXCPU or SIGALRM unless the limits are set anew before."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    spent = ceil(time.process_time())
    resource.setrlimit(resource.RLIMIT_CPU, (spent + cpu_seconds, resource.RLIM_INFINITY))
    signal.alarm(seconds)


def _picture_class(name: str) -> "type[ImageFile]":
    """Pillow's class for the format; closes standard error once the libraries are loaded.

    The libraries print complaints about files there. Before that, it must stay open for the
    traceback of a failed import.
    """
    picture_class: type[ImageFile]
    threads = min(_THREADS, len(os.sched_getaffinity(0)))
    if name == "AVIF":
        from PIL import AvifImagePlugin  # noqa: PLC0415 - loads only one format's library

        AvifImagePlugin.DEFAULT_MAX_THREADS = threads
        picture_class = AvifImagePlugin.AvifImageFile
    else:
        from pillow_heif import HeifImageFile, options  # noqa: PLC0415 - as above

        options.DECODE_THREADS = threads
        picture_class = HeifImageFile
    os.dup2(os.open(os.devnull, os.O_WRONLY), 2)
    return picture_class


def _shrink_stacks() -> None:
    """Gives new threads stacks of 1 MiB, because RLIMIT_AS counts the usual 8 MiB in full.

    libheif starts a thread for each tile it decodes, and its decoder starts more. Without
    effect where the C library is not glibc.
    """
    with suppress(OSError, AttributeError):
        library, attributes = ctypes.CDLL(None), ctypes.create_string_buffer(256)
        library.pthread_attr_init(attributes)
        library.pthread_attr_setstacksize(attributes, ctypes.c_size_t(_STACK_BYTES))
        library.pthread_setattr_default_np(attributes)


def address_space_bytes() -> int:
    """The present size of the address space."""
    return int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()


def limit_memory(address_space: int) -> None:
    """Limits the bytes of the address space; the limit may be raised again."""
    resource.setrlimit(resource.RLIMIT_AS, (address_space, resource.RLIM_INFINITY))


def answer(line: object) -> None:
    """Writes one line of JSON to standard output."""
    sys.stdout.buffer.write(json.dumps(line).encode() + b"\n")
    sys.stdout.flush()


def _write(picture: "ImageFile") -> None:
    width, height = picture.size
    rows = max(1, _STRIP_PIXELS // width)
    for top in range(0, height, rows):
        strip = picture.crop((0, top, width, min(top + rows, height)))
        sys.stdout.buffer.write(strip.tobytes())


if __name__ == "__main__":
    main(json.loads(sys.argv[1]))
