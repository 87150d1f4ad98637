"""The supervisor of the pull worker: it replaces workers, and ends with SIGTERM or a refusal."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import psutil

from tests.support.chain_client import awaited

ROOT = Path(__file__).parents[2]
_SUPERVISE = (
    "import sys; from pipeline.workers.pull_supervisor import keep_running;"
    " sys.exit(keep_running(sys.argv[1:]))"
)
_COUNT = "import sys; open(sys.argv[1], 'a').write('x')"
_SLEEP = f"{_COUNT}; sys.stdin.read()"


def supervised(*worker: str) -> subprocess.Popen[bytes]:
    """A supervisor of `python -c worker`."""
    return subprocess.Popen(
        [sys.executable, "-c", _SUPERVISE, sys.executable, "-c", *worker],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )


def starts(counted: Path) -> int:
    return len(counted.read_text()) if counted.exists() else 0


def test_a_killed_worker_is_replaced(tmp_path: Path) -> None:
    """Given a worker, when it is killed, then another starts, and SIGTERM ends both."""
    counted = tmp_path / "starts"
    supervisor = supervised(_SLEEP, str(counted))
    process = psutil.Process(supervisor.pid)
    awaited(lambda: starts(counted) == 1)
    process.children()[0].kill()
    awaited(lambda: starts(counted) == 2)
    worker = process.children()[0]
    supervisor.send_signal(signal.SIGTERM)
    assert supervisor.wait(10) == 0
    assert not worker.is_running()


def test_a_worker_that_refuses_is_not_started_again(tmp_path: Path) -> None:
    """Given a worker that refuses to start, when it ends, then the supervisor ends with 1."""
    counted = tmp_path / "starts"
    supervisor = supervised(f"{_COUNT}; sys.exit(4)", str(counted))
    assert supervisor.wait(10) == 1
    assert starts(counted) == 1


def test_a_worker_notices_that_its_supervisor_was_killed(tmp_path: Path) -> None:
    """Given a worker, when its supervisor is killed, then its standard input closes."""
    counted = tmp_path / "starts"
    supervisor = supervised(_SLEEP, str(counted))
    awaited(lambda: starts(counted) == 1)
    worker = psutil.Process(supervisor.pid).children()[0]
    supervisor.kill()
    supervisor.wait(10)
    assert awaited(lambda: not worker.is_running() or worker.status() == psutil.STATUS_ZOMBIE)
