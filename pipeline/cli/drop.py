"""The command `drop`: watches a folder until it is stopped."""

import os
import signal
import sys
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pipeline.cli.local_files import STATE
from pipeline.errors import UsageError

if TYPE_CHECKING:
    from pipeline.local.drop_folder import Buckets
    from pipeline.local.processes import Child

_WATCHING = "watching"


def drop(
    folder: Annotated[Path, typer.Argument(help="it is made if it does not exist")],
    *,
    uploads: Annotated[
        str | None,
        typer.Option(
            envvar="UPLOADS_BUCKET", help="bucket of the images; by default the local chain's"
        ),
    ] = None,
    results: Annotated[
        str | None, typer.Option(envvar="RESULTS_BUCKET", help="bucket of the documents")
    ] = None,
    as_owner: Annotated[
        bool, typer.Option(help="take the rights of the folder's owner; only root may")
    ] = False,
) -> None:
    """Upload what lands in a folder, and put each document beside its picture, until Ctrl-C."""
    from pipeline.local.drop_folder import DropFolder, watch_folder  # noqa: PLC0415 - loads the cloud clients

    buckets = _buckets(uploads, results)
    _make(folder)
    if as_owner:
        _become_owner_of(folder)
    stop = threading.Event()
    for sent in (signal.SIGINT, signal.SIGTERM):
        signal.signal(sent, lambda *_: stop.set())
    folder = folder.resolve()
    watched = DropFolder(folder, buckets, _report)
    _report(f"{_WATCHING} {folder}")
    watch_folder(watched, stop)


def start_drop(folder: Path, log: Path) -> "Child":
    """Starts `drop` for the local chain that STATE describes, and returns when it watches.

    Raises:
        ConfigurationError: it does not start; the message has the end of its log.
        UsageError: the folder cannot be made.
    """
    from pipeline.local.processes import await_ready, start  # noqa: PLC0415 - loads psutil

    _make(folder)
    log.unlink(missing_ok=True)
    child = start(
        "drop",
        [sys.executable, "-m", "pipeline.cli", "drop", str(folder)],
        log=log,
        environment={**os.environ, "UPLOADS_BUCKET": "", "RESULTS_BUCKET": ""},
    )
    await_ready(child, lambda: _WATCHING in log.read_text(errors="replace"), log)
    return child


def _buckets(uploads: str | None, results: str | None) -> "Buckets":
    from pipeline.local import chain  # noqa: PLC0415 - loads the cloud clients
    from pipeline.local.drop_folder import Buckets  # noqa: PLC0415 - the same
    from pipeline.stores.gcs import GcsStore  # noqa: PLC0415 - the same

    if uploads and results:
        return Buckets(GcsStore.from_environment(), uploads, results)
    if uploads or results:
        raise UsageError("name both --uploads and --results, or none")
    return Buckets(GcsStore(chain.load(STATE).client()), chain.UPLOADS, chain.RESULTS)


def _make(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UsageError(f"{folder}: {error.strerror}; name a folder you may write to") from error


def _become_owner_of(folder: Path) -> None:
    """A container that sees a user's folder cannot know the user's id before."""
    owner = folder.stat()
    try:
        os.setgroups([])
        os.setgid(owner.st_gid)
        os.setuid(owner.st_uid)
    except PermissionError as error:
        raise UsageError("--as-owner needs root; leave it out") from error


def _report(line: str) -> None:
    print(line, flush=True)  # noqa: T201 - a log must have the line at once
