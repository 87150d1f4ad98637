"""The worker of `image-translation pull`: one process that takes deliveries until it is stopped.

Started by the supervisor as `python -m pipeline.workers.pull_worker TARGET SUBSCRIPTION JOURNAL`.
"""

import os
import signal
import sys
import threading
from pathlib import Path
from typing import NoReturn

from pipeline.config import load_settings
from pipeline.delivery.acknowledgement import Acknowledger
from pipeline.delivery.pull import StreamingPull
from pipeline.errors import ImageTranslationError
from pipeline.redaction import redact_credentials
from pipeline.stores.gcs import GcsStore
from pipeline.telemetry import make_logger
from pipeline.workers.pull_supervisor import REFUSED
from pipeline.workers.targets import log_started, make_target

_DRAIN_SECONDS = 8.5
"""Cloud Run sends SIGKILL ten seconds after SIGTERM."""

_LEASE_GRACE_SECONDS = 30
_POLL_SECONDS = 0.2


def main() -> NoReturn:
    """Pulls until SIGTERM or until the parent has ended, then ends without waiting for hangs."""
    target, subscription, crash_journal = sys.argv[1:]
    stopped = threading.Event()
    threading.Thread(target=_await_parent, args=(stopped,), daemon=True).start()
    try:
        _pull(target, subscription, Path(crash_journal), stopped)
    except ImageTranslationError as error:
        sys.stderr.write(f"image-translation stops: {redact_credentials(str(error))}\n")
        _end(REFUSED)
    _end(0)


def _pull(target: str, subscription: str, crash_journal: Path, stopped: threading.Event) -> None:
    settings = load_settings()
    store = GcsStore.from_environment()
    composed = make_target(target, settings, store, crash_journal=crash_journal)
    signal.signal(signal.SIGTERM, lambda *_: stopped.set())
    acknowledger = Acknowledger(
        composed.target,
        event=composed.event,
        logger=make_logger(),
        max_requests=settings.max_concurrent_requests,
        memory=composed.memory,
    )
    pull = StreamingPull(
        subscription,
        acknowledger,
        messages=settings.max_concurrent_requests,
        lease_seconds=settings.delivery_deadline_seconds + _LEASE_GRACE_SECONDS,
    )
    log_started(target, settings, composed.derived, subscription=subscription)
    try:
        while not stopped.is_set():
            pull.await_end(_POLL_SECONDS)
    finally:
        pull.drain(_DRAIN_SECONDS)


def _await_parent(stopped: threading.Event) -> None:
    """Stops the worker when standard input closes, because its parent has ended."""
    sys.stdin.buffer.read()
    stopped.set()


def _end(status: int) -> NoReturn:
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(status)  # a thread that hangs would keep the process


if __name__ == "__main__":
    main()
