"""The command `drop`, and its process in the saved chain."""

from pathlib import Path

import pytest
from typer.testing import CliRunner

from pipeline.cli.commands import cli
from pipeline.errors import UsageError
from pipeline.local.chain import Chain, load, save
from pipeline.local.emulator import Emulator
from pipeline.local.processes import Child


def invoke(*arguments: str) -> BaseException | None:
    environment = {"UPLOADS_BUCKET": "", "RESULTS_BUCKET": ""}
    return CliRunner().invoke(cli, ["drop", *arguments], env=environment).exception


def test_one_bucket_alone_is_refused(tmp_path: Path) -> None:
    """Given only one of the two buckets, when started, then the message names both options."""
    error = invoke(str(tmp_path), "--uploads", "somewhere")
    assert isinstance(error, UsageError)
    assert str(error) == "name both --uploads and --results, or none"


def test_without_a_chain_the_message_says_how_to_start_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Given no running chain and no buckets, when started, then the message says `make up`."""
    monkeypatch.chdir(tmp_path)
    error = invoke(str(tmp_path))
    assert isinstance(error, UsageError)
    assert "make up" in str(error)


def test_a_folder_that_cannot_be_made_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Given a file where the folder should be, when started, then the message asks for another."""
    monkeypatch.setenv("STORAGE_EMULATOR_HOST", "http://127.0.0.1:1")
    file = tmp_path / "file"
    file.touch()
    error = invoke(str(file), "--uploads", "a", "--results", "b")
    assert isinstance(error, UsageError)
    assert str(error) == f"{file}: File exists; name a folder you may write to"


@pytest.mark.parametrize("drop", [None, Child("drop", 4, 5.0)])
def test_the_saved_chain_knows_the_process_of_its_folder(
    tmp_path: Path, drop: Child | None
) -> None:
    """Given a chain with or without a drop folder, when saved and loaded, then it is the same."""
    child = Child("one", 2, 3.0)
    emulator = Emulator("127.0.0.1:1", child)
    chain = Chain(emulator, "http://a", child, child, "http://b", child, "logs", "topic", drop=drop)
    save(chain, tmp_path / "chain.json")
    assert load(tmp_path / "chain.json") == chain
