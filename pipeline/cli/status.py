"""`image-translation status`: what became of uploads, as lines or as JSON."""

import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, NoReturn

import typer

from pipeline.cli.local_files import STATE
from pipeline.cli.progress import progress_bar
from pipeline.cli.status_lines import escaped, exit_code, retry_command, summarise, write
from pipeline.errors import UsageError
from pipeline.models import ObjectRef
from pipeline.operations.status import UploadStatus, document_prefix, status_of, statuses
from pipeline.outcomes.document import document_name

if TYPE_CHECKING:
    from pipeline.stores.gcs import GcsStore

_LEAST_PAUSE_SECONDS, _LONGEST_PAUSE_SECONDS = 0.5, 30.0

Ask = Callable[[], Iterator[UploadStatus]]
"""Reads the buckets again; the states of the same uploads as they are now."""


@dataclass(frozen=True, slots=True)
class Buckets:
    """The two buckets, and the command that announces uploads to their chain again."""

    store: "GcsStore"
    uploads: str
    results: str
    redeliver: str

    def named(self, names: Sequence[str]) -> Iterator[UploadStatus]:
        """The states of the uploads of these names."""
        for name in names:
            upload = self.store.upload(self.uploads, name)
            document = self.store.upload(self.results, document_name(name))
            source = upload.ref if upload else ObjectRef(self.uploads, name, 0)
            yield status_of(source, upload, document)

    def under(self, prefix: str) -> Iterator[UploadStatus]:
        """The states of all uploads under a prefix."""
        return statuses(
            self.store.uploads(self.uploads, prefix=prefix),
            self.store.uploads(self.results, prefix=document_prefix(prefix)),
        )


Timeout = Annotated[float, typer.Option(help="seconds that --wait waits at most")]
AsJson = Annotated[bool, typer.Option("--json", help="one JSON object a line")]
Results = Annotated[
    str | None,
    typer.Option(envvar="RESULTS_BUCKET", help="bucket of the documents; by default the chain's"),
]


def status(
    names: Annotated[
        list[str] | None, typer.Argument(help="gs://BUCKET/NAME or names; by default all uploads")
    ] = None,
    *,
    prefix: Annotated[str, typer.Option(help="only uploads whose name begins with it")] = "",
    uploads: Annotated[
        str | None,
        typer.Option(envvar="UPLOADS_BUCKET", help="bucket of the images; by default the chain's"),
    ] = None,
    results: Results = None,
    wait: Annotated[bool, typer.Option("--wait", help="until none waits any more")] = False,
    timeout: Timeout = 3600,
    as_json: AsJson = False,
) -> None:
    """Say which uploads are done, failed, waiting, stale or missing.

    The exit code is 0 if all are done, 1 if some failed, 2 if one is missing or the command is
    wrong, 3 if some still wait.
    """
    if names and prefix:
        raise UsageError("name uploads, or a --prefix, not both")
    bucket, wanted = _parse(names or [], uploads)
    buckets = open_buckets(bucket, results)

    def ask() -> Iterator[UploadStatus]:
        return buckets.named(wanted) if wanted else buckets.under(prefix)

    if wait:
        await_settled(ask, timeout)
    report(ask(), buckets, wanted[0] if len(wanted) == 1 else prefix, as_json=as_json)


def report(
    found: Iterator[UploadStatus], buckets: Buckets, prefix: str = "", *, as_json: bool
) -> NoReturn:
    """Writes the states and their summary, and ends the command with its exit code.

    Raises:
        UsageError: there is no upload.
    """
    counts = write(found, buckets.redeliver, as_json=as_json)
    if not counts:
        raise UsageError(f"no upload in gs://{buckets.uploads} begins with '{escaped(prefix)}'")
    summarise(counts, retry_command(buckets.redeliver, prefix))
    raise typer.Exit(exit_code(counts))


def open_buckets(uploads: str | None, results: str | None) -> Buckets:
    """The named buckets in the cloud, or those of the running local chain.

    Raises:
        UsageError: one bucket is not named, and no local chain runs that has it.
    """
    from pipeline.stores.gcs import GcsStore  # noqa: PLC0415 - loads the cloud clients

    if uploads and results:
        redeliver = "$(terraform -chdir=infra output -raw redeliver)"
        return Buckets(GcsStore.from_environment(), uploads, results, redeliver)
    from pipeline.local import chain  # noqa: PLC0415 - loads the cloud clients

    if results or uploads not in {None, chain.UPLOADS}:
        missing = "--results, the bucket of the documents" if uploads else "--uploads"
        raise UsageError(f"name {missing}, or none of the two for the local chain")
    running = chain.load(STATE)
    store = GcsStore(running.client())
    return Buckets(store, chain.UPLOADS, chain.RESULTS, ".venv/bin/image-translation redeliver")


def await_settled(ask: Ask, timeout: float) -> None:
    """Returns when no upload waits any more, or after `timeout` seconds."""
    until = time.monotonic() + timeout
    with progress_bar() as progress:
        task = progress.add_task("waiting", total=None)
        while True:
            began = time.monotonic()
            counts = Counter(each.state for each in ask())
            settled = sum(count for state, count in counts.items() if state.is_settled)
            progress.update(task, completed=settled, total=counts.total())
            if settled == counts.total() or time.monotonic() >= until:
                return
            # Half of the time at most goes into listings.
            pause = min(max(time.monotonic() - began, _LEAST_PAUSE_SECONDS), _LONGEST_PAUSE_SECONDS)
            time.sleep(min(pause, max(0.0, until - time.monotonic())))


def _parse(names: Sequence[str], uploads: str | None) -> tuple[str | None, list[str]]:
    """The uploads bucket, and the names of the objects in it."""
    wanted: list[str] = []
    named: str | None = None
    for name in names:
        bucket, _, rest = name.removeprefix("gs://").partition("/")
        is_address = name.startswith("gs://")
        if is_address and not rest:
            raise UsageError(f"{name!r} names no object: type gs://BUCKET/NAME, or use --prefix")
        if is_address and named not in {None, bucket}:
            raise UsageError(f"{name!r} is in another bucket than gs://{named}: ask one at a time")
        named = bucket if is_address else named
        wanted.append(rest if is_address else name)
    return named or uploads, wanted
