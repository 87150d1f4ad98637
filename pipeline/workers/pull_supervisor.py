"""Keeps one pull worker running, as gunicorn's master does for push, and replaces it when it ends.

Imports only the standard library, because it stays in memory beside the worker.
"""

import os
import shutil
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

REFUSED = 4
"""A worker's exit status after which no other is started: the configuration is wrong."""


def main() -> None:
    """Runs the worker of the target and the subscription on the command line."""
    target, subscription = sys.argv[1:]
    # A crash ends only the worker, so the pages that it was recognising are known to the next.
    journal = Path(tempfile.gettempdir(), f"image-translation-{os.getpid()}")
    command = [
        sys.executable,
        "-m",
        "pipeline.workers.pull_worker",
        target,
        subscription,
        str(journal),
    ]
    try:
        status = keep_running(command)
    finally:
        shutil.rmtree(journal, ignore_errors=True)
    sys.exit(status)


def keep_running(command: list[str]) -> int:
    """Starts the command again whenever it ends, until SIGTERM; returns the exit status."""
    stopped = False
    worker: subprocess.Popen[bytes] | None = None

    def stop(*_: object) -> None:
        nonlocal stopped
        stopped = True
        if worker:
            worker.terminate()

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, stop)
    while not stopped:
        # The pipe closes when this process is killed, and then the worker ends too. In a session
        # without this terminal, Ctrl-C reaches the worker once.
        worker = subprocess.Popen(command, stdin=subprocess.PIPE, start_new_session=True)  # noqa: S603 - this program
        if stopped:
            worker.terminate()
        if worker.wait() == REFUSED:
            return 1
    return 0


if __name__ == "__main__":
    main()
