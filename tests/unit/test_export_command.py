"""`image-translation export`: its refusals, skipped documents and files."""

import json
import resource
import tracemalloc
from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from PIL import Image
from typer.testing import CliRunner, Result

from pipeline.cli.commands import cli
from pipeline.errors import InvalidDocumentError, UsageError
from pipeline.models import Failure, Status
from pipeline.operations.documents import Location, read_documents
from pipeline.outcomes.document_reader import Document, parse_document
from pipeline.presentation.exports import csv_table
from pipeline.presentation.exports.output_files import complete_file
from tests.support.outcome_documents import HEIGHT, WIDTH, document, outcome, write_documents


def run(*arguments: object) -> Result:
    return CliRunner().invoke(cli, ["export", *map(str, arguments)])


def write(path: Path, parts: Iterable[bytes]) -> None:
    with complete_file(path, force=True) as file:
        file.writelines(parts)


def broken() -> Iterator[bytes]:
    yield b"half"
    raise ZeroDivisionError


def test_every_format_is_written_from_a_folder(tmp_path: Path) -> None:
    """Given two documents, each format has one file, or one a document."""
    documents = write_documents(
        tmp_path / "in", outcome(["hola"]), outcome(["adiós"], name="x/b.png")
    )
    for name in ("jsonl", "csv", "label-studio"):
        result = run(documents, "--format", name, "--out", tmp_path / f"all.{name}")
        assert result.exit_code == 0, result.output
        assert (tmp_path / f"all.{name}").stat().st_size > 0
    for name, suffix in (("text", ".txt"), ("hocr", ".hocr"), ("alto", ".alto.xml")):
        result = run(documents, "--format", name, "--out", tmp_path / name)
        assert result.exit_code == 0, result.output
        found = {p.relative_to(tmp_path / name).as_posix() for p in (tmp_path / name).rglob("*.*")}
        assert found == {f"a.png{suffix}", f"x/b.png{suffix}"}


def test_a_pdf_whose_picture_is_gone_is_skipped_and_the_others_are_written(tmp_path: Path) -> None:
    """Given one picture of two, its PDF is made, the other is reported, and the exit code is 1."""
    documents = write_documents(
        tmp_path / "in", outcome(["hola"]), outcome(["adiós"], name="gone.png")
    )
    Image.new("RGB", (WIDTH, HEIGHT)).save(tmp_path / "a.png")
    result = run(documents, "--format", "pdf", "--out", tmp_path / "out", "--pictures", tmp_path)
    assert result.exit_code == 1
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["a.png.pdf"]
    assert "gone.png" in result.output
    assert "1 skipped" in result.output


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b'{"schema_version": 2}', "schema version 2"),
        (b'{"generation": 5}', "no schema_version"),
        (b"[]", "no schema_version"),
        (b"{", "is not JSON"),
        (b"\xff\xfe", "is not JSON"),
        (b"[" * 100_000, "is not JSON"),
        (b'{"schema_version": 1}', "KeyError: 'source'"),
        (b'{"schema_version": NaN}', "NaN"),
    ],
)
def test_what_is_no_document_of_this_version_is_skipped(
    tmp_path: Path, content: bytes, reason: str
) -> None:
    """Given a file that is no document, it is reported with its reason, and the rest exported."""
    documents = write_documents(tmp_path / "in", outcome(["hola"]))
    (documents / "other.json").write_bytes(content)
    result = run(documents, "--format", "jsonl", "--out", tmp_path / "all.jsonl")
    assert result.exit_code == 1
    assert "other.json" in result.output
    assert reason in result.output
    assert len((tmp_path / "all.jsonl").read_text("utf-8").splitlines()) == 1


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("pages", 0, "width"), 0),
        (("pages", 0, "lines", 0, "polygon"), [[1, 2]]),
        (("pages", 0, "lines", 0, "polygon"), [[1e999, 0], [1, 0], [1, 1], [0, 1]]),
        (("pages", 0, "lines", 0, "confidence"), 7),
        (("engine",), {}),
        (("pages", 0, "paragraphs", 0, "lines"), ["l9"]),
        (("pages", 0, "paragraphs", 0, "text"), None),
        (("status",), "odd"),
    ],
)
def test_a_document_with_a_wrong_value_is_refused(
    path: tuple[str | int, ...], value: object
) -> None:
    """Given a document with one impossible value, it is refused and says so."""
    raw = json.loads(json.dumps(document(["hola"]).content))
    place = raw
    for step in path[:-1]:
        place = place[step]
    place[path[-1]] = value
    with pytest.raises(InvalidDocumentError, match="not an outcome document"):
        parse_document(json.dumps(raw).replace("Infinity", "1e999").encode())


def test_fields_of_later_releases_are_kept() -> None:
    """Given a document with an optional field that is not known here, it is read and kept."""
    raw = {**document(["hola"]).content, "pages_seen": 3}
    assert parse_document(json.dumps(raw).encode()).content["pages_seen"] == 3


@pytest.mark.parametrize("name", ["jsonl", "text"])
def test_an_existing_target_is_kept_unless_forced(tmp_path: Path, name: str) -> None:
    """Given a target that exists, the export is refused, and done with --force."""
    documents = write_documents(tmp_path / "in", outcome(["hola"]))
    out = tmp_path / "out"
    assert run(documents, "--format", name, "--out", out).exit_code == 0
    refused = run(documents, "--format", name, "--out", out)
    assert isinstance(refused.exception, UsageError)
    assert "--force" in str(refused.exception)
    assert run(documents, "--format", name, "--out", out, "--force").exit_code == 0


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (["--format", "docx"], "'docx' is unknown"),
        (["--format", "csv", "--language", "en"], "--language goes with"),
    ],
)
def test_what_cannot_be_done_is_refused_first(
    tmp_path: Path, arguments: list[str], reason: str
) -> None:
    """Given options that do not fit, the command says which do, and writes nothing."""
    documents = write_documents(tmp_path / "in", outcome(["hola"]))
    result = run(documents, *arguments, "--out", tmp_path / "out")
    assert reason in str(result.exception)
    assert not (tmp_path / "out").exists()


def test_a_failed_document_has_no_file_and_is_no_error(tmp_path: Path) -> None:
    """Given a document without pages, no invalid ALTO is written for it, and the exit code is 0."""
    failure = Failure("corrupt_image", "broken", 1)
    failed = replace(outcome([], name="f.png"), status=Status.FAILED, pages=(), error=failure)
    documents = write_documents(tmp_path / "in", outcome(["hola"]), failed)
    result = run(documents, "--format", "alto", "--out", tmp_path / "out")
    assert result.exit_code == 0
    assert "f.png: its status is failed" in result.output
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["a.png.alto.xml"]


def test_a_name_cannot_command_the_terminal(tmp_path: Path) -> None:
    """Given a skipped document whose name has an escape sequence, none is printed."""
    documents = write_documents(tmp_path / "in", outcome(["hola"], name="\x1b[2J.png"))
    result = run(documents, "--format", "pdf", "--out", tmp_path / "out", "--pictures", tmp_path)
    assert result.exit_code == 1
    assert "[2J.png" in result.output
    assert "\x1b[2J" not in result.output


def test_a_name_stays_inside_the_folder(tmp_path: Path) -> None:
    """Given a document whose object name climbs upwards, its export stays in the folder."""
    hostile = outcome(["hola"], name="../../up\n'\".png")
    (tmp_path / "in").mkdir()
    content = json.dumps(document(["hola"], name=hostile.upload.ref.name).content)
    (tmp_path / "in" / "x.json").write_text(content, "utf-8")
    assert run(tmp_path / "in", "--format", "text", "--out", tmp_path / "out").exit_code == 0
    written = [path for path in tmp_path.rglob("*.txt") if path.is_file()]
    assert len(written) == 1
    assert written[0].is_relative_to(tmp_path / "out")


def test_a_full_disk_leaves_no_half_file(tmp_path: Path) -> None:
    """Given a disk that takes no more, the error says so, and neither file nor remains stay."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1000, before[1]))
    try:
        with pytest.raises(UsageError, match=r"cannot write .*no part of it is left"):
            write(tmp_path / "all.csv", [b"x" * 100] * 100)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert list(tmp_path.iterdir()) == []


def test_an_old_file_stays_whole_when_its_replacement_fails(tmp_path: Path) -> None:
    """Given an error in the middle of a forced export, the file from before is untouched."""
    target = tmp_path / "all.csv"
    target.write_bytes(b"before")
    with pytest.raises(ZeroDivisionError):
        write(target, broken())
    assert target.read_bytes() == b"before"
    assert list(tmp_path.iterdir()) == [target]


def test_memory_does_not_grow_with_the_number_of_documents() -> None:
    """Given ten times the documents, the peak of the Python heap is about the same."""

    def peak(count: int) -> int:
        made = document(["Prohibido el paso"] * 20, translations={"en": ["No entry"] * 20})

        def stream() -> object:
            for number in range(count):
                yield replace(made, source=replace(made.source, name=f"{number}.png"))

        tracemalloc.start()
        for _ in csv_table.render(stream()):  # type: ignore[arg-type]
            pass
        _, highest = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        return highest

    assert peak(300) < peak(30) * 1.2 + 50_000


def test_a_folder_is_read_as_a_stream_in_the_order_of_names(tmp_path: Path) -> None:
    """Given documents in folders, hidden files and others, only documents come, by name."""
    write_documents(
        tmp_path,
        outcome(["1"], name="b.png"),
        outcome(["2"], name="a.png"),
        outcome(["3"], name="c/d.png"),
    )
    (tmp_path / ".outcomes").mkdir()
    (tmp_path / ".outcomes" / "x.json").write_text("{}")
    (tmp_path / "a.png.pdf").write_text("no document")
    found: list[Document] = list(
        read_documents(Location.parse(str(tmp_path)), lambda *_: pytest.fail("skipped"))
    )
    assert [each.source.name for each in found] == ["a.png", "b.png", "c/d.png"]
