"""States of uploads from two listings: every state, every order of names, and the lines."""

import json
import subprocess
from collections import Counter
from datetime import UTC, datetime

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from pipeline.cli.status_lines import escaped, exit_code, retry_command, write
from pipeline.errors import PermanentError, meaning
from pipeline.models import ObjectRef, Upload
from pipeline.operations.status import (
    State,
    UploadStatus,
    document_prefix,
    status_of,
    statuses,
)
from pipeline.outcomes.document import document_name

NOON, LATER = datetime(2026, 11, 25, 12, tzinfo=UTC), datetime(2026, 11, 25, 12, 1, tzinfo=UTC)
HOSTILE = "a\n\x1b[31m\"'\\\u202e.png"


def upload(name: str = "a.png", generation: int = 2) -> Upload:
    return Upload(ObjectRef("uploads", name, generation), 10, uploaded_at=NOON)


def document(name: str = "a.png", generation: int = 2, **metadata: str) -> Upload:
    written = {"source-generation": str(generation), "status": "translated", **metadata}
    ref = ObjectRef("results", document_name(name), 9)
    return Upload(ref, 99, uploaded_at=LATER, metadata=written)


def state(live: Upload | None, found: Upload | None) -> UploadStatus:
    return status_of(ObjectRef("uploads", "a.png", 2), live, found)


def test_a_document_of_this_generation_is_done() -> None:
    """Given a document of the live generation, then the upload is done since it was written."""
    found = state(upload(), document(languages="es,fr"))
    assert (found.state, found.since) == (State.DONE, LATER)
    assert (found.status, found.languages) == ("translated", "es,fr")
    assert found.document == "gs://results/a.png.json"


def test_a_failed_document_is_failed_with_its_code() -> None:
    """Given a failed document, then its code is there, and the code has a meaning."""
    found = state(upload(), document(status="failed", code="corrupt_image"))
    assert (found.state, found.code) == (State.FAILED, "corrupt_image")
    assert meaning(found.code) == "The bytes begin like an image, but cannot be decoded."


def test_without_a_document_an_upload_waits_since_it_came() -> None:
    """Given no document, then the upload waits since its own time."""
    found = state(upload(), None)
    assert (found.state, found.since) == (State.WAITING, NOON)


def test_an_older_document_is_stale() -> None:
    """Given a document of an older generation, then the upload waits and that is said."""
    found = state(upload(), document(generation=1))
    assert (found.state, found.since) == (State.STALE, NOON)
    assert found.document == "gs://results/a.png.json"


@pytest.mark.parametrize("status", ["translated", "failed"])
def test_a_newer_document_counts(status: str) -> None:
    """Given a document newer than the listed upload, then it is that of the next upload."""
    expected = State.FAILED if status == "failed" else State.DONE
    assert state(upload(), document(generation=3, status=status)).state is expected


def test_neither_upload_nor_document_is_missing() -> None:
    """Given neither object, then the upload is missing; with a document it counts as done."""
    assert state(None, None).state is State.MISSING
    assert state(None, document()).state is State.DONE


@pytest.mark.parametrize("generation", ["", "-1", "x", "1" * 5000, "\u0665"])
def test_an_object_that_is_not_ours_is_no_document(generation: str) -> None:
    """Given an object without our metadata under the document's name, then the upload waits."""
    foreign = document(**{"source-generation": generation})
    assert state(upload(), foreign).state is State.WAITING


def test_every_code_of_a_failed_document_has_a_meaning() -> None:
    """Given the permanent errors, then each code has a sentence; an unknown code has none."""
    for kind in PermanentError.__subclasses__():
        assert meaning(kind.code).endswith(".")
    assert meaning("of_a_later_release") == ""


NAMES = st.lists(
    st.text(st.sampled_from("a!-./~\u00e9\U0001f600"), min_size=1, max_size=6)
    | st.builds(
        lambda stem, end: (stem * 600)[: 1024 // len(stem.encode())] + end,
        st.sampled_from(["a", "\u00e9", "\U0001f600"]),
        st.text(st.sampled_from("ab~"), max_size=3),
    )
    | st.builds(
        lambda length, end: "x" * length + end,
        st.integers(990, 1024),
        st.sampled_from(["", "~0123456789abcdef", "y", "-"]),
    ),
    max_size=40,
    unique=True,
)


@given(NAMES, st.data())
@example(["a", "a-b", "a.json", "a.png"], None)
def test_two_listings_by_name_are_matched_whatever_the_names(
    names: list[str], data: st.DataObject | None
) -> None:
    """Given any names, with and without documents and with foreign objects between, when both
    listings are read in their own order, then each upload has its own document.
    """
    names = sorted((n for n in names if not n.endswith("/")), key=str.encode)
    done = {n for n in names if data is None or data.draw(st.booleans())}
    found = {document_name(n) for n in done} | {f"{n}.pdf" for n in done}
    listed = [
        Upload(ObjectRef("results", name, 9), 1, metadata={"source-generation": "2"})
        for name in sorted(found, key=str.encode)
    ]
    states = {
        each.source.name: each.state for each in statuses([upload(name) for name in names], listed)
    }
    assert states == {n: State.DONE if n in done else State.WAITING for n in names}


@given(st.text(st.characters(exclude_categories=["Cs"]), max_size=1100), st.text(max_size=5))
def test_a_prefix_leads_to_the_documents_under_it(prefix: str, rest: str) -> None:
    """Given a prefix and a name that begins with it, then so does the name of its document."""
    name = (prefix + rest).encode("utf-8", "ignore").decode()
    assert document_name(name).startswith(document_prefix(prefix))


def test_folders_are_no_uploads() -> None:
    """Given an object whose name ends in a slash, then it has no state."""
    assert list(statuses([upload("menus/")], [])) == []


def test_lines_hold_no_control_character(capsys: pytest.CaptureFixture[str]) -> None:
    """Given a name with a line feed, quotes and a terminal escape, then its line is one printable
    line, and its JSON has the name as it is.
    """
    listed = [upload(HOSTILE)], [document(HOSTILE, status="failed", code="corrupt_image")]
    write(statuses(*listed), "redeliver", as_json=False)
    (line,) = capsys.readouterr().out.splitlines()
    assert line.isprintable()
    assert escaped(f"gs://uploads/{HOSTILE}") in line
    write(statuses(*listed), "redeliver", as_json=True)
    (line,) = capsys.readouterr().out.splitlines()
    assert line.isascii()
    assert json.loads(line)["uri"] == f"gs://uploads/{HOSTILE}"


@pytest.mark.parametrize("name", ["plain.png", "two words.png", "it's.png", "$(rm).png", HOSTILE])
def test_the_command_to_try_again_names_exactly_the_upload(name: str) -> None:
    """Given any name, when a shell reads the command, then the last argument is the name."""
    command = retry_command("printf %s\\\\0", name)
    printed = subprocess.run(["bash", "-c", command], capture_output=True, check=True).stdout
    assert printed.decode().split("\0")[:-1] == ["--failed", "--minutes", "0", "--prefix", name]


@pytest.mark.parametrize(
    ("states", "code"),
    [
        ([State.DONE], 0),
        ([State.DONE, State.FAILED], 1),
        ([State.DONE, State.FAILED, State.WAITING], 3),
        ([State.STALE], 3),
        ([State.WAITING, State.MISSING], 2),
    ],
)
def test_the_exit_code_says_what_is_most_urgent(states: list[State], code: int) -> None:
    """Given some states, then a missing upload comes before waiting ones, these before failed."""
    assert exit_code(Counter(states)) == code
