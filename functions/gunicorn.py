"""gunicorn's settings: `gunicorn -c python:functions.gunicorn functions.wsgi:app`."""

import os
import shutil
import sys
import tempfile
from pathlib import Path
from typing import Any

bind = f"{os.environ.get('HOST', '0.0.0.0')}:{os.environ.get('PORT', '8080')}"  # noqa: S104 - a container's own
worker_class = "gthread"
# One process: the OCR slots and the memory budget are counted inside it.
workers = 1
# Enough to answer 429 and /health while every request inside waits: the cap is the
# Endpoint's, MAX_CONCURRENT_REQUESTS.
threads = 64
# Pub/Sub and Cloud Run end what takes too long; a worker killed here would lose its work.
timeout = 0
# Cloud Run kills ten seconds after SIGTERM.
graceful_timeout = 9
control_socket_disable = True
accesslog = None
loglevel = "warning"


def worker_exit(_server: object, worker: Any) -> None:
    """Ends a worker that has served its last request: Python would wait for threads that hang."""
    # gunicorn's master calls this too, for a worker that is gone already; and a worker that
    # refuses to start tells the master by its exit status to end as well.
    if worker.pid != os.getpid() or not worker.booted:
        return
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(0)


def crash_journal_folder(master: int) -> Path:
    """Where the workers of a master (its process id) keep what they have under way."""
    return Path(tempfile.gettempdir(), f"image-translation-{master}")


def on_exit(_server: object) -> None:
    """Leaves nothing behind."""
    shutil.rmtree(crash_journal_folder(os.getpid()), ignore_errors=True)
