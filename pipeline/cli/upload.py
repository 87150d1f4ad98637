"""`image-translation upload`: images into the local chain or a bucket, and their outcome."""

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from pipeline.cli.image_files import find_image_files
from pipeline.cli.outcome_table import outcome_table
from pipeline.cli.paths import RESULTS, STATE
from pipeline.cli.progress import progress_bar
from pipeline.cli.status import (
    AsJson,
    Results,
    Timeout,
    await_settled,
    open_buckets,
    report,
)
from pipeline.errors import UsageError

ImageFiles = Sequence[tuple[Path, str]]


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
    image_files = find_image_files(files)
    names = [name for _, name in image_files]
    if bucket and wait and not results:
        raise UsageError("--wait needs --results, the bucket of the documents")
    if bucket:
        _upload_to_bucket(image_files, bucket)
    else:
        documents = _upload_to_chain(image_files, out, timeout)
        if not as_json:
            Console().print(outcome_table(documents))
            raise typer.Exit(int(any(each["status"] == "failed" for each in documents)))
    if wait or not bucket:
        buckets = open_buckets(bucket, results if bucket else None)
        await_settled(lambda: buckets.named(names), timeout)
        report(buckets.named(names), buckets, as_json=as_json)


def _upload_to_bucket(image_files: ImageFiles, bucket: str) -> None:
    from pipeline.stores.gcs import GcsStore  # noqa: PLC0415 - loads the cloud clients

    store = GcsStore.from_environment()
    with progress_bar() as progress:
        for file, name in progress.track(image_files, description="uploading"):
            store.upload_file(bucket, name, file)
    Console(stderr=True).print(f"{len(image_files)} images uploaded to gs://{bucket}")


def _upload_to_chain(image_files: ImageFiles, out: Path, timeout: float) -> list[dict[str, object]]:
    """Returns the documents, which are written to `out`.

    Raises:
        DocumentMissingError: no document arrived for `timeout` seconds.
    """
    from pipeline.local import chain, demo  # noqa: PLC0415 - loads the cloud clients

    running = chain.load(STATE)
    with progress_bar() as progress:
        task = progress.add_task("translating", total=len(image_files))
        documents = []
        names = demo.upload(running, image_files)
        for document in demo.documents(running, names, out, timeout_seconds=timeout):
            documents.append(document)
            progress.advance(task)
    return documents
