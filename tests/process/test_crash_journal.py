"""The crash journal: processes that are killed, and the pages that it holds responsible."""

import os
import signal
from contextlib import ExitStack
from pathlib import Path

import pytest

from pipeline.delivery.crash_journal import MAX_CRASHES, CrashJournal
from pipeline.errors import EngineUnavailableError
from pipeline.models import ObjectRef

ONE, OTHER = ObjectRef("uploads", "one.png", 1), ObjectRef("uploads", "other.png", 1)


def crash_during(folder: Path, *refs: ObjectRef) -> None:
    """Forks a process that is killed while it recognises all of these pages."""
    if os.fork() == 0:
        crash_journal = CrashJournal(folder)
        with ExitStack() as recognitions:
            for ref in refs:
                recognitions.enter_context(crash_journal.recording(ref, 0))
            os.kill(os.getpid(), signal.SIGKILL)
    os.wait()


def test_only_pages_in_recognition_are_suspected(tmp_path: Path) -> None:
    """Given a process that died while it read two pages, when it restarts, then only those two
    generations are suspected.
    """
    crash_during(tmp_path, ONE, OTHER)
    left = CrashJournal(tmp_path)
    assert (left.crash_count(ONE, 0), left.crash_count(OTHER, 0)) == (1, 1)
    assert left.crash_count(ONE, 1) == 0
    assert left.crash_count(ObjectRef("uploads", "one.png", 2), 0) == 0


def test_a_page_that_ended_is_cleared(tmp_path: Path) -> None:
    """Given a suspected page, when its recognition ends or fails without a crash,
    then it is cleared.
    """
    crash_during(tmp_path, ONE, OTHER)
    left = CrashJournal(tmp_path)
    with left.recording(ONE, 0):
        pass
    with pytest.raises(ValueError, match="bad"), left.recording(OTHER, 0):
        raise ValueError("bad")
    assert (left.crash_count(ONE, 0), left.crash_count(OTHER, 0)) == (0, 0)
    assert list(tmp_path.iterdir()) == []
    assert CrashJournal(tmp_path).crash_count(ONE, 0) == 0


def test_a_late_page_is_not_a_crash(tmp_path: Path) -> None:
    """Given a page in recognition, when it is cleared, then a later death of the process does not
    count for it.
    """
    crash_journal = CrashJournal(tmp_path)
    with crash_journal.recording(ONE, 0):
        crash_journal.record_hang(ONE, 0)
        assert CrashJournal(tmp_path).crash_count(ONE, 0) == 0


def test_a_hang_is_remembered(tmp_path: Path) -> None:
    """Given a page that outlived its deadline, when the next process starts, then it knows that
    page as a hang, and no other.
    """
    CrashJournal(tmp_path).record_hang(ONE, 0)
    left = CrashJournal(tmp_path)
    assert left.hangs(ONE, 0)
    assert not left.hangs(ONE, 1)
    assert not left.hangs(OTHER, 0)


def test_a_page_with_too_many_crashes_is_refused(tmp_path: Path) -> None:
    """Given a page that crashed the process the maximum number of times, when it is tried again,
    then every later process refuses it.
    """
    for _ in range(MAX_CRASHES):
        crash_during(tmp_path, ONE)
    for _ in range(2):
        with pytest.raises(EngineUnavailableError, match=f"ended the process {MAX_CRASHES} times"):
            CrashJournal(tmp_path).crash_count(ONE, 0)


def test_files_of_other_programs_stay(tmp_path: Path) -> None:
    """Given files of another program in the folder, when the journal starts, then it
    works and the files stay.
    """
    foreign_files = [tmp_path / name for name in ("notes", "notes.txt", "a.b.running", "a.\u0663")]
    for path in foreign_files:
        path.touch()
    crash_during(tmp_path, ONE)
    assert CrashJournal(tmp_path).crash_count(ONE, 0) == 1
    assert all(path.exists() for path in foreign_files)


def test_a_journal_without_a_folder_counts_no_crash(tmp_path: Path) -> None:
    """Given no folder or one that cannot exist, when a page is recognised, then it
    has no crashes.
    """
    for crash_journal in (CrashJournal(), CrashJournal(tmp_path / "no" / "such" / "folder")):
        with crash_journal.recording(ONE, 0):
            assert crash_journal.crash_count(ONE, 0) == 0
