"""`image-translation upload`: images into the local chain or a bucket, and their outcome."""

from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console

from pipeline.cli.image_files import find_image_files
from pipeline.cli.local_files import RESULTS, STATE
from pipeline.cli.outcome_table import outcome_table
from pipeline.cli.progress import progress_bar
from pipeline.cli.status import (
    AsJson,
    Results,
    Timeout,
    await_settled,
    open_buckets,
    report,
)
from pipeline.cli.status_lines import exit_code, retry_command, summarise
from pipeline.errors import UsageError
from pipeline.operations.status import UploadStatus
from pipeline.outcomes.document import document_name

if TYPE_CHECKING:
    from pipeline.stores.gcs import GcsStore


def upload(
    files: Annotated[list[Path], typer.Argument(help="image files, or folders of them")],
    *,
    bucket: Annotated[
        str | None, typer.Option(help="a bucket in the cloud instead of the local chain")
    ] = None,
    wait: Annotated[
        bool, typer.Option("--wait", help="for the outcomes; the local chain is always waited for")
    ] = False,
    results: Results = None,
    timeout: Timeout = 3600,
    as_json: AsJson = False,
    out: Annotated[Path, typer.Option(help="folder the local chain's documents go to")] = RESULTS,
) -> None:
    """Upload images to the running local chain or to a bucket, and wait for the outcomes.

    The exit code is 0 if all are done, 1 if some failed, 2 if the command is wrong, 3 if some
    still wait.
    """
    from pipeline.stores.gcs import GcsStore  # noqa: PLC0415 - loads the cloud clients

    image_files = find_image_files(files)
    if bucket and not wait:
        _upload(GcsStore.from_environment(), bucket, image_files)
        return
    if bucket and not results:
        raise UsageError("--wait needs --results, the bucket of the documents")
    buckets = open_buckets(bucket, results if bucket else None)
    _upload(buckets.store, buckets.uploads, image_files)
    names = [name for _, name in image_files]
    await_settled(lambda: buckets.named(names), timeout)
    if bucket or as_json:
        report(buckets.named(names), buckets, as_json=as_json)
    states = list(buckets.named(names))
    Console().print(outcome_table(_copied_documents(states, out)))
    counts = Counter(each.state for each in states)
    summarise(counts, retry_command(buckets.redeliver, ""))
    raise typer.Exit(exit_code(counts))


def _upload(store: "GcsStore", bucket: str, image_files: Sequence[tuple[Path, str]]) -> None:
    with progress_bar() as progress:
        for file, name in progress.track(image_files, description="uploading"):
            store.upload_file(bucket, name, file)
    Console(stderr=True).print(f"{len(image_files)} images uploaded to gs://{bucket}")


def _copied_documents(states: Sequence[UploadStatus], out: Path) -> list[dict[str, Any]]:
    """The documents that the local chain has written, which are copied to `out`."""
    from pipeline.local import chain, demo  # noqa: PLC0415 - loads the cloud clients

    settled = [document_name(each.source.name) for each in states if each.state.is_settled]
    return list(demo.documents(chain.load(STATE), settled, out))
