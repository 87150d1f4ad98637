"""The number of cores that a process may use, with CPU quotas of cgroups."""

import os
from pathlib import Path

import pytest

from pipeline.capacity.cpu import available_cores

ALL = len(os.sched_getaffinity(0))


@pytest.mark.parametrize(
    ("files", "cores"),
    [
        ({}, ALL),
        ({"cpu.max": "100000 100000\n"}, 1),
        ({"cpu.max": "50000 100000\n"}, 1),
        ({"cpu.max": "max 100000\n"}, ALL),
        ({"cpu.max": "6400000 100000\n"}, min(ALL, 64)),
        ({"cpu.max": "nonsense"}, ALL),
        ({"cpu/cpu.cfs_quota_us": "100000\n", "cpu/cpu.cfs_period_us": "100000\n"}, 1),
        ({"cpu/cpu.cfs_quota_us": "-1\n", "cpu/cpu.cfs_period_us": "100000\n"}, ALL),
    ],
)
def test_the_cores_stay_within_the_quota(tmp_path: Path, files: dict[str, str], cores: int) -> None:
    """Given the quota of a container, when the cores are counted, then they stay
    within the quota.
    """
    for name, content in files.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(content, "ascii")
    assert available_cores(tmp_path) == cores
