"""The redeliver command: uploads without a current document are announced again."""

from pathlib import Path

import pytest
from typer.testing import CliRunner

from pipeline.cli.commands import STATE, cli
from pipeline.local.chain import RESULTS, UPLOADS, Chain, save
from tests.e2e.conftest import StartChain
from tests.support.chain_client import document_of, documents, upload
from tests.support.service_process import FAKE
from tests.support.text_pictures import encoded, picture_of


@pytest.fixture
def chain(start: StartChain, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Chain:
    """A chain that the command line finds like one that `make up` started."""
    running = start(FAKE)
    monkeypatch.chdir(tmp_path)
    save(running, STATE)
    return running


def redeliver(*arguments: str) -> str:
    finished = CliRunner().invoke(cli, ["redeliver", *arguments])
    assert finished.exit_code == 0, finished.output
    return finished.output


def test_uploads_without_a_document_are_announced_again(chain: Chain) -> None:
    """Given uploads with a missing, failed, old or good document, when redelivered, then only those
    asked for are announced.
    """
    names = ("good.png", "missing.png", "old.png")
    uploads = {name: upload(chain, name, encoded(picture_of(name))) for name in names}
    uploads["failed.txt"] = upload(chain, "failed.txt", b"no picture")
    for one in uploads.values():
        document_of(chain, one)
    results = chain.client().bucket(RESULTS)
    results.blob("missing.png.json").delete()
    old = results.get_blob("old.png.json")
    assert old is not None
    old.metadata = {**old.metadata, "source-generation": "1"}
    old.patch()

    assert redeliver() == "0 uploads announced again\n"  # they may still be in progress
    printed = redeliver("--minutes", "0", "--dry-run")
    assert printed.splitlines() == [
        f"missing gs://{UPLOADS}/missing.png",
        f"missing gs://{UPLOADS}/old.png",
        "2 uploads to be announced again",
    ]
    rest = redeliver("--minutes", "0", "--dry-run", "--after", "missing.png")
    assert rest.splitlines()[0] == f"missing gs://{UPLOADS}/old.png"
    assert redeliver("--minutes", "0", "--dry-run", "--prefix", "g").startswith("0 uploads")
    assert "missing.png.json" not in documents(chain)
    assert "2 uploads announced again" in redeliver("--minutes", "0")
    assert document_of(chain, uploads["missing.png"])["status"] == "translated"
    assert "failed  gs://uploads/failed.txt" in redeliver("--minutes", "0", "--failed", "--dry-run")


def test_an_incomplete_set_of_names_is_refused() -> None:
    """Given one of the three names that a cloud needs, when redelivered, then the
    error lists all three.
    """
    finished = CliRunner().invoke(cli, ["redeliver", "--uploads", "somewhere"])
    assert "name all of --uploads, --results and --topic" in str(finished.exception)
