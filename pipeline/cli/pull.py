"""`image-translation pull`: the command becomes the supervisor of a worker that pulls messages."""

import os
import sys
from typing import Annotated

import typer


def pull(
    subscription: Annotated[str, typer.Option(help="projects/PROJECT/subscriptions/SUBSCRIPTION")],
    dead_letters: Annotated[
        bool, typer.Option("--dead-letters", help="of the dead-letter topic, not of uploads")
    ] = False,
) -> None:
    """Take uploads from a Pub/Sub subscription without HTTP, for a Cloud Run worker pool."""
    target = "dead_letter" if dead_letters else "push"
    # A new program in the same process: the supervisor needs 10 MB, and this one 60.
    supervisor = ["-m", "pipeline.workers.pull_supervisor", target, subscription]
    os.execv(sys.executable, [sys.executable, *supervisor])  # noqa: S606 - this program
