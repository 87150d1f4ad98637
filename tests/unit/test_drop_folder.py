"""The drop folder: which files are uploaded, when, and which documents come beside them."""

import json
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from pipeline.errors import StoreUnavailableError
from pipeline.local.drop_folder import QUIET_SECONDS, Buckets, DropFolder
from pipeline.outcomes.document import document_name
from pipeline.stores.base import StoredObject
from pipeline.stores.in_memory import InMemoryStore


class Scene:
    """A drop folder on a store in memory, with a clock that the test moves."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.store = FailingStore()
        self.lines: list[str] = []
        self.now = 0.0
        self.start()

    def start(self) -> None:
        """Starts the watcher, as after a restart."""
        buckets = Buckets(self.store, "uploads", "results")
        self.drop = DropFolder(self.folder, buckets, self.lines.append, clock=lambda: self.now)

    def put(self, name: str, content: bytes = b"picture") -> Path:
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        return path

    def look(self) -> None:
        self.drop.look(has_changed=True)

    def settle(self) -> None:
        """Looks, lets every file be quiet for long enough, and looks again."""
        self.look()
        self.now += QUIET_SECONDS
        self.look()

    def uploaded(self, name: str) -> bytes | None:
        found = self.store.stat("uploads", name)
        return self.store.download(found.ref) if found else None

    def answer(self, name: str, *, generation: int | None = None) -> None:
        """Writes the document of the live upload, as the service does."""
        upload = self.store.stat("uploads", name)
        assert upload is not None
        generation = generation or upload.ref.generation
        document = document_name(name)
        live = self.store.stat("results", document)
        self.store.write(
            "results",
            document,
            json.dumps({"generation": generation}).encode(),
            content_type="application/json",
            metadata={"source-generation": str(generation), "status": "translated"},
            if_generation_match=live.ref.generation if live else 0,
        )


class FailingStore(InMemoryStore):
    """A store that can be made to fail."""

    is_failing = False

    def stat(self, bucket: str, name: str) -> StoredObject | None:
        if self.is_failing:
            raise StoreUnavailableError(f"gs://{bucket}/{name}: no answer")
        return super().stat(bucket, name)


@pytest.fixture
def scene(tmp_path: Path) -> Scene:
    return Scene(tmp_path)


def test_a_picture_gets_its_document_beside_it(scene: Scene) -> None:
    """Given a picture in a subfolder, when it is quiet and its document comes, then the document
    stands beside it.
    """
    scene.put("trip/menu.jpg")
    scene.settle()
    assert scene.uploaded("trip/menu.jpg") == b"picture"
    scene.look()
    assert not (scene.folder / "trip/menu.jpg.json").exists()
    scene.answer("trip/menu.jpg")
    scene.look()
    assert json.loads((scene.folder / "trip/menu.jpg.json").read_bytes())["generation"] == 1
    assert scene.lines == ["uploaded trip/menu.jpg", "trip/menu.jpg: translated"]


def test_a_file_that_still_grows_is_not_uploaded(scene: Scene) -> None:
    """Given a file that changes before it was quiet for long enough, when looked at, then it
    is uploaded once, complete.
    """
    for size in range(1, 5):
        scene.put("grows.png", b"x" * size)
        scene.look()
        scene.now += QUIET_SECONDS / 2
    assert scene.uploaded("grows.png") is None
    scene.settle()
    assert scene.uploaded("grows.png") == b"xxxx"
    assert scene.lines == ["uploaded grows.png"]


def test_a_file_that_is_open_for_writing_is_not_uploaded(scene: Scene) -> None:
    """Given a writer that pauses for long with the file open, when looked at, then the file is
    uploaded only after the writer closed it.
    """
    path = scene.put("slow.png", b"half")
    with path.open("ab") as writer:
        for _ in range(3):
            scene.settle()
        assert scene.lines == []
        writer.write(b" and half")
    scene.settle()
    assert scene.uploaded("slow.png") == b"half and half"


def test_a_reader_does_not_delay_the_upload_nor_the_watcher_a_writer(scene: Scene) -> None:
    """Given a file that a program reads, when it is quiet, then it is uploaded, and a writer can
    open it afterwards.
    """
    path = scene.put("read.png")
    with path.open("rb"):
        scene.settle()
    assert scene.uploaded("read.png") == b"picture"
    with path.open("ab") as writer:
        writer.write(b"!")
    scene.settle()
    assert scene.uploaded("read.png") == b"picture!"


@pytest.mark.parametrize("change", ["removed", "renamed", "moved out"])
def test_a_file_that_goes_at_once_is_not_uploaded(
    scene: Scene, change: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """Given a file that was seen, when it is removed, renamed or moved out before its upload, then
    nothing is uploaded under its name.
    """
    path = scene.put("a.png")
    scene.look()
    if change == "removed":
        path.unlink()
    else:
        elsewhere = tmp_path_factory.mktemp("out") if change == "moved out" else scene.folder
        path.rename(elsewhere / "b.png")
    scene.now += QUIET_SECONDS
    scene.drop.look(has_changed=False)  # the event may come later than the upload is due
    scene.settle()
    assert scene.uploaded("a.png") is None
    assert (scene.uploaded("b.png") is not None) == (change == "renamed")


def a_link(folder: Path) -> None:
    (folder / "bad.png").symlink_to("/etc/hostname")


def a_link_to_a_folder(folder: Path) -> None:
    (folder / "bad.png").symlink_to("/usr/share")


def a_pipe(folder: Path) -> None:
    os.mkfifo(folder / "bad.png")


def a_huge_file(folder: Path) -> None:
    with (folder / "bad.png").open("wb") as file:
        file.truncate(2**28 + 1)


@pytest.mark.parametrize("make", [a_link, a_link_to_a_folder, a_pipe, a_huge_file])
def test_bad_files_are_left_out_and_reported_once(
    scene: Scene, make: Callable[[Path], None]
) -> None:
    """Given a link out of the folder, a pipe or a huge file, when looked at often, then it is not
    uploaded, and reported once with the reason.
    """
    make(scene.folder)
    scene.put("good.png")
    for _ in range(3):
        scene.settle()
    assert scene.uploaded("bad.png") is None
    assert scene.uploaded("good.png") == b"picture"
    (line,) = [line for line in scene.lines if "good.png" not in line]
    assert line.startswith("bad.png: left out: it is ")


def test_a_link_that_replaces_a_picture_is_not_followed(scene: Scene) -> None:
    """Given a picture that was quiet, when a link replaces it before the upload, then the
    link's target is not uploaded.
    """
    path = scene.put("a.png")
    scene.look()
    secret = scene.put("secret.txt", b"secret")
    path.unlink()
    path.symlink_to(secret)
    scene.now += QUIET_SECONDS
    scene.drop.look(has_changed=False)
    scene.settle()
    assert scene.uploaded("a.png") is None


@pytest.mark.parametrize("name", [".hidden.png", ".folder/a.png", "notes.txt", "a.png.part"])
def test_hidden_and_other_files_are_none_of_ours(scene: Scene, name: str) -> None:
    """Given a hidden file, a temporary file or one without the name of an image, when looked at,
    then it is neither uploaded nor reported.
    """
    scene.put(name)
    scene.settle()
    assert scene.uploaded(name) is None
    assert scene.lines == []


@pytest.mark.parametrize("name", ["two\nlines.png", "/".join(["deep" * 30] * 9) + ".png"])
def test_a_name_that_no_bucket_takes_is_reported(scene: Scene, name: str) -> None:
    """Given a name with a line break or of more than 1,024 bytes, when looked at, then one
    printable line asks for another name.
    """
    scene.put(name)
    scene.settle()
    assert scene.uploaded(name) is None
    (line,) = scene.lines
    assert line.isprintable()
    assert line.endswith("Cloud Storage does not accept its name; rename it")


def test_a_name_with_terminal_escapes_is_uploaded_and_printed_without_them(scene: Scene) -> None:
    """Given a name with escapes and quotes, when it is uploaded, then the line has no escapes."""
    name = "\x1b[31m'red\".png"
    scene.put(name)
    scene.settle()
    assert scene.uploaded(name) == b"picture"
    assert scene.lines == ["uploaded \ufffd[31m'red\".png"]


def test_a_changed_picture_gets_the_document_of_its_last_content(scene: Scene) -> None:
    """Given a picture that changes after its upload, when both documents come, then only that
    of the new content is put beside it.
    """
    scene.put("a.png", b"first")
    scene.settle()
    scene.put("a.png", b"second")
    scene.answer("a.png")
    scene.look()
    beside = scene.folder / "a.png.json"
    assert not beside.exists()
    scene.settle()
    scene.answer("a.png", generation=1)
    scene.look()
    assert not beside.exists()
    scene.answer("a.png")
    scene.look()
    second = scene.store.stat("uploads", "a.png")
    assert second is not None
    assert json.loads(beside.read_bytes())["generation"] == second.ref.generation


def test_a_removed_picture_gets_no_document(scene: Scene) -> None:
    """Given a picture that is removed after its upload, when its document comes, then the folder
    stays empty.
    """
    path = scene.put("a.png")
    scene.settle()
    path.unlink()
    scene.answer("a.png")
    scene.drop.look(has_changed=False)
    scene.look()
    assert list(scene.folder.iterdir()) == []


def test_after_a_restart_only_new_and_changed_pictures_are_uploaded(scene: Scene) -> None:
    """Given pictures with documents, one of them changed since, and one without, when the watcher
    starts again, then only the last two are uploaded.
    """
    for name in ("done.png", "changed.png", "waiting.png"):
        scene.put(name)
    scene.settle()
    scene.answer("done.png")
    scene.answer("changed.png")
    scene.look()
    os.utime(scene.put("changed.png", b"new"), ns=(1, 1))
    scene.lines.clear()
    scene.start()
    scene.settle()
    assert sorted(scene.lines) == ["uploaded changed.png", "uploaded waiting.png"]


def test_a_store_that_fails_is_reported_once_and_loses_nothing(scene: Scene) -> None:
    """Given a store that does not answer for a while, when it answers again, then the picture is
    uploaded; the failure was reported once.
    """
    scene.put("a.png")
    scene.store.is_failing = True
    for _ in range(3):
        scene.settle()
    scene.store.is_failing = False
    scene.settle()
    assert scene.uploaded("a.png") == b"picture"
    assert scene.lines == ["gs://uploads/a.png: no answer; trying again", "uploaded a.png"]


def test_a_document_that_cannot_be_written_is_reported(scene: Scene) -> None:
    """Given a folder with the name of the document, when the document comes, then one line says
    that it cannot be written.
    """
    scene.put("a.png")
    (scene.folder / "a.png.json").mkdir()
    scene.settle()
    scene.answer("a.png")
    scene.look()
    scene.look()
    assert scene.lines[1:] == ["a.png: cannot write its document: Is a directory"]
    assert sorted(path.name for path in scene.folder.iterdir()) == ["a.png", "a.png.json"]
