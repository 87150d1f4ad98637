"""Objects and files with hostile names: each has one document and one log line."""

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from pipeline.cli import run
from pipeline.cli.image_files import find_image_files
from pipeline.cli.outcome_table import outcome_table
from pipeline.config import load_settings
from pipeline.errors import StoreUnavailableError
from pipeline.local.chain import RESULTS
from pipeline.outcomes.document import document_name
from tests.support.chain_client import VALIDATOR, upload_to
from tests.support.push_bodies import push_of
from tests.support.service_process import FAKE, Service, serving
from tests.support.text_pictures import encoded, picture_of

PICTURE = encoded(picture_of("hola"))
NAMES = [
    "../../etc/passwd",
    "/absolute.png",
    "//twice//a.png",
    "a\x00b\x07\x1b[31mred\x7f.png",
    '\nline", "severity": "EMERGENCY\r\n.png',
    "emoji \N{CAT FACE WITH TEARS OF JOY}.png",
    "right \N{RIGHT-TO-LEFT OVERRIDE}gnp.exe",
    "line\N{LINE SEPARATOR}separator\x85.png",
    "caf\u00e9.png",
    "cafe\u0301.png",
    "same.png",
    "Same.png",
    "same.png.",
    "same.png.json",
    "%2e%2e%2f.png",
    "a?b#c&d=e.png",
    "\N{CJK UNIFIED IDEOGRAPH-4E16}" * 341,
    "x" * 1024,
    "x" * 1023 + "y",
    document_name("x" * 1024).removesuffix(".json"),
]


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    with serving(tmp_path_factory.mktemp("names")) as running:
        yield running


def test_every_name_has_one_document(service: Service) -> None:
    """Given objects with odd names, when delivered, then each has one document and one log line."""
    for name in NAMES:
        one = upload_to(service.client, name, PICTURE)
        assert service.push(push_of(one)).status_code == 204
        blob = service.client.bucket(RESULTS).blob(document_name(name))
        document = json.loads(blob.download_as_bytes())
        VALIDATOR.validate(document)
        assert document["source"]["name"] == name
        assert document["status"] == "translated"
        assert service.lines[-1]["object"] == f"gs://uploads/{name}"
        assert service.lines[-1]["disposition"] == "done"
    assert len({document_name(name) for name in NAMES}) == len(NAMES)
    assert len(list(service.client.list_blobs(RESULTS))) == len(NAMES)
    assert len(service.lines) == 1 + len(NAMES)


FILES = [
    b"plain.png",
    b"line\nfeed.png",
    b"\x1b[31mred.png",
    "right \N{RIGHT-TO-LEFT OVERRIDE}gnp.png".encode(),
    "caf\u00e9.png".encode(),
    "cafe\u0301.png".encode(),
    b"no\xffUnicode.png",
    b"-rf.png",
    b"%2e2e.png",
    b"%kept~0123456789abcdef.png",
    b"[bold]markup[.png",
    b"a.json.png",
    b"x" * 251 + b".png",
]


def translated(pictures: Path, out: Path) -> list[dict[str, Any]]:
    settings = load_settings(
        uploads_bucket="files",
        results_bucket="documents",
        ocr_engine=FAKE["OCR_ENGINE"],
        translator=FAKE["TRANSLATOR"],
    )
    return list(run.translate_files(settings, find_image_files([pictures]), out))


def test_files_of_any_name_are_translated(tmp_path: Path) -> None:
    """Given files with odd names, when `run` reads them, then each has a document and
    a row in the table.
    """
    folder, out = tmp_path / "pictures", tmp_path / "out"
    folder.mkdir()
    for name in FILES:
        Path(os.fsdecode(os.fsencode(folder) + b"/" + name)).write_bytes(PICTURE)
    documents = translated(folder, out)
    assert [document["status"] for document in documents] == ["translated"] * len(FILES)
    written = [path for path in out.iterdir() if path.name != ".outcomes"]
    assert len(written) == len(FILES)
    for document in documents:
        VALIDATOR.validate(document)
    console = Console(record=True, width=400, file=Path(os.devnull).open("w"))  # noqa: SIM115
    console.print(outcome_table(documents))
    assert "\x1b[31m" not in (shown := console.export_text())
    assert "\N{RIGHT-TO-LEFT OVERRIDE}" not in shown
    assert {path.name for path in tmp_path.iterdir()} == {"pictures", "out"}


def test_run_does_not_write_through_planted_links(tmp_path: Path) -> None:
    """Given links that lead out of the output folder, when `run` starts, then it is refused and
    writes nothing there.
    """
    folder, out, outside = (tmp_path / name for name in ("pictures", "out", "outside"))
    for each in (folder, out, outside):
        each.mkdir()
    (folder / "a.png").write_bytes(PICTURE)
    (out / ".outcomes").symlink_to(outside)
    (out / "a.png.json").symlink_to(outside / "a.png.json")
    with pytest.raises(StoreUnavailableError, match="symbolic link"):
        translated(folder, out)
    assert list(outside.iterdir()) == []
