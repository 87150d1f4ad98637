"""The command `backfill`: processes the uploads of an old bucket, or estimates what that costs."""

import shlex
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console

from pipeline.config import Settings, load_settings
from pipeline.errors import UsageError

if TYPE_CHECKING:
    from pipeline.operations.backfill import Batch
    from pipeline.stores.base import Store


def backfill(
    *,
    prefix: Annotated[str, typer.Option(help="only uploads whose name begins so")] = "",
    after: Annotated[str, typer.Option(help="only names after this one, to go on")] = "",
    limit: Annotated[
        int | None, typer.Option(min=1, help="at most so many uploads, all tasks together")
    ] = None,
    minutes: Annotated[
        float, typer.Option(help="skip uploads younger than this, which have a message")
    ] = 60,
    failed: Annotated[bool, typer.Option(help="also uploads whose document failed")] = False,
    task_index: Annotated[
        int, typer.Option(envvar="CLOUD_RUN_TASK_INDEX", help="this task, from 0")
    ] = 0,
    task_count: Annotated[
        int, typer.Option(envvar="CLOUD_RUN_TASK_COUNT", min=1, help="tasks that share the bucket")
    ] = 1,
    dry_run: Annotated[bool, typer.Option(help="estimate the work and the cost")] = False,
    sample: Annotated[int, typer.Option(min=2, help="pictures read for the estimate")] = 50,
    cpu: Annotated[float, typer.Option(min=1, help="vCPUs of a task, for the estimate")] = 2,
    memory_mb: Annotated[int, typer.Option(min=512, help="memory of a task, the same")] = 2048,
    prices: Annotated[Path | None, typer.Option(help="another price list, JSON")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="print the estimate as JSON")] = False,
) -> None:
    """Process uploads that have no document here, without messages (settings: the service's)."""
    from pipeline.delivery import redelivery  # noqa: PLC0415 - loads the cloud clients
    from pipeline.operations.backfill import Shard, batches  # noqa: PLC0415 - the same
    from pipeline.stores.gcs import GcsStore  # noqa: PLC0415 - the same

    if not 0 <= task_index < task_count:
        raise UsageError(f"--task-index {task_index}: name 0 to {task_count - 1}")
    settings = load_settings()
    store = GcsStore.from_environment()
    store.verify(settings.uploads_bucket, settings.results_bucket)
    compare = partial(
        redelivery.compare,
        store,
        settings.uploads_bucket,
        settings.results_bucket,
        before=datetime.now(UTC) - timedelta(minutes=minutes),
        prefix=prefix,
        after=after,
    )
    if dry_run:
        from pipeline.cli import backfill_estimate  # noqa: PLC0415 - loads OCR
        from pipeline.operations.estimate import take_inventory  # noqa: PLC0415 - the same

        job = backfill_estimate.job_of(settings, cpu, memory_mb)
        take = partial(take_inventory, compare(), failed=failed, sample=sample, limit=limit)
        backfill_estimate.show(settings, store, take, job, prices, as_json=as_json)
        return
    chosen = batches(compare(), Shard(task_index, task_count), failed=failed, limit=limit)
    _process(settings, store, chosen, after)


def _process(settings: Settings, store: "Store", chosen: "Iterator[Batch]", after: str) -> None:
    from pipeline.app import compose  # noqa: PLC0415 - loads OCR
    from pipeline.operations.backfill import Backfill, Totals  # noqa: PLC0415 - the same

    progress = Console(stderr=True)
    application = compose(settings, store)
    totals = Totals()
    with _stop_on_signals() as stop:
        run = Backfill(application.subscriber, application.budget.slots, stop)
        for batch in chosen:
            for processed in run.process(batch):
                totals.add(processed)
                if processed.code:
                    line = f"{processed.ending} {processed.upload.ref.uri} {processed.code}"
                    progress.print(line, markup=False, soft_wrap=True)
            if stop.is_set():
                break
            after = batch.last_name
            progress.print(f"{totals.line()}; up to {after!r}", markup=False, soft_wrap=True)
    sys.stdout.write(f"{totals.line()}\n")
    if stop.is_set():
        hint = f"  --after {shlex.quote(after)}" if after and not totals.unfinished else ""
        progress.print(f"stopped; to go on, repeat it{hint}", markup=False, soft_wrap=True)
    application.close()
    if stop.is_set() or totals.unfinished:
        raise typer.Exit(1)


@contextmanager
def _stop_on_signals() -> Iterator[threading.Event]:
    """An event that SIGTERM or Ctrl-C sets; a second signal ends the process at once."""
    stop = threading.Event()

    def request_stop(number: int, _frame: object) -> None:
        stop.set()
        signal.signal(number, signal.SIG_DFL)

    previous = {
        number: signal.signal(number, request_stop) for number in (signal.SIGTERM, signal.SIGINT)
    }
    try:
        yield stop
    finally:
        for number, handler in previous.items():
            signal.signal(number, handler)
