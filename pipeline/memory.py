"""How much memory there is, how much is taken, and what a recognition will take."""

import os
from pathlib import Path

import psutil

MEBIBYTE = 1024 * 1024

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


def resident_bytes() -> int:
    """This process and its children (the translator's pipelines count as well)."""
    own = psutil.Process(os.getpid())
    total = own.memory_info().rss
    for child in own.children(recursive=True):
        try:
            total += child.memory_info().rss
        except psutil.NoSuchProcess:
            continue
    return int(total)
