"""How many cores this process may use."""

import math
import os
from pathlib import Path

_CGROUPS = Path("/sys/fs/cgroup")


def available_cores(cgroups: Path = _CGROUPS) -> int:
    """The cores it may be scheduled on, or fewer where the container's quota is smaller."""
    # Not every system can say what a process may be scheduled on.
    affinity = getattr(os, "sched_getaffinity", None)
    cores = len(affinity(0)) if affinity else os.cpu_count() or 1
    quota = _quota(cgroups)
    return cores if quota is None else max(1, min(cores, math.ceil(quota)))


def _quota(cgroups: Path) -> float | None:
    """Cores' worth of time, by version 2 or version 1 of the control groups."""
    try:
        quota, period = (cgroups / "cpu.max").read_text("ascii").split()
    except (OSError, ValueError):
        try:
            quota = (cgroups / "cpu" / "cpu.cfs_quota_us").read_text("ascii")
            period = (cgroups / "cpu" / "cpu.cfs_period_us").read_text("ascii")
        except OSError:
            return None
    try:
        share = int(quota) / int(period)
    except (ValueError, ZeroDivisionError):  # "max": no quota
        return None
    return share if share > 0 else None  # -1: no quota
