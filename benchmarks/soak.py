"""Throughput of small pictures, and a check that each has one document: `make soak`.

The pictures pass through the whole local chain, whose emulator sends at most two pushes at a
time. With --concurrency this program pushes that many at a time, as a busy instance receives; with
--delivery pull the subscriber takes as many as it has room for.
"""

import argparse
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import requests
from google.cloud.storage import Blob
from rich.console import Console
from rich.table import Table

from benchmarks.services import Service, alone, behind_emulator
from pipeline.capacity.process_memory import MEBIBYTE, resident_bytes
from pipeline.local.chain import RESULTS, UPLOADS
from pipeline.models import ObjectRef, Upload
from pipeline.outcomes.document import document_name
from tests.support import audit
from tests.support.chain_client import stored_documents, upload_to
from tests.support.memory_cgroup import limited
from tests.support.numbered_pictures import picture, text_of
from tests.support.percentiles import percentiles
from tests.support.push_bodies import push_of

_FAKE = {
    "OCR_ENGINE": "tests.support.numbered_pictures:NumberEngine",
    "TRANSLATOR": "pipeline.translation.engines.fake:FakeTranslator",
}
_REAL = {"OCR_MODEL_DIR": str(Path("models").resolve()), "TRANSLATOR": "apertium"}
_FIRST = 10_000  # numbers of five digits: no number is part of another
_MAX_WAIT_SECONDS = 90
_UPLOADERS = 4
_ROWS = 12


@dataclass(frozen=True, slots=True)
class Row:
    """One sample of the service: number of events, number of documents, resident bytes."""

    seconds: float
    events: int
    documents: int
    held: int


@dataclass(slots=True)
class Watch:
    """The time of each picture's event, and samples of the service since then."""

    service: Service
    events: dict[str, datetime] = field(default_factory=dict)
    rows: list[Row] = field(default_factory=list)

    def sample(self, started: float) -> int:
        """Adds a sample; returns the number of documents."""
        held = resident_bytes(self.service.child.pid)
        row = Row(time.monotonic() - started, len(self.events), self.service.done(), held)
        self.rows.append(row)
        return row.documents


def main() -> None:
    """Prints the queue over time and a summary; ends with 1 if the audit has a finding."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--images", type=int, default=2000)
    parser.add_argument("--concurrency", type=int, default=0, help="push without the emulator")
    parser.add_argument("--delivery", choices=["push", "pull"], default="push")
    parser.add_argument("--real", type=int, default=0, metavar="N", help="N through the real OCR")
    parser.add_argument("--limit-mb", type=int, default=2048, help="memory limit, with --real")
    options = parser.parse_args()
    numbers = range(_FIRST, _FIRST + (options.real or options.images))
    pictures = {f"{n}.img": picture(n, mixed=bool(options.real)) for n in numbers}
    environment = _REAL if options.real else _FAKE
    with ExitStack() as stack:
        logs = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        group = stack.enter_context(limited(options.limit_mb)) if options.real else None
        start = (
            alone if options.concurrency else partial(behind_emulator, delivery=options.delivery)
        )
        service = stack.enter_context(start(logs, environment, group.launcher if group else ()))
        watch = Watch(service)
        if options.concurrency:
            feed = pushing(watch, pictures, options.concurrency)
        else:
            feed = uploading(watch, pictures)
        cpu = run(watch, feed, len(pictures))
        found = report(watch, cpu)
        if group:
            print(
                f"memory group: peak {group.peak_bytes / MEBIBYTE:.0f} of {options.limit_mb} MiB,"
                f" {group.kills} kills"
            )
    print(
        "\n".join(found[:20])
        or "every upload has exactly one document, with its text, written once"
    )
    sys.exit(bool(found))


def uploading(watch: Watch, pictures: Mapping[str, bytes]) -> Callable[[], None]:
    """Uploads every picture into the bucket, whose server sends the notifications."""

    def upload(name: str) -> None:
        watch.events[name] = datetime.now(UTC)
        upload_to(watch.service.client, name, pictures[name])

    return lambda: _all(upload, pictures, _UPLOADERS)


def pushing(watch: Watch, pictures: Mapping[str, bytes], concurrency: int) -> Callable[[], None]:
    """Uploads every picture first, then pushes each until it is acknowledged."""
    own = threading.local()
    uploads: dict[str, Upload] = {}

    def upload(name: str) -> None:
        uploads[name] = upload_to(watch.service.client, name, pictures[name])

    def push(name: str) -> None:
        if not hasattr(own, "session"):
            own.session = requests.Session()
            own.session.trust_env = False  # otherwise requests reads the environment each time
        watch.events[name] = datetime.now(UTC)
        until = time.monotonic() + _MAX_WAIT_SECONDS
        body = push_of(uploads[name])
        # The audit reports a picture that is not acknowledged in time.
        while not acknowledged(own.session, watch.service.url, body) and time.monotonic() < until:
            time.sleep(0.2)

    _all(upload, pictures, _UPLOADERS)
    return lambda: _all(push, pictures, concurrency)


def acknowledged(session: requests.Session, url: str, body: bytes) -> bool:
    """Pushes once; False if the subscriber refuses or is killed."""
    try:
        return session.post(url, data=body, timeout=600).status_code == 204
    except requests.RequestException:
        return False


def _all(work: Callable[[str], None], names: Iterable[str], threads: int) -> None:
    with ThreadPoolExecutor(threads) as pool:
        list(pool.map(work, names))


def run(watch: Watch, feed: Callable[[], None], images: int) -> float:
    """Feeds and samples until all are done or nothing changes; returns the CPU seconds."""
    before = watch.service.cpu_seconds()
    started = time.monotonic()
    feeder = threading.Thread(target=feed)
    feeder.start()
    done, since = watch.sample(started), started
    while done < images and time.monotonic() - since < _MAX_WAIT_SECONDS:
        time.sleep(0.5)
        latest = watch.sample(started)
        if latest > done:
            done, since = latest, time.monotonic()
    feeder.join()
    return watch.service.cpu_seconds() - before


def report(watch: Watch, cpu: float) -> list[str]:
    """Prints the measurements; returns the findings of the audit."""
    client, log = watch.service.client, watch.service.log.read_text()
    lines = [line for line in audit.lines_of(log) if line.get("event") == "delivery"]
    written_at = {blob.name: blob.time_created for blob in client.list_blobs(RESULTS)}
    Console().print(queue_over_time(watch.rows))
    waits = [
        (written_at[name] - event).total_seconds() * 1000
        for upload, event in watch.events.items()
        if (name := document_name(upload)) in written_at
    ]
    inside = [line["timings_ms"]["total"] for line in lines if line["disposition"] == "done"]
    held = [row.held / MEBIBYTE for row in watch.rows]
    seconds, count = watch.rows[-1].seconds, max(1, len(written_at))
    deepest = max(row.events - row.documents for row in watch.rows)
    print(f"{len(watch.events)} uploads, {len(lines)} deliveries, {len(written_at)} documents")
    print(f"{seconds:.1f} s, {count / seconds:.1f} images a second; at most {deepest} queued")
    print(f"event to document: {percentiles(waits)}")
    print(f"of that in the subscriber: {percentiles(inside)}")
    print(
        f"memory: {held[0]:.0f} MiB at the start, peak {max(held):.0f}, {held[-1]:.0f} at the end"
    )
    print(f"CPU of the subscriber: {cpu * 1000 / count:.1f} ms an image")
    expected = [
        audit.Expected(upload_of(blob), (text_of(int(Path(blob.name).stem)),))
        for blob in client.list_blobs(UPLOADS)
    ]
    return audit.audit(
        audit.Evidence(
            expected, stored_documents(client), log, marked=None, every_write_is_logged=True
        )
    )


def upload_of(blob: Blob) -> Upload:
    """The upload of an object in the uploads bucket."""
    ref = ObjectRef(UPLOADS, blob.name, int(blob.generation))
    return Upload(ref, blob.size, metadata=blob.metadata or {})


def queue_over_time(rows: Sequence[Row]) -> Table:
    """A table of evenly spread samples with the first and the last."""
    table = Table(title="queue over time")
    for column in ("s", "events", "documents", "queue", "MiB"):
        table.add_column(column, justify="right")
    for index in sorted({round(n * (len(rows) - 1) / (_ROWS - 1)) for n in range(_ROWS)}):
        row = rows[index]
        numbers = row.events, row.documents, row.events - row.documents, row.held // MEBIBYTE
        table.add_row(f"{row.seconds:.0f}", *map(str, numbers))
    return table


if __name__ == "__main__":
    main()
