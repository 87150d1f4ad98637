"""How much memory there is, how much is taken, and what a recognition will take."""

import ctypes
import os
from contextlib import suppress
from functools import cache
from pathlib import Path

import psutil

MEBIBYTE = 1024 * 1024

_PAGE_BYTES = os.sysconf("SC_PAGE_SIZE")

_LEAST_HEADROOM, _MOST_HEADROOM = 64 * MEBIBYTE, 320 * MEBIBYTE

# M_MMAP_THRESHOLD, M_TRIM_THRESHOLD and M_ARENA_MAX of malloc.h.
_MALLOC_OPTIONS = {-3: 16 * MEBIBYTE, -1: 16 * MEBIBYTE, -8: 2}

_LIBRARY = ctypes.CDLL(None)
"""The C library, as loaded; what is glibc's own is missing in others."""

_CGROUP_LIMITS = (
    Path("/sys/fs/cgroup/memory.max"),
    Path("/sys/fs/cgroup/memory/memory.limit_in_bytes"),
)
_OWN_CGROUP = Path("/proc/self/cgroup")


def limit_bytes(limit_mb: int | None = None) -> int:
    """`limit_mb` where given, else the cgroup's limit (version 2 or 1), else the machine's."""
    if limit_mb:
        return limit_mb * MEBIBYTE
    machine = int(psutil.virtual_memory().total)
    return min([machine, *_cgroup_limits()])


def _cgroup_limits() -> list[int]:
    limits = []
    for path in (*_own_cgroup_files(), *_CGROUP_LIMITS):
        try:
            told = path.read_text().strip()
        except OSError:
            continue
        # "max" (version 2) and 2**63 less a page (version 1) both mean none.
        if told.isdigit():
            limits.append(int(told))
    return limits


def _own_cgroup_files() -> list[Path]:
    """The limit files of the group this process is in, where it is not the mount's root."""
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
    """What a process (by default this) and its children hold and the kernel cannot take back.

    Without pages of files (libraries, 130 MB of them): under pressure those are dropped
    and read again. The translator's pipelines are children and count as well.
    """
    total = _held_bytes(pid) if pid else _held(os.pread(_statm(os.getpid()), 128, 0))
    if pid or _has_children():
        for child in psutil.Process(pid).children(recursive=True):
            with suppress(OSError):
                if pid or not _is_about_to_start(child.pid):
                    total += _held_bytes(child.pid)
    return total


def _is_about_to_start(child: int) -> bool:
    """Whether it still runs our own program: until it runs another, its memory is ours."""
    return Path(f"/proc/{child}/cmdline").read_bytes() == Path("/proc/self/cmdline").read_bytes()


def _held_bytes(pid: int) -> int:
    """Resident less shared pages, of one process; proc(5), statm.

    Raises:
        OSError: it has ended.
    """
    return _held(Path(f"/proc/{pid}/statm").read_bytes())


def _held(statm: bytes) -> int:
    _, resident, shared, *_ = map(int, statm.split())
    return (resident - shared) * _PAGE_BYTES


@cache
def _statm(pid: int) -> int:
    """A file that stays open: it is read four times a picture, and opening it costs the most."""
    return os.open(f"/proc/{pid}/statm", os.O_RDONLY)


def _has_children() -> bool:
    """Whether this process has any, whichever of its threads started them.

    To find them psutil reads of every process of the machine, some four times a picture.
    """
    try:
        os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOHANG | os.WNOWAIT)
    except ChildProcessError:
        return False
    return True


def headroom_bytes(limit: int) -> int:
    """What is never planned with: other threads' odds and ends, a translator's first start."""
    return min(_MOST_HEADROOM, max(_LEAST_HEADROOM, limit // 3))


def spare_bytes(limit: int) -> int:
    """What may still be taken now; negative where the headroom is used already."""
    return limit - headroom_bytes(limit) - resident_bytes()


def keep_heap_small() -> None:
    """Has glibc give large blocks back to the system as soon as they are freed.

    By default it learns to keep blocks of up to 32 MB, for each thread; this costs a tenth
    more time in the kernel and nothing else (docs/decisions.md). Without effect where there
    is no glibc.
    """
    with suppress(AttributeError):
        for option, value in _MALLOC_OPTIONS.items():
            _LIBRARY.mallopt(option, value)


def trim_heap() -> None:
    """Has glibc return what was freed; worth its milliseconds after each recognition."""
    with suppress(AttributeError):
        _LIBRARY.malloc_trim(0)


def state(limit: int) -> dict[str, int]:
    """What a log line says of memory, in MiB; `limit` in bytes."""
    return {"memory_mb": resident_bytes() // MEBIBYTE, "memory_limit_mb": limit // MEBIBYTE}
