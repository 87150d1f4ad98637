"""The command `redeliver`: announces uploads that have no document again."""

import shlex
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console

from pipeline.cli.local_files import STATE
from pipeline.cli.status_lines import escaped
from pipeline.errors import UsageError
from pipeline.outcomes.results_bucket import Pending

if TYPE_CHECKING:
    from pipeline.delivery.redelivery import Pace
    from pipeline.models import Upload
    from pipeline.stores.gcs import GcsStore


def redeliver(
    *,
    uploads: Annotated[
        str | None, typer.Option(help="bucket of the images; by default the local chain's")
    ] = None,
    results: Annotated[str | None, typer.Option(help="bucket of the documents")] = None,
    topic: Annotated[str | None, typer.Option(help="projects/PROJECT/topics/TOPIC")] = None,
    minutes: Annotated[int, typer.Option(help="skip uploads younger than this")] = 15,
    failed: Annotated[bool, typer.Option(help="also uploads whose document failed")] = False,
    prefix: Annotated[str, typer.Option(help="only uploads whose name begins so")] = "",
    after: Annotated[str, typer.Option(help="only names after this one, to go on")] = "",
    rate: Annotated[float, typer.Option(min=0.01, help="announcements a second, at most")] = 100,
    dry_run: Annotated[bool, typer.Option(help="only list the uploads")] = False,
    force: Annotated[bool, typer.Option(help="although old messages are still worked on")] = False,
) -> None:
    """Publish a new notification for every upload that has no document."""
    from pipeline.delivery import redelivery  # noqa: PLC0415 - loads the cloud clients

    ends = _ends(uploads, results, topic)
    compare = partial(
        redelivery.compare,
        ends.store,
        ends.uploads,
        ends.results,
        before=datetime.now(UTC) - timedelta(minutes=minutes),
        prefix=prefix,
        after=after,
    )
    if not (dry_run or force):
        _refuse_backlog(sum(window.late for window in compare()), minutes)
    console, pace, count = Console(), redelivery.Pace(rate), 0
    try:
        for window in compare():
            pending = [
                each for each in window.pending if failed or each.reason is not Pending.FAILED
            ]
            for each in pending:
                line = f"{each.reason:8}{escaped(each.upload.ref.uri)}"
                console.print(line, markup=False, soft_wrap=True)
            if not dry_run:
                ends.announce((each.upload for each in pending), pace)
            count += len(pending)
            after = window.last_name
    except BaseException:
        _say_how_to_go_on(after)
        raise
    console.print(f"{count} uploads {'to be announced' if dry_run else 'announced'} again")


@dataclass(frozen=True, slots=True)
class _Ends:
    store: "GcsStore"
    uploads: str
    results: str
    announce: Callable[[Iterable["Upload"], "Pace"], None]


def _ends(uploads: str | None, results: str | None, topic: str | None) -> _Ends:
    """The buckets and the topic in the cloud, or those of the local chain."""
    from pipeline.delivery import redelivery  # noqa: PLC0415 - loads the cloud clients
    from pipeline.local import chain  # noqa: PLC0415 - the same
    from pipeline.stores.gcs import GcsStore  # noqa: PLC0415 - the same

    if uploads and results and topic:
        store = GcsStore.from_environment()
        announce = partial(redelivery.announce, redelivery.connect(), topic)
        return _Ends(store, uploads, results, announce)
    if uploads or results or topic:
        raise UsageError("name all of --uploads, --results and --topic, or none")
    running = chain.load(STATE)
    publisher = redelivery.connect(running.emulator.host)
    announce = partial(redelivery.announce, publisher, running.topic_path)
    return _Ends(GcsStore(running.client()), chain.UPLOADS, chain.RESULTS, announce)


def _refuse_backlog(late: int, minutes: int) -> None:
    """An upload that waits in the subscription would be announced a second time."""
    if late:
        raise UsageError(
            f"{late} documents of the last {minutes} minutes are of older uploads, so old messages"
            " are still worked on; wait, name more --minutes, or type --force"
        )


def _say_how_to_go_on(after: str) -> None:
    if after:
        Console(stderr=True).print(
            f"to go on from here:  --after {shlex.quote(after)}", markup=False, soft_wrap=True
        )
