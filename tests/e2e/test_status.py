"""`status` and `upload --wait` on the running chain: every state, exit code and stream."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from pipeline.cli.local_files import STATE
from pipeline.local.chain import RESULTS, UPLOADS, Chain, save
from tests.e2e.conftest import StartChain
from tests.support.chain_client import awaited, document_of, upload
from tests.support.service_process import FAKE, ROOT
from tests.support.text_pictures import encoded, picture_of

MAIN = "from pipeline.cli.commands import main; main()"
HOSTILE = "odd\n\x1b[31m'\"\\ name.png"


@pytest.fixture(scope="module")
def chain(start: StartChain, folder: Path) -> Chain:
    """A chain that the command line finds like one that `make up` started."""
    running = start(FAKE)
    save(running, folder / STATE)
    return running


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("checkout")


@pytest.fixture
def stopped(chain: Chain) -> Iterator[Chain]:
    """The chain without its subscriber, which is back after the test."""
    chain.subscriber.stop(kill=True)
    yield chain
    restart(chain)


def restart(chain: Chain) -> None:
    if not chain.subscriber.is_alive():
        restarted = chain.restart_subscriber({"PYTHONPATH": str(ROOT), **FAKE})
        object.__setattr__(chain, "subscriber", restarted.subscriber)


class Command:
    """Runs the command line in a new process, in the folder of the chain."""

    def __init__(self, folder: Path, **environment: str) -> None:
        self._folder, self._environment = folder, environment

    def __call__(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-c", MAIN, *arguments],
            cwd=self._folder,
            env={**os.environ, "PYTHONPATH": str(ROOT), **self._environment},
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
        )


@pytest.fixture
def command(folder: Path) -> Command:
    return Command(folder)


def states(finished: subprocess.CompletedProcess[str]) -> dict[str, dict[str, Any]]:
    """The JSON lines by URI; standard output has nothing else."""
    lines = [json.loads(line) for line in finished.stdout.splitlines()]
    return {line["uri"]: line for line in lines}


def picture(chain: Chain, name: str) -> None:
    document_of(chain, upload(chain, name, encoded(picture_of("hola"))))


def test_done_and_failed_uploads_end_with_0_and_1(chain: Chain, command: Command) -> None:
    """Given a good and a broken upload, then each has its state, and the code is that of both."""
    picture(chain, "ended/good.png")
    document_of(chain, upload(chain, "ended/bad.png", b"no picture"))
    good = command("status", "--json", "gs://uploads/ended/good.png")
    assert good.returncode == 0
    (line,) = states(good).values()
    assert (line["state"], line["status"]) == ("done", "translated")
    assert line["document"] == "gs://results/ended/good.png.json"
    both = command("status", "--json", "--prefix", "ended/")
    assert both.returncode == 1
    assert [each["state"] for each in states(both).values()] == ["failed", "done"]
    bad = states(both)["gs://uploads/ended/bad.png"]
    assert bad["code"] == "unsupported_image"
    assert bad["meaning"] == "The bytes are not an image in a supported format."
    again = [part.strip("'") for part in bad["retry"].split()[1:]]
    announced = command(*again, "--dry-run")
    assert "failed  gs://uploads/ended/bad.png" in announced.stdout
    assert "1 uploads to be announced again" in announced.stdout
    assert bad["retry"] in command("status", "ended/bad.png").stderr


def test_waiting_and_stale_uploads_end_with_3(stopped: Chain, command: Command) -> None:
    """Given no subscriber, when a new and an overwritten upload are waited for, then both still
    wait; when it is back, then both are done.
    """
    restart(stopped)
    picture(stopped, "wait/old.png")
    stopped.subscriber.stop(kill=True)
    for name in ("wait/old.png", "wait/new.png"):
        upload(stopped, name, encoded(picture_of("adiós")))
    waited = command("status", "--json", "--prefix", "wait/", "--wait", "--timeout", "1")
    assert waited.returncode == 3
    assert "0/2" in waited.stderr
    new, old = states(waited).values()
    assert (new["state"], new["document"]) == ("waiting", None)
    assert (old["state"], old["document"]) == ("stale", "gs://results/wait/old.png.json")
    assert new["since"].startswith("20")
    restart(stopped)
    done = command("status", "--json", "--prefix", "wait/", "--wait", "--timeout", "60")
    assert done.returncode == 0
    assert {each["state"] for each in states(done).values()} == {"done"}


def test_a_missing_upload_or_an_empty_prefix_ends_with_2(chain: Chain, command: Command) -> None:
    """Given a name or a prefix of nothing, then the exit code is 2, and no upload is invented."""
    picture(chain, "there.png")
    both = command("status", "--json", "there.png", "gs://uploads/not-there.png")
    assert both.returncode == 2
    assert [each["state"] for each in states(both).values()] == ["done", "missing"]
    empty = command("status", "--json", "--prefix", "no\nsuch/")
    assert (empty.returncode, empty.stdout) == (2, "")
    assert "no upload in gs://uploads begins with 'no\\nsuch/'" in empty.stderr.replace("\n", " ")


@pytest.mark.usefixtures("chain")
@pytest.mark.parametrize(
    ("arguments", "advice"),
    [
        (["gs://uploads"], "names no object: type gs://BUCKET/NAME"),
        (["gs://uploads/a.png", "gs://other/a.png"], "is in another bucket"),
        (["a.png", "--prefix", "b"], "name uploads, or a --prefix, not both"),
        (["gs://other/a.png"], "name --results, the bucket of the documents"),
        (["--results", "documents"], "name --uploads"),
        (["--no-such-option"], "No such option"),
    ],
)
def test_wrong_arguments_end_with_2(command: Command, arguments: list[str], advice: str) -> None:
    """Given arguments that fit nothing, then the exit code is 2, and the message says what to
    type.
    """
    finished = command("status", *arguments)
    assert (finished.returncode, finished.stdout) == (2, "")
    assert advice in " ".join(finished.stderr.split())


def test_a_bucket_that_is_not_there_ends_with_2(chain: Chain, folder: Path) -> None:
    """Given the name of no bucket, then the exit code is 2 and not that of a failed upload."""
    cloud = Command(folder, STORAGE_EMULATOR_HOST=chain.storage_url)
    finished = cloud("status", "--uploads", "absent", "--results", RESULTS)
    assert (finished.returncode, finished.stdout) == (2, "")
    assert "gs://absent" in finished.stderr


def test_hostile_names_command_no_terminal(chain: Chain, command: Command) -> None:
    """Given a name with a line feed, quotes and a terminal escape, then both forms of output
    stay one line for each upload, and the JSON has the name.
    """
    picture(chain, HOSTILE)
    shown = command("status", "--prefix", "odd")
    assert shown.returncode == 0
    (line,) = shown.stdout.splitlines()
    assert line.isprintable()
    assert r"gs://uploads/odd\n\x1b[31m'" in line
    assert f"gs://uploads/{HOSTILE}" in states(command("status", "--json", HOSTILE))


def test_documents_that_are_not_ours_are_no_obstacle(chain: Chain, command: Command) -> None:
    """Given a document of another version, a truncated one and a foreign object, then the states
    follow from what is known of them.
    """
    picture(chain, "foreign/truncated.png")
    bucket = chain.client().bucket(RESULTS)
    ours = bucket.get_blob("foreign/truncated.png.json")
    assert ours is not None
    cut = bucket.blob("foreign/truncated.png.json")
    cut.metadata = dict(ours.metadata)
    cut.upload_from_string(ours.download_as_bytes()[:20])
    chain.client().bucket(UPLOADS).blob("foreign/other.png").upload_from_string(b"")
    awaited(lambda: bucket.get_blob("foreign/other.png.json"))
    bucket.blob("foreign/other.png.json").upload_from_string(b'{"schema_version": 99}')
    finished = command("status", "--json", "--prefix", "foreign/")
    assert finished.returncode == 3
    assert [each["state"] for each in states(finished).values()] == ["waiting", "done"]


def test_upload_waits_in_a_real_bucket_and_says_how_it_ended(
    chain: Chain, folder: Path, tmp_path: Path
) -> None:
    """Given buckets in the cloud, when images are uploaded and waited for, then the exit codes are
    those of status.
    """
    cloud = Command(folder, STORAGE_EMULATOR_HOST=chain.storage_url)
    buckets = ("--bucket", UPLOADS, "--results", RESULTS)
    (tmp_path / "fine.png").write_bytes(encoded(picture_of("hola")))
    (tmp_path / "torn.png").write_bytes(b"no picture")
    fine = cloud("upload", str(tmp_path / "fine.png"), *buckets, "--wait", "--json")
    assert fine.returncode == 0
    assert states(fine)["gs://uploads/fine.png"]["state"] == "done"
    torn = cloud("upload", str(tmp_path), *buckets, "--wait")
    assert torn.returncode == 1
    assert "unsupported_image" in torn.stdout
    assert "2 images uploaded to gs://uploads" in torn.stderr
    silent = cloud("upload", str(tmp_path), "--bucket", UPLOADS)
    assert (silent.returncode, silent.stdout) == (0, "")
    alone = cloud("upload", str(tmp_path), "--bucket", UPLOADS, "--wait")
    assert alone.returncode == 2
    assert "--wait needs --results" in alone.stderr


@pytest.mark.usefixtures("chain")
def test_upload_to_the_local_chain_ends_with_1_if_one_failed(
    command: Command, tmp_path: Path
) -> None:
    """Given a broken image and then a good one of its name, when uploaded to the local chain, then
    each upload is waited for, and not the document that stood before.
    """
    (tmp_path / "broken.png").write_bytes(b"no picture")
    finished = command("upload", str(tmp_path / "broken.png"))
    assert finished.returncode == 1
    assert "failed" in finished.stdout
    (tmp_path / "broken.png").write_bytes(encoded(picture_of("hola")))
    mended = command("upload", str(tmp_path / "broken.png"))
    assert mended.returncode == 0
    assert "translated" in mended.stdout
    (tmp_path / "broken.png").write_bytes(b"no picture")
    as_json = command("upload", str(tmp_path / "broken.png"), "--json")
    assert as_json.returncode == 1
    assert states(as_json)["gs://uploads/broken.png"]["code"] == "unsupported_image"


def test_upload_without_a_subscriber_ends_with_3(
    stopped: Chain, folder: Path, tmp_path: Path
) -> None:
    """Given no subscriber, when an upload is waited for a second, then the exit code is 3."""
    (tmp_path / "late.png").write_bytes(encoded(picture_of("hola")))
    cloud = Command(folder, STORAGE_EMULATOR_HOST=stopped.storage_url)
    named = ("--bucket", UPLOADS, "--results", RESULTS, "--wait", "--timeout", "1")
    finished = cloud("upload", str(tmp_path / "late.png"), *named, "--json")
    assert finished.returncode == 3
    assert states(finished)["gs://uploads/late.png"]["state"] == "waiting"
    local = Command(folder)("upload", str(tmp_path / "late.png"), "--timeout", "1")
    assert local.returncode == 3
