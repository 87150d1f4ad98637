"""Backfill: which task has which upload, what becomes of it, and in how much memory."""

import threading
import tracemalloc
from collections import Counter
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner

from pipeline.cli.commands import cli
from pipeline.delivery.redelivery import PendingUpload, Window, compare
from pipeline.delivery.result import DeliveryResult
from pipeline.errors import OverloadedError, StoreUnavailableError, UsageError
from pipeline.language.identification import LanguageIdentifier
from pipeline.models import Delivery, Disposition, ObjectRef, Upload
from pipeline.operations.backfill import BATCH, Backfill, Batch, Processed, Shard, Totals, batches
from pipeline.operations.estimate import take_inventory
from pipeline.outcomes.results_bucket import Pending
from pipeline.stores.base import StoredObject
from pipeline.telemetry import Timings
from tests.support.in_memory_service import InMemoryService
from tests.support.text_pictures import encoded, picture_of

NOW = datetime(2026, 11, 1, tzinfo=UTC)
DONE = DeliveryResult(Disposition.DONE, characters_billed=7)


def upload(name: str) -> Upload:
    return Upload(ObjectRef("uploads", name, 5), 3, uploaded_at=NOW - timedelta(hours=2))


def window(*names: str, reason: Pending = Pending.MISSING) -> Window:
    return Window(names[-1], [PendingUpload(upload(name), reason) for name in names], 0, len(names))


def names_of(found: Iterator[Batch]) -> list[str]:
    return [each.ref.name for batch in found for each in batch.uploads]


class Target:
    """A subscriber that raises `failures` of an upload's name first, one at each attempt."""

    def __init__(self, failures: Mapping[str, list[Exception]] | None = None) -> None:
        self.failures = dict(failures or {})
        self.handled: list[str] = []

    def handle(self, delivery: Delivery, timings: Timings) -> DeliveryResult:
        assert delivery.event_type == "OBJECT_FINALIZE"
        assert timings.snapshot()["total"] >= 0
        name = delivery.upload.ref.name
        if self.failures.get(name):
            raise self.failures[name].pop(0)
        self.handled.append(name)
        return DONE


class PatientEvent(threading.Event):
    """A stop that notes the waits between attempts and returns at once."""

    def __init__(self) -> None:
        super().__init__()
        self.waits: list[float | None] = []

    def wait(self, timeout: float | None = None) -> bool:
        self.waits.append(timeout)
        return False


@given(names=st.sets(st.text()), count=st.integers(1, 9))
def test_each_upload_has_one_task(names: set[str], count: int) -> None:
    """Given any names, when they are shared among tasks, then each name is in exactly one shard."""
    for name in names:
        assert [Shard(index, count).has(name) for index in range(count)].count(True) == 1


def test_tasks_share_evenly() -> None:
    """Given ten thousand names with one prefix, when ten tasks share them, then each has a tenth
    within a tenth.
    """
    shares = [0] * 10
    for number in range(10_000):
        name = f"scans/2026/{number:05}.jpg"
        shares[next(index for index in range(10) if Shard(index, 10).has(name))] += 1
    assert all(900 < share < 1100 for share in shares)


@given(limit=st.integers(0, 99), count=st.integers(1, 9))
def test_a_limit_is_of_all_tasks(limit: int, count: int) -> None:
    """Given a limit, when each task takes its share, then all together take the limit."""
    assert sum(Shard(index, count).share(limit) for index in range(count)) == limit


def test_batches_hold_every_upload_of_the_shard() -> None:
    """Given windows, when they become batches, then these are large, in order and complete, and
    the last one says how far the listing went.
    """
    windows = [window(*(f"{start:03}-{each:03}" for each in range(200))) for start in range(4)]
    found = list(batches(windows, Shard()))
    assert names_of(iter(found)) == sorted(names_of(iter(found)))
    assert [len(batch.uploads) for batch in found] == [400, 400, 0]
    assert found[0].last_name == "001-199"
    both = [names_of(batches(windows, Shard(index, 2))) for index in (0, 1)]
    assert sorted(both[0] + both[1]) == names_of(iter(found))
    assert len(names_of(batches(windows, Shard(), limit=450))) == 450


@pytest.mark.parametrize(("limit", "last"), [(1, "000-000"), (200, "000-199"), (450, "002-049")])
def test_a_limited_run_says_where_it_ended(limit: int, last: str) -> None:
    """Given a limit, when it is reached, then the last batch names the upload from which a later
    run goes on, also inside a window.
    """
    windows = [window(*(f"{start:03}-{each:03}" for each in range(200))) for start in range(4)]
    assert list(batches(windows, Shard(), limit=limit))[-1].last_name == last


def test_failed_documents_are_processed_only_if_asked_for() -> None:
    """Given an upload whose document failed, when batches are made, then it is in none, unless
    failed ones are asked for.
    """
    windows = [window("a"), window("b", reason=Pending.FAILED)]
    assert names_of(batches(windows, Shard())) == ["a"]
    assert names_of(batches(windows, Shard(), failed=True)) == ["a", "b"]


def run(target: Target, *names: str, stop: threading.Event | None = None) -> list[Processed]:
    batch = Batch([upload(name) for name in names], names[-1])
    return list(Backfill(target, 2, stop or PatientEvent()).process(batch))


def test_every_upload_of_a_batch_is_handled_once() -> None:
    """Given a batch, when processed, then each upload is handled once, and the sums say so."""
    target, names = Target(), [f"{number}.png" for number in range(BATCH)]
    totals = Totals()
    for processed in run(target, *names):
        totals.add(processed)
    assert sorted(target.handled) == sorted(names)
    assert totals.by_ending == {"done": BATCH}
    assert totals.line().startswith(f"{BATCH} done; {7 * BATCH} characters billed, ")
    assert totals.unfinished == 0


def test_what_may_pass_is_tried_again() -> None:
    """Given a store that fails twice, when an upload is processed, then it is done at the third
    attempt, after the waits that the error asks for.
    """
    stop = PatientEvent()
    errors = [StoreUnavailableError("down"), OverloadedError("full")]
    (processed,) = run(Target({"a": list[Exception](errors)}), "a", stop=stop)
    assert processed.ending == "done"
    assert stop.waits == [10, 20]


@pytest.mark.parametrize(
    ("errors", "code"),
    [
        ([StoreUnavailableError("down")] * 5, "store_unavailable"),
        ([ZeroDivisionError("a bug")], "internal (ZeroDivisionError)"),
    ],
)
def test_what_does_not_pass_is_unfinished(errors: list[Exception], code: str) -> None:
    """Given an upload that fails every time or meets a bug, when processed, then it is unfinished
    with the code, and the others are done.
    """
    found = {each.upload.ref.name: each for each in run(Target({"a": list(errors)}), "a", "b")}
    assert (found["a"].ending, found["a"].code) == ("unfinished", code)
    assert found["b"].ending == "done"


def test_two_runs_at_once_write_each_document_once(identifier: LanguageIdentifier) -> None:
    """Given two runs over the same uploads at the same time, when both end, then each upload has
    one document that one run wrote and the other found.
    """
    service = InMemoryService(identifier)
    content = encoded(picture_of("a"))
    uploads = [service.upload(content, f"{number}.png") for number in range(40)]
    batch = Batch(uploads, uploads[-1].ref.name)
    runs = [Backfill(service.subscriber, 2, threading.Event()) for _ in range(2)]
    with ThreadPoolExecutor(2) as threads:
        found = [
            each for run in threads.map(lambda run: list(run.process(batch)), runs) for each in run
        ]
    assert Counter(each.ending for each in found) == {"done": 40, "already_done": 40}
    for upload in uploads:
        assert service.document(upload.ref.name)["status"] == "translated"


@pytest.mark.parametrize(("index", "count"), [(4, 4), (-1, 4)])
def test_a_task_outside_the_count_is_refused(index: int, count: int) -> None:
    """Given an index that no task has, when the command starts, then the error names the range."""
    arguments = ["backfill", "--task-index", str(index), "--task-count", str(count)]
    finished = CliRunner().invoke(cli, arguments)
    assert isinstance(finished.exception, UsageError)
    assert str(finished.exception) == f"--task-index {index}: name 0 to 3"


def test_a_stop_begins_nothing_more() -> None:
    """Given a stop, when a batch is processed, then no upload is begun."""
    stop, target = threading.Event(), Target()
    stop.set()
    assert run(target, "a", "b", stop=stop) == []
    assert target.handled == []


NAMES = 30_000


class ManyNames:
    """Two buckets: many uploads, and documents for every second one of them."""

    def uploads(
        self, bucket: str, *, prefix: str = "", start: str = "", end: str = ""
    ) -> Iterator[Upload]:
        assert prefix == ""
        suffix = ".json" if bucket == "results" else ""
        first = int(start[:7]) if start else 0
        last = int(end[:7]) + 1 if end else NAMES
        metadata = {"source-generation": "5", "status": "translated"} if suffix else {}
        for number in range(first, last, 2 if suffix else 1):
            yield Upload(
                ObjectRef(bucket, f"{number:07}.jpg{suffix}", 5),
                1000,
                uploaded_at=NOW - timedelta(hours=2),
                metadata=metadata,
            )

    def stat(self, bucket: str, name: str) -> StoredObject | None:
        raise AssertionError(f"{bucket}/{name} is in the listing")


def test_many_names_are_counted_in_bounded_memory() -> None:
    """Given thirty thousand uploads, when they are counted and sampled, then the numbers are right
    and the memory is that of a few windows.
    """
    tracemalloc.start()
    windows = compare(ManyNames(), "uploads", "results", before=NOW)
    found = take_inventory(windows, failed=False, sample=50, seed=1)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert (found.objects, found.size) == (NAMES, 1000 * NAMES)
    assert (found.documents, found.to_process) == (NAMES // 2, NAMES // 2)
    assert len({each.ref.name for each in found.sample}) == 50
    assert peak < 20e6
