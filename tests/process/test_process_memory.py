"""The memory of this process and its children: limits, measurements and headroom."""

import os
import signal
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from pipeline.capacity import process_memory
from pipeline.capacity.process_memory import MEBIBYTE


@pytest.fixture(autouse=True)
def trimmed_heap() -> None:
    """Returns what earlier tests freed, or new arrays would reuse memory that counts already."""
    process_memory.keep_heap_small()
    process_memory.trim_heap()


def test_the_limit_setting_has_priority() -> None:
    """Given MEMORY_LIMIT_MB, when the limit is read, then it is that value; without it, at most the
    machine's memory.
    """
    assert process_memory.limit_bytes(512) == 512 * MEBIBYTE
    assert 0 < process_memory.limit_bytes() <= process_memory.limit_bytes(1 << 30)


_GROW_AND_SHRINK = """
import numpy as np
from pipeline.capacity import process_memory
process_memory.keep_heap_small()
sizes = [process_memory.resident_bytes()]
held = np.ones(64 * process_memory.MEBIBYTE, np.uint8)
sizes.append(process_memory.resident_bytes())
del held
print(*sizes, process_memory.resident_bytes())
"""


def test_memory_counts_until_it_is_freed() -> None:
    """Given 64 MiB of pixels in a new process, when they are freed, then resident memory shrinks
    again. In this process the heap may have room that earlier tests left.
    """
    printed = subprocess.run(
        [sys.executable, "-c", _GROW_AND_SHRINK], check=True, capture_output=True, text=True
    ).stdout
    before, during, after = map(int, printed.split())
    assert during - before > 60 * MEBIBYTE
    assert after < during - 60 * MEBIBYTE


def test_memory_shared_with_a_fork_counts_once() -> None:
    """Given a fork that shares 64 MiB with its parent, when memory is measured, then
    they count once.
    """
    held = np.ones(64 * MEBIBYTE, np.uint8)
    before = process_memory.resident_bytes()
    child = os.fork()
    if child == 0:
        signal.pause()
    during = process_memory.resident_bytes()
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    assert during - before < held.nbytes // 2


def test_a_forked_process_measures_itself() -> None:
    """Given a fork of a process that was measured, when the child allocates 64 MiB,
    then they count.
    """
    process_memory.resident_bytes()
    child = os.fork()
    if child == 0:
        before = process_memory.resident_bytes()
        held = np.ones(64 * MEBIBYTE, np.uint8)
        os._exit(process_memory.resident_bytes() - before < held.nbytes // 2)
    assert os.waitpid(child, 0)[1] == 0


def test_memory_of_children_of_any_thread_counts() -> None:
    """Given a child with 64 MiB that another thread started, when it runs, then they
    count until it ends.
    """
    program = "held = b'x' * 2**26; print('ready', flush=True); input()"

    def start() -> subprocess.Popen[bytes]:
        return subprocess.Popen(
            [sys.executable, "-c", program], stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )

    before = process_memory.resident_bytes()
    with ThreadPoolExecutor(1) as pool, pool.submit(start).result() as child:
        assert child.stdout is not None
        assert child.stdout.readline() == b"ready\n"
        during = process_memory.resident_bytes()
        child.communicate(b"\n")
    assert during - before > 60 * MEBIBYTE
    assert process_memory.resident_bytes() < during - 60 * MEBIBYTE


def test_headroom_is_a_share_within_bounds() -> None:
    """Given small and large limits, when the headroom is computed, then it is 64 to 320 MiB."""
    assert process_memory.headroom_bytes(128 * MEBIBYTE) == 64 * MEBIBYTE
    assert process_memory.headroom_bytes(768 * MEBIBYTE) == 96 * MEBIBYTE
    assert process_memory.headroom_bytes(32 * 1024 * MEBIBYTE) == 320 * MEBIBYTE
    assert process_memory.spare_bytes(0) < 0
