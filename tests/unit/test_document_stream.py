"""Documents of a bucket's prefix: listed, downloaded, read again where they changed meanwhile."""

from collections.abc import Iterator

import pytest

from pipeline.errors import ImageTranslationError, ObjectGoneError, UsageError
from pipeline.models import ObjectRef, Upload
from pipeline.operations.documents import Location, index_documents, read_documents
from pipeline.outcomes.document import render
from pipeline.stores.gcs import GcsStore
from pipeline.stores.in_memory import InMemoryStore
from tests.support.outcome_documents import outcome


class _Bucket(InMemoryStore):
    """Lists objects as Cloud Storage does; `stale` are listed with a generation before the last."""

    def __init__(self) -> None:
        super().__init__()
        self.names: list[str] = []
        self.stale: set[str] = set()

    def put(self, name: str, content: bytes) -> None:
        self.write("results", name, content, content_type="", metadata={}, if_generation_match=0)
        self.names.append(name)

    def uploads(self, bucket: str, *, prefix: str = "", start: str = "") -> Iterator[Upload]:
        for name in sorted(self.names):
            if name.startswith(prefix):
                found = self.stat(bucket, name)
                generation = found.ref.generation if found and name not in self.stale else 999
                yield Upload(ObjectRef(bucket, name, generation), 1)


@pytest.fixture
def bucket(monkeypatch: pytest.MonkeyPatch) -> _Bucket:
    made = _Bucket()
    for name in ("p/a.png", "p/b.png", "q/c.png"):
        made.put(f"{name}.json", render(outcome([name], name=name)))
    made.put("p/a.png.pdf", b"an export, no document")
    monkeypatch.setattr(GcsStore, "from_environment", lambda: made)
    return made


@pytest.mark.usefixtures("bucket")
def test_only_documents_under_the_prefix_are_read() -> None:
    """Given a prefix, its documents come by name, and exports beside them do not."""
    found = read_documents(Location.parse("gs://results/p/"), lambda *_: pytest.fail("skipped"))
    assert [each.source.name for each in found] == ["p/a.png", "p/b.png"]


def test_a_document_overwritten_meanwhile_is_read_as_it_is_now(bucket: _Bucket) -> None:
    """Given a listed generation that is gone, the newer one is read."""
    bucket.stale.add("p/a.png.json")
    found = read_documents(Location.parse("gs://results/p/"), lambda *_: pytest.fail("skipped"))
    assert len(list(found)) == 2


def test_a_document_deleted_meanwhile_is_skipped(bucket: _Bucket) -> None:
    """Given a document that is gone since it was listed, it is reported and the rest is read."""
    bucket.delete("results", "p/a.png.json")
    skipped: list[tuple[str, ImageTranslationError]] = []
    found = read_documents(
        Location.parse("gs://results"), lambda place, error: skipped.append((place, error))
    )
    assert [each.source.name for each in found] == ["p/b.png", "q/c.png"]
    assert [place for place, _ in skipped] == ["gs://results/p/a.png.json"]
    assert isinstance(skipped[0][1], ObjectGoneError)


@pytest.mark.usefixtures("bucket")
def test_a_document_is_found_by_its_objects_name() -> None:
    """Given an index, a document is read by the name of its image, and None by another."""
    find = index_documents(Location.parse("gs://results"), lambda *_: pytest.fail("skipped"))
    document = find("q/c.png")
    assert document is not None
    assert document.paragraphs[0].text == "q/c.png"
    assert find("nothing.png") is None


@pytest.mark.parametrize("place", ["gs://", "gs:///x", "no/such/folder"])
def test_a_place_that_cannot_be_is_refused(place: str) -> None:
    """Given an address without a bucket, or no such folder, the error says what to type."""
    with pytest.raises(UsageError, match=r"gs://BUCKET"):
        Location.parse(place)
