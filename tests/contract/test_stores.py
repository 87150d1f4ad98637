"""One suite over every store."""

import os
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from google.api_core.exceptions import Forbidden
from google.cloud.storage import Client
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipeline.errors import (
    ObjectGoneError,
    PreconditionFailedError,
    StoreForbiddenError,
    StoreUnavailableError,
)
from pipeline.models import ObjectRef
from pipeline.stores.base import Store
from pipeline.stores.directory import DirectoryStore
from pipeline.stores.gcs import GcsStore
from pipeline.stores.in_memory import InMemoryStore

NAMES = [
    "plain.png",
    "a folder/with spaces.png",
    "menú/日本語.png",
    "../../escape.png",
    "query?and#fragment%2F.png",
    "x" * 1000,
    "quote'\"\\back.png",
]


ODD_NAMES = [
    "traversal/../../../etc/passwd",
    "/absolute.png",
    "//twice//",
    "a\x00b\x07\x1b[31m\x7f.png",
    "line\nfeed\r\n.png",
    "emoji \N{CAT FACE WITH TEARS OF JOY}\N{ZERO WIDTH JOINER}.png",
    "right \N{RIGHT-TO-LEFT OVERRIDE}gnp.exe",
    "line\N{LINE SEPARATOR}separator.png",
    "document.json",
    "document.png.json",
    "percent%2e%2e.png",
    "back\\slash.png",
    "\u00e9" * 512,
    "x" * 1024,
    " ",
    ".hidden",
    "CON",
]
TWINS = [
    ("caf\u00e9.png", "cafe\u0301.png"),
    ("a.png", "A.png"),
    ("a.png", "a.png."),
    ("a.png", "a.png "),
    ("a/b.png", "a//b.png"),
    ("a/b.png", "a/./b.png"),
    ("a/b.png", "c/../a/b.png"),
    ("a/", "a"),
    ("x" * 1024, "x" * 1023 + "y"),
]


@pytest.fixture(params=["memory", "directory", "gcs"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[Store, str]]:
    """Yields a store and the name of an empty bucket in it."""
    match request.param:
        case "memory":
            yield InMemoryStore(), "bucket"
        case "directory":
            yield DirectoryStore(), str(tmp_path)
        case _:
            client = request.getfixturevalue("storage_server")
            bucket = f"bucket-{abs(hash(tmp_path))}"
            client.create_bucket(bucket)
            yield GcsStore(client), bucket


def write(place: tuple[Store, str], name: str, content: bytes, match: int = 0) -> ObjectRef:
    store, bucket = place
    return store.write(
        bucket,
        name,
        content,
        content_type="application/json",
        metadata={"status": "translated", "source-generation": "7"},
        if_generation_match=match,
    )


def test_stat_of_an_absent_object_is_none(place: tuple[Store, str]) -> None:
    """Given an empty bucket, when stat is called, then it returns None."""
    store, bucket = place
    assert store.stat(bucket, "absent.json") is None


@pytest.mark.parametrize("name", NAMES + ODD_NAMES)
def test_a_written_object_is_read_back(place: tuple[Store, str], name: str) -> None:
    """Given any name, when an object is written, then its bytes, size and metadata
    are read back.
    """
    store, bucket = place
    ref = write(place, name, b"content")
    assert store.download(ref) == b"content"
    stored = store.stat(bucket, name)
    assert stored is not None
    assert (stored.ref, stored.size) == (ref, 7)
    assert stored.metadata == {"status": "translated", "source-generation": "7"}


@pytest.mark.parametrize(("one", "other"), TWINS)
def test_similar_names_are_two_objects(place: tuple[Store, str], one: str, other: str) -> None:
    """Given two names that some file systems treat as equal, when both are written, then each keeps
    its own content or the second is refused.
    """
    first = write(place, one, b"one")
    try:
        second = write(place, other, b"other")
    except StoreUnavailableError:
        return  # a folder cannot hold a file and a folder with the same name
    store, _ = place
    assert (store.download(first), store.download(second)) == (b"one", b"other")


def test_a_second_creation_is_refused(place: tuple[Store, str]) -> None:
    """Given an object, when a second one is created under its name, then the first one stays."""
    ref = write(place, "a.json", b"first")
    with pytest.raises(PreconditionFailedError):
        write(place, "a.json", b"second")
    assert place[0].download(ref) == b"first"


def test_a_write_on_the_current_generation_replaces_it(place: tuple[Store, str]) -> None:
    """Given the current generation, when a write names it, then the object is replaced and the old
    generation is gone.
    """
    first = write(place, "a.json", b"first")
    second = write(place, "a.json", b"second", match=first.generation)
    assert second.generation > first.generation
    assert place[0].download(second) == b"second"
    with pytest.raises(ObjectGoneError):
        place[0].download(first)


def test_a_write_on_an_older_generation_is_refused(place: tuple[Store, str]) -> None:
    """Given two generations, when a write names the first one, then it is refused."""
    first = write(place, "a.json", b"first")
    write(place, "a.json", b"second", match=first.generation)
    with pytest.raises(PreconditionFailedError):
        write(place, "a.json", b"third", match=first.generation)


def test_an_absent_object_is_gone(place: tuple[Store, str]) -> None:
    """Given an absent object, when it is downloaded, then the error says that it is gone."""
    store, bucket = place
    with pytest.raises(ObjectGoneError):
        store.download(ObjectRef(bucket, "absent.png", 12345))


def test_one_of_eight_concurrent_creations_succeeds(place: tuple[Store, str]) -> None:
    """Given eight threads, when all create the same object at once, then exactly one succeeds."""

    def create(number: int) -> bool:
        try:
            write(place, "contended.json", b"%d" % number)
        except PreconditionFailedError:
            return False
        return True

    with ThreadPoolExecutor(8) as pool:
        succeeded = list(pool.map(create, range(8)))
    assert succeeded.count(True) == 1
    store, bucket = place
    stored = store.stat(bucket, "contended.json")
    assert stored is not None
    assert store.download(stored.ref) == b"%d" % succeeded.index(True)


@pytest.mark.parametrize("name", ["..", ".", "", ".outcomes", "n" * 300, "nul\0"])
def test_a_substitute_file_name_does_not_collide(tmp_path: Path, name: str) -> None:
    """Given a name that the file system cannot hold, when another object has the substitute's name,
    then the two objects stay separate.
    """
    place = DirectoryStore(), str(tmp_path)
    first = write(place, f"folder/{name}", b"one")
    (substitute,) = (path.name for path in (tmp_path / "folder").iterdir())
    assert name != substitute
    second = write(place, f"folder/{substitute}", b"other")
    assert place[0].download(first) == b"one"
    assert place[0].download(second) == b"other"


def test_a_named_pipe_is_not_an_object(tmp_path: Path) -> None:
    """Given a named pipe in the folder, when it is looked up, then the store does
    not wait for it.
    """
    os.mkfifo(tmp_path / "pipe.png")
    assert DirectoryStore().stat(str(tmp_path), "pipe.png") is None
    with pytest.raises(ObjectGoneError):
        DirectoryStore().download(ObjectRef(str(tmp_path), "pipe.png", 1))


SECRET = b'{"generation": 1, "metadata": {"status": "secret"}}'
LINKS = {
    "folder": "../outside",
    "file.png": "../outside/secret",
    "dangling": "../outside/new",
    "loop": "loop",
    "absolute": "/etc",
    "up": "..",
    ".outcomes": "../outside",
    "inside": "real",
}


@settings(max_examples=150, deadline=None)
@given(
    planted=st.sets(st.sampled_from(sorted(LINKS))),
    parts=st.lists(
        st.sampled_from([*LINKS, "..", ".", "", "secret", "new", "real", "a.png", "passwd"]),
        min_size=1,
        max_size=4,
    ),
)
def test_no_planted_link_leads_outside(planted: set[str], parts: list[str]) -> None:
    """Given links planted in the folder, when names use them, then files outside are neither read
    nor changed.
    """
    with tempfile.TemporaryDirectory() as temporary:
        outside, bucket = Path(temporary, "outside"), Path(temporary, "bucket")
        (bucket / "real").mkdir(parents=True)
        outside.mkdir()
        (outside / "secret").write_bytes(SECRET)
        (outside / "lock").write_bytes(SECRET)
        for link in planted:
            (bucket / link).symlink_to(LINKS[link])
        place, name = (DirectoryStore(), str(bucket)), "/".join(parts)
        try:
            found = place[0].stat(str(bucket), name)
            ref = write(place, name, b"ours", found.ref.generation if found else 0)
            assert place[0].download(ref) == b"ours"
        except (StoreUnavailableError, ObjectGoneError):
            pass  # refused
        assert {path.name for path in outside.iterdir()} == {"secret", "lock"}
        assert (outside / "secret").read_bytes() == (outside / "lock").read_bytes() == SECRET
        assert {path.name for path in Path(temporary).iterdir()} == {"outside", "bucket"}


def test_a_planted_lock_is_not_followed(tmp_path: Path) -> None:
    """Given a lock file that links to a file outside, when an object is written, then that file
    does not change.
    """
    outside, bucket = tmp_path / "outside", tmp_path / "bucket"
    (bucket / ".outcomes").mkdir(parents=True)
    outside.write_bytes(SECRET)
    (bucket / ".outcomes" / "lock").symlink_to(outside)
    with pytest.raises(StoreUnavailableError):
        write((DirectoryStore(), str(bucket)), "a.json", b"content")
    assert outside.read_bytes() == SECRET


def test_no_symbolic_link_leads_out_of_a_bucket(tmp_path: Path) -> None:
    """Given a link that leads out of the bucket, when a name uses it, then nothing
    outside is read or written.
    """
    outside = tmp_path / "outside"
    outside.mkdir()
    bucket = tmp_path / "bucket"
    bucket.mkdir()
    (bucket / "link").symlink_to(outside)
    with pytest.raises(StoreUnavailableError):
        write((DirectoryStore(), str(bucket)), "link/a.json", b"content")
    assert not list(outside.iterdir())


@settings(
    max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    name=st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=300)
    | st.lists(st.sampled_from(["..", ".", "a", "", ".outcomes", "~"]), min_size=1).map("/".join)
)
def test_a_file_of_any_name_stays_inside_its_bucket(tmp_path: Path, name: str) -> None:
    """Given a hostile name, when it is written, then the file lies below the bucket's
    folder and reads back.
    """
    bucket = tmp_path / "bucket"
    bucket.mkdir(exist_ok=True)
    before = {p for p in tmp_path.rglob("*") if bucket not in p.parents}
    store = DirectoryStore()
    try:
        found = store.stat(str(bucket), name)
        ref = store.write(
            str(bucket),
            name,
            b"x",
            content_type="",
            metadata={},
            if_generation_match=found.ref.generation if found else 0,
        )
    except StoreUnavailableError:
        pass  # refused: a file is in the place of a folder, or the path is too long
    else:
        assert store.download(ref) == b"x"
    assert {p for p in tmp_path.rglob("*") if bucket not in p.parents} == before


def test_a_listing_goes_on_from_a_name(storage_server: Client) -> None:
    """Given five objects, when they are listed under a prefix from a name on, then that name
    and those after it come.
    """
    storage_server.create_bucket("listed")
    store = GcsStore(storage_server)
    for name in ("a/1", "a/2", "a/3", "b/1", "a/\N{CJK UNIFIED IDEOGRAPH-65E5}"):
        write((store, "listed"), name, b"x")
    found = [each.ref.name for each in store.uploads("listed", prefix="a/", start="a/2")]
    assert found == ["a/2", "a/3", "a/\N{CJK UNIFIED IDEOGRAPH-65E5}"]


def test_a_bucket_that_may_not_be_read_is_an_error_by_itself() -> None:
    """Given an account without a grant, when objects are listed or looked up, then the
    error says that access is denied, and it may pass like every error of a store.
    """

    class Forbidding:
        def __getattr__(self, name: str) -> object:
            raise Forbidden("no access")  # type: ignore[no-untyped-call]  # api_core's

    store = GcsStore(Forbidding())  # type: ignore[arg-type]  # whatever is asked is denied
    with pytest.raises(StoreForbiddenError, match="gs://b"):
        list(store.uploads("b"))
    with pytest.raises(StoreForbiddenError, match="gs://b/a"):
        store.stat("b", "a")
    assert issubclass(StoreForbiddenError, StoreUnavailableError)
