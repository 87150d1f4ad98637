"""A memory cgroup (version 1 or 2): a limit that the kernel enforces, and the peak use."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

_V1, _V2 = Path("/sys/fs/cgroup/memory"), Path("/sys/fs/cgroup")


@dataclass(frozen=True, slots=True)
class Group:
    """One group; a command that starts with `launcher` runs in it."""

    path: Path
    version: int

    @property
    def launcher(self) -> tuple[str, ...]:
        """The beginning of a command that runs in the group."""
        return ("sh", "-c", f'echo $$ >{self.path}/cgroup.procs; exec "$@"', "sh")

    @property
    def peak_bytes(self) -> int:
        """The peak memory of the group, including its page cache."""
        name = "memory.max_usage_in_bytes" if self.version == 1 else "memory.peak"
        return int((self.path / name).read_text())

    @property
    def anonymous_bytes(self) -> int:
        """The memory that the kernel cannot reclaim now."""
        name = "total_rss" if self.version == 1 else "anon"
        lines = (self.path / "memory.stat").read_text().splitlines()
        return int(dict(line.split() for line in lines)[name])

    @property
    def kills(self) -> int:
        """The number of processes that the kernel killed because of the limit."""
        name = "memory.oom_control" if self.version == 1 else "memory.events"
        lines = (self.path / name).read_text().splitlines()
        return int(dict(line.split() for line in lines)["oom_kill"])


@contextmanager
def limited(megabytes: int) -> Iterator[Group]:
    """A group with that limit; its processes must have ended at the end of the block.

    Raises:
        SystemExit: this machine does not allow it; the message says why.
    """
    root, version = (_V1, 1) if (_V1 / "memory.limit_in_bytes").exists() else (_V2, 2)
    path = root / f"image-translation-{os.getpid()}-{megabytes}"
    try:
        path.mkdir()
        name = "memory.limit_in_bytes" if version == 1 else "memory.max"
        (path / name).write_text(str(megabytes * 1024 * 1024))
    except OSError as error:
        raise SystemExit(f"needs root and the memory controller of cgroups: {error}") from error
    try:
        yield Group(path, version)
    finally:
        path.rmdir()
