"""`image-translation pull`: keeps one worker running that pulls messages, and replaces it."""

import os
import shutil
import signal
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Annotated

import typer

from pipeline.cli.pull_worker import REFUSED


def pull(
    subscription: Annotated[str, typer.Option(help="projects/PROJECT/subscriptions/SUBSCRIPTION")],
    dead_letters: Annotated[
        bool, typer.Option("--dead-letters", help="of the dead-letter topic, not of uploads")
    ] = False,
) -> None:
    """Take uploads from a Pub/Sub subscription without HTTP, for a Cloud Run worker pool."""
    target = "dead_letter" if dead_letters else "push"
    # A crash ends only the worker, so the pages that it was recognising are known to the next.
    journal = Path(tempfile.gettempdir(), f"image-translation-{os.getpid()}")
    command = [sys.executable, "-m", "pipeline.cli.pull_worker", target, subscription, str(journal)]
    try:
        status = _keep_running(command)
    finally:
        shutil.rmtree(journal, ignore_errors=True)
    raise typer.Exit(status)


def _keep_running(command: list[str]) -> int:
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
