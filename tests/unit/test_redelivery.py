"""Which uploads are announced again, in bounded memory, and how fast."""

import tracemalloc
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.cli.redeliver import _refuse_backlog
from pipeline.delivery.redelivery import WINDOW, Pace, PendingUpload, compare
from pipeline.errors import UsageError
from pipeline.models import ObjectRef, Upload
from pipeline.outcomes.document import document_name
from pipeline.outcomes.results_bucket import Pending
from pipeline.stores.base import StoredObject

NOW = datetime(2026, 11, 1, tzinfo=UTC)
OLD, RECENT = NOW - timedelta(hours=1), NOW + timedelta(minutes=1)

Objects = Mapping[str, Upload]


class Buckets:
    """Two buckets that list by name, as Cloud Storage does."""

    def __init__(self, uploads: Objects, results: Objects) -> None:
        self._buckets = {"uploads": uploads, "results": results}

    def uploads(
        self, bucket: str, *, prefix: str = "", start: str = "", end: str = ""
    ) -> Iterator[Upload]:
        for name in sorted(self._buckets[bucket]):
            if name.startswith(prefix) and name >= start and not (end and name >= end):
                yield self._buckets[bucket][name]

    def stat(self, bucket: str, name: str) -> StoredObject | None:
        found = self._buckets[bucket].get(name)
        return StoredObject(found.ref, found.size, found.metadata) if found else None


def upload(name: str, *, at: datetime = OLD) -> Upload:
    return Upload(ObjectRef("uploads", name, 5), 1, uploaded_at=at)


def document(name: str, *, generation: int = 5, at: datetime = OLD, status: str = "ok") -> Upload:
    metadata = {"source-generation": str(generation), "status": status}
    ref = ObjectRef("results", document_name(name), 9)
    return Upload(ref, 1, uploaded_at=at, metadata=metadata)


def named(*objects: Upload) -> Objects:
    return {each.ref.name: each for each in objects}


def pending(buckets: Buckets, **options: str) -> list[PendingUpload]:
    windows = compare(buckets, "uploads", "results", before=NOW, **options)
    return [each for window in windows for each in window.pending]


NAMES = st.text(st.sampled_from("a!./-~é\U0001f600"), min_size=1, max_size=6) | st.text(
    st.sampled_from("ab"), min_size=1015, max_size=1024
)


@given(st.dictionaries(NAMES, st.booleans(), max_size=12))
def test_exactly_the_uploads_without_a_document_are_found(has_document: dict[str, bool]) -> None:
    """Given names that begin each other or are too long for a suffix, when compared, then exactly
    those without a document are found.
    """
    buckets = Buckets(
        named(*(upload(name) for name in has_document)),
        named(*(document(name) for name, is_there in has_document.items() if is_there)),
    )
    found = {each.upload.ref.name for each in pending(buckets)}
    folders = {name for name in has_document if name.endswith("/")}
    assert found == {name for name, is_there in has_document.items() if not is_there} - folders


def test_the_reasons_are_those_of_the_documents() -> None:
    """Given an old, a failed, a good and no document, and a recent upload, when compared, then the
    first two and the upload without a document are found with their reasons.
    """
    uploads = named(*(upload(name) for name in ("failed", "good", "none", "old")))
    buckets = Buckets(
        {**uploads, **named(upload("recent", at=RECENT))},
        named(document("failed", status="failed"), document("good"), document("old", generation=4)),
    )
    assert [(each.upload.ref.name, each.reason) for each in pending(buckets)] == [
        ("failed", Pending.FAILED),
        ("none", Pending.MISSING),
        ("old", Pending.MISSING),
    ]


def test_a_run_can_go_on_after_a_name_and_keep_to_a_prefix() -> None:
    """Given a prefix and the last name of a run, when compared, then only later names of the
    prefix are found.
    """
    buckets = Buckets(named(*(upload(name) for name in ("a/1", "a/2", "a/3", "b/1"))), {})
    found = pending(buckets, prefix="a/", after="a/1")
    assert [each.upload.ref.name for each in found] == ["a/2", "a/3"]


def test_documents_that_come_late_are_counted() -> None:
    """Given an hour-old upload whose document came just now, when compared, then it counts as late;
    a new document of a new upload does not.
    """
    buckets = Buckets(
        named(upload("old"), upload("new", at=RECENT), upload("done")),
        named(document("old", at=RECENT), document("new", at=RECENT), document("done")),
    )
    (window,) = compare(buckets, "uploads", "results", before=NOW)
    assert window.late == 1


class ManyUploads(Buckets):
    """A million uploads, listed without being kept; every second has its document."""

    COUNT = 1_000_000

    def __init__(self) -> None:
        super().__init__({}, {})

    def uploads(
        self, bucket: str, *, prefix: str = "", start: str = "", end: str = ""
    ) -> Iterator[Upload]:
        first = int(start) if start else 0
        last = int(end.partition(".")[0]) + 1 if end else self.COUNT
        for number in range(first, last):
            name = f"{number:07}"
            if bucket == "uploads":
                yield upload(name)
            elif number % 2:
                yield document(name)


def test_memory_does_not_grow_with_the_buckets() -> None:
    """Given a million uploads, when 40,000 of them are compared, then the peak is below 10 MB and
    half of them are found.
    """
    found, windows = 0, 40
    comparison = compare(ManyUploads(), "uploads", "results", before=NOW)
    tracemalloc.start()
    try:
        for _ in range(windows):
            found += len(next(comparison).pending)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert found == windows * WINDOW // 2
    assert peak < 10_000_000


def test_a_backlog_is_refused() -> None:
    """Given documents that came late, when uploads are to be announced, then the message says why
    not and names the option that announces them all the same.
    """
    _refuse_backlog(0, 15)
    with pytest.raises(UsageError, match=r"3 documents of the last 15 minutes.*--force"):
        _refuse_backlog(3, 15)


def test_announcements_keep_to_the_rate() -> None:
    """Given a rate of ten a second, when 21 are due, then they take two seconds, also after a
    pause, which is not made up for.
    """
    now = [0.0]

    def sleep(seconds: float) -> None:
        now[0] += seconds

    pace = Pace(10, clock=lambda: now[0], sleep=sleep)
    for _ in range(21):
        pace.wait()
    assert now[0] == pytest.approx(2.0)
    now[0] += 60
    for _ in range(11):
        pace.wait()
    assert now[0] == pytest.approx(63.0)
