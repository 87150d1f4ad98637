"""The memory of this process and its children: limits, measurements and headroom."""

import os
import signal
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import numpy as np

from pipeline.capacity import process_memory
from pipeline.capacity.process_memory import MEBIBYTE


def test_a_given_limit_goes_before_any_other() -> None:
    """Given MEMORY_LIMIT_MB, that is the limit; without it, at most the machine's memory."""
    assert process_memory.limit_bytes(512) == 512 * MEBIBYTE
    assert 0 < process_memory.limit_bytes() <= process_memory.limit_bytes(1 << 30)


def test_what_is_held_counts_until_it_is_given_back() -> None:
    """Given 64 MiB of pixels, resident memory grows by them and shrinks again."""
    process_memory.keep_heap_small()
    before = process_memory.resident_bytes()
    held = np.ones(64 * MEBIBYTE, np.uint8)
    during = process_memory.resident_bytes()
    assert during - before > 60 * MEBIBYTE
    del held
    assert process_memory.resident_bytes() < during - 60 * MEBIBYTE


def test_a_child_that_runs_nothing_of_its_own_yet_counts_once() -> None:
    """Given 64 MiB and a child just forked, whose memory is ours, they count once."""
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
    """Given a fork of a process that has measured itself, 64 MiB of the child's own count."""
    process_memory.resident_bytes()
    child = os.fork()
    if child == 0:
        before = process_memory.resident_bytes()
        held = np.ones(64 * MEBIBYTE, np.uint8)
        os._exit(process_memory.resident_bytes() - before < held.nbytes // 2)
    assert os.waitpid(child, 0)[1] == 0


def test_what_children_hold_counts_whichever_thread_started_them() -> None:
    """Given a child of another thread that holds 64 MiB, they count until it has ended."""
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
    """Given small and large limits, the headroom stays between 64 and 320 MiB."""
    assert process_memory.headroom_bytes(128 * MEBIBYTE) == 64 * MEBIBYTE
    assert process_memory.headroom_bytes(768 * MEBIBYTE) == 256 * MEBIBYTE
    assert process_memory.headroom_bytes(32 * 1024 * MEBIBYTE) == 320 * MEBIBYTE
    assert process_memory.spare_bytes(0) < 0
