"""Memory of this process: the limit, the resident bytes, the spare bytes, malloc's settings."""

import ctypes
import os
from contextlib import suppress
from functools import cache
from pathlib import Path

import psutil

MEBIBYTE = 1024 * 1024

_PAGE_BYTES = os.sysconf("SC_PAGE_SIZE")

_MIN_HEADROOM, _MAX_HEADROOM = 64 * MEBIBYTE, 320 * MEBIBYTE

# M_MMAP_THRESHOLD, M_TRIM_THRESHOLD and M_ARENA_MAX of malloc.h.
_MALLOC_OPTIONS = {-3: 16 * MEBIBYTE, -1: 16 * MEBIBYTE, -8: 2}

_LIBRARY = ctypes.CDLL(None)
"""The loaded C library; mallopt and malloc_trim exist only in glibc."""

_CGROUP_LIMITS = (
    Path("/sys/fs/cgroup/memory.max"),
    Path("/sys/fs/cgroup/memory/memory.limit_in_bytes"),
)
_OWN_CGROUP = Path("/proc/self/cgroup")


def limit_bytes(limit_mb: int | None = None) -> int:
    """`limit_mb` if given, else the smaller of the cgroup's (version 2 or 1) and the machine's."""
    if limit_mb:
        return limit_mb * MEBIBYTE
    machine = int(psutil.virtual_memory().total)
    return min([machine, *_cgroup_limits()])


def _cgroup_limits() -> list[int]:
    limits = []
    for path in (*_own_cgroup_files(), *_CGROUP_LIMITS):
        try:
            raw = path.read_text().strip()
        except OSError:
            continue
        # Without a limit version 2 has "max", and version 1 a number larger than any machine.
        if raw.isdigit():
            limits.append(int(raw))
    return limits


def _own_cgroup_files() -> list[Path]:
    """The limit files of this process's own cgroup, which need not be the mounted root."""
    try:
        lines = _OWN_CGROUP.read_text().splitlines()
    except OSError:
        return []
    files = []
    for line in lines:
        _, controllers, path = line.split(":", 2)
        if controllers == "":
            files.append(Path("/sys/fs/cgroup", path.lstrip("/"), "memory.max"))
        elif "memory" in controllers.split(","):
            group = Path("/sys/fs/cgroup/memory", path.lstrip("/"))
            files.append(group / "memory.limit_in_bytes")
    return files


def resident_bytes(pid: int | None = None) -> int:
    """Resident memory of a process (by default this one) and its children, without file pages.

    File pages (130 MB of libraries) are excluded, because under pressure the kernel drops
    them and reads them again. Children are the translator's pipelines and the decoders.
    """
    total = _held_bytes(pid) if pid else _held(os.pread(_statm(os.getpid()), 128, 0))
    if pid or _has_children():
        for child in psutil.Process(pid).children(recursive=True):
            with suppress(OSError):
                if pid or not _is_about_to_start(child.pid):
                    total += _held_bytes(child.pid)
    return total


def _is_about_to_start(child: int) -> bool:
    """Whether a child was forked but has not called exec: it still shares this memory."""
    return Path(f"/proc/{child}/cmdline").read_bytes() == Path("/proc/self/cmdline").read_bytes()


def _held_bytes(pid: int) -> int:
    """Resident minus shared pages of one process; proc(5), statm.

    Raises:
        OSError: the process has ended.
    """
    return _held(Path(f"/proc/{pid}/statm").read_bytes())


def _held(statm: bytes) -> int:
    _, resident, shared, *_ = map(int, statm.split())
    return (resident - shared) * _PAGE_BYTES


@cache
def _statm(pid: int) -> int:
    """The open file of statm; it is read four times per image, and opening it is slow."""
    return os.open(f"/proc/{pid}/statm", os.O_RDONLY)


def _has_children() -> bool:
    """Whether this process has children, started by any of its threads.

    The system call is cheap. psutil would read the files of every process, four times per image.
    """
    try:
        os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOHANG | os.WNOWAIT)
    except ChildProcessError:
        return False
    return True


def headroom_bytes(limit: int) -> int:
    """Reserve for allocations outside recognition and a translator's first start."""
    return min(_MAX_HEADROOM, max(_MIN_HEADROOM, limit // 8))


def spare_bytes(limit: int) -> int:
    """Bytes that recognitions may still take; negative if the headroom is in use."""
    return limit - headroom_bytes(limit) - resident_bytes()


def keep_heap_small() -> None:
    """Makes glibc return large blocks to the system as soon as they are freed.

    By default each thread keeps freed blocks of up to 32 MB. Returning them costs a tenth
    more kernel time (docs/decisions.md). Without glibc this does nothing.
    """
    with suppress(AttributeError):
        for option, value in _MALLOC_OPTIONS.items():
            _LIBRARY.mallopt(option, value)


def trim_heap() -> None:
    """Makes glibc return freed memory; takes milliseconds, so call it once per recognition."""
    with suppress(AttributeError):
        _LIBRARY.malloc_trim(0)


def state(limit: int) -> dict[str, int]:
    """The fields of a log line that describe memory, in MiB; `limit` in bytes."""
    return {"memory_mb": resident_bytes() // MEBIBYTE, "memory_limit_mb": limit // MEBIBYTE}
