"""The crash journal: processes that are really killed, and the pages that are blamed for it."""

import os
import signal
from contextlib import ExitStack
from pathlib import Path

import pytest

from pipeline.delivery.crash_journal import MAX_CRASHES, CrashJournal
from pipeline.errors import EngineUnavailableError
from pipeline.models import ObjectRef

ONE, OTHER = ObjectRef("uploads", "one.png", 1), ObjectRef("uploads", "other.png", 1)


def die(folder: Path, *refs: ObjectRef) -> None:
    """A process that ends while it recognises all of these."""
    if os.fork() == 0:
        crash_journal = CrashJournal(folder)
        with ExitStack() as recognitions:
            for ref in refs:
                recognitions.enter_context(crash_journal.recording(ref, 0))
            os.kill(os.getpid(), signal.SIGKILL)
    os.wait()


def test_what_was_under_way_is_blamed_and_nothing_else(tmp_path: Path) -> None:
    """Given a process that died over two pages, those two are suspect, of that generation."""
    die(tmp_path, ONE, OTHER)
    left = CrashJournal(tmp_path)
    assert (left.crash_count(ONE, 0), left.crash_count(OTHER, 0)) == (1, 1)
    assert left.crash_count(ONE, 1) == 0
    assert left.crash_count(ObjectRef("uploads", "one.png", 2), 0) == 0


def test_whoever_comes_to_an_end_is_acquitted(tmp_path: Path) -> None:
    """Given a suspect that is recognised, or fails without a crash, nothing is held against it."""
    die(tmp_path, ONE, OTHER)
    left = CrashJournal(tmp_path)
    with left.recording(ONE, 0):
        pass
    with pytest.raises(ValueError, match="bad"), left.recording(OTHER, 0):
        raise ValueError("bad")
    assert (left.crash_count(ONE, 0), left.crash_count(OTHER, 0)) == (0, 0)
    assert list(tmp_path.iterdir()) == []
    assert CrashJournal(tmp_path).crash_count(ONE, 0) == 0


def test_what_is_late_is_no_crash(tmp_path: Path) -> None:
    """Given a page spared while it is under way, the end of the process is not blamed on it."""
    crash_journal = CrashJournal(tmp_path)
    with crash_journal.recording(ONE, 0):
        crash_journal.record_hang(ONE, 0)
        assert CrashJournal(tmp_path).crash_count(ONE, 0) == 0


def test_a_hang_is_remembered(tmp_path: Path) -> None:
    """Given a page that outlived its deadline, the next process knows it, and only that page."""
    CrashJournal(tmp_path).record_hang(ONE, 0)
    left = CrashJournal(tmp_path)
    assert left.hangs(ONE, 0)
    assert not left.hangs(ONE, 1)
    assert not left.hangs(OTHER, 0)


def test_what_goes_on_killing_is_not_tried_again(tmp_path: Path) -> None:
    """Given as many deaths as are tried, the page is refused, by later processes too."""
    for _ in range(MAX_CRASHES):
        die(tmp_path, ONE)
    for _ in range(2):
        with pytest.raises(EngineUnavailableError, match=f"ended the process {MAX_CRASHES} times"):
            CrashJournal(tmp_path).crash_count(ONE, 0)


def test_a_strangers_file_is_left_alone(tmp_path: Path) -> None:
    """Given files of another program in the folder, the start goes on and they stay."""
    strangers = [tmp_path / name for name in ("notes", "notes.txt", "a.b.running", "a.\u0663")]
    for path in strangers:
        path.touch()
    die(tmp_path, ONE)
    assert CrashJournal(tmp_path).crash_count(ONE, 0) == 1
    assert all(path.exists() for path in strangers)


def test_nowhere_to_write_is_as_if_nothing_died(tmp_path: Path) -> None:
    """Given no folder, or one that cannot be, recognitions go on."""
    for crash_journal in (CrashJournal(), CrashJournal(tmp_path / "no" / "such" / "folder")):
        with crash_journal.recording(ONE, 0):
            assert crash_journal.crash_count(ONE, 0) == 0
