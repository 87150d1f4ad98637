"""gunicorn's settings: `gunicorn -c python:functions.gunicorn functions.wsgi:app`."""

import os
import shutil
import sys
import tempfile
from pathlib import Path
from typing import Any

bind = f"{os.environ.get('HOST', '0.0.0.0')}:{os.environ.get('PORT', '8080')}"  # noqa: S104 - all interfaces of a container
worker_class = "gthread"
# One process, because the OCR slots and the memory budget are counted inside it.
workers = 1
# More than MAX_CONCURRENT_REQUESTS, to answer 429 and /health while those wait.
threads = 64
# No timeout: Pub/Sub and Cloud Run have theirs, and killing the worker would lose all its work.
timeout = 0
# Cloud Run sends SIGKILL ten seconds after SIGTERM.
graceful_timeout = 9
control_socket_disable = True
accesslog = None
loglevel = "warning"


def worker_exit(_server: object, worker: Any) -> None:
    """Ends a worker after its last request without waiting for threads that hang."""
    # The master calls this too, after a worker has ended. A worker that refuses to start
    # must keep its exit status, which makes the master stop.
    if worker.pid != os.getpid() or not worker.booted:
        return
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(0)


def crash_journal_folder(master: int) -> Path:
    """The crash journal's folder for the workers of the master with this process id."""
    return Path(tempfile.gettempdir(), f"image-translation-{master}")


def on_exit(_server: object) -> None:
    """Removes the crash journal."""
    shutil.rmtree(crash_journal_folder(os.getpid()), ignore_errors=True)
