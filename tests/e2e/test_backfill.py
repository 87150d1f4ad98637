"""Backfill on the storage server: four tasks, one killed, one stopped, beside live deliveries."""

import json
import os
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from pipeline.local.chain import RESULTS
from pipeline.translation.engines.google_fake import FakeCloudTranslation
from tests.support.chain_client import awaited, upload_to
from tests.support.numbered_pictures import picture, text_of
from tests.support.push_bodies import push_of
from tests.support.service_process import ROOT, Service, serving

OBJECTS = int(os.environ.get("BACKFILL_OBJECTS", "200"))
LIVE = OBJECTS // 10
TASKS = 4
FIRST = 10_000  # numbers of five digits: no number is part of another
OLD_SECONDS = 6.0
"""Objects older than this count as old; a live delivery ends much sooner."""
SLOTS = 3


@pytest.fixture
def translator() -> Iterator[FakeCloudTranslation]:
    server = FakeCloudTranslation()
    server.start()
    yield server
    server.shutdown()
    server.server_close()


@pytest.fixture
def service(translator: FakeCloudTranslation, tmp_path: Path) -> Iterator[Service]:
    with serving(tmp_path, environment(translator)) as running:
        yield running


def environment(translator: FakeCloudTranslation) -> dict[str, str]:
    return {
        "OCR_ENGINE": "tests.support.numbered_pictures:NumberEngine",
        "TRANSLATOR": "google",
        "TRANSLATOR_PROJECT": "fake",
        "GOOGLE_TRANSLATE_ENDPOINT": translator.endpoint,
        "MAX_CONCURRENT_OCR": str(SLOTS),
    }


class Tasks:
    """The processes of `image-translation backfill`, one for each shard."""

    def __init__(self, service: Service, translator: FakeCloudTranslation) -> None:
        self._environment = {
            **os.environ,
            **environment(translator),
            "STORAGE_EMULATOR_HOST": str(service.client._connection.API_BASE_URL),
            "UPLOADS_BUCKET": "uploads",
            "RESULTS_BUCKET": "results",
            "CLOUD_RUN_TASK_COUNT": str(TASKS),
            "PYTHONPATH": str(ROOT),
        }
        self.logs = service.log.parent

    def start(self, index: int, *arguments: str) -> subprocess.Popen[bytes]:
        log = (self.logs / f"task-{index}.log").open("ab")
        minutes = f"{OLD_SECONDS / 60}"
        command = [sys.executable, "-m", "pipeline.cli", "backfill", "--minutes", minutes]
        return subprocess.Popen(
            [*command, *arguments],
            cwd=self.logs,
            env={**self._environment, "CLOUD_RUN_TASK_INDEX": str(index)},
            stdout=log if not arguments else subprocess.PIPE,
            stderr=log,
        )

    def estimate(self) -> dict[str, Any]:
        """The estimate of one task for the whole bucket."""
        process = self.start(0, "--dry-run", "--json", "--sample", "20")
        printed, _ = process.communicate(timeout=300)
        assert process.returncode == 0
        report: dict[str, Any] = json.loads(printed)
        return report


def count_documents(service: Service) -> int:
    return sum(1 for _ in service.client.list_blobs(RESULTS))


def await_documents(service: Service, count: int) -> None:
    give_up_at = time.monotonic() + 300
    while count_documents(service) < count:
        assert time.monotonic() < give_up_at, f"{count_documents(service)} of {count} documents"
        time.sleep(0.5)


def sent_texts(translator: FakeCloudTranslation) -> Counter[str]:
    return Counter(text for request in translator.requests for text in request["contents"])


def live_delivery(service: Service, number: int) -> int:
    """Uploads a picture and pushes its notification, as Cloud Storage and Pub/Sub do."""
    upload = upload_to(service.client, f"live/{number}.png", picture(number))
    return service.push(push_of(upload)).status_code


def test_each_upload_gets_one_document_and_is_paid_once(
    service: Service, translator: FakeCloudTranslation
) -> None:
    """Given old objects without messages, when four tasks process them, one is killed, one is
    stopped and both are repeated, while live uploads are delivered, then each object has one
    document of its picture, and only what was in work at the kill is paid twice.
    """
    old = range(FIRST, FIRST + OBJECTS)
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda n: upload_to(service.client, f"old/{n}.png", picture(n)), old))
    time.sleep(OLD_SECONDS)
    tasks = Tasks(service, translator)
    estimate = tasks.estimate()
    assert (estimate["objects"], estimate["documents there"]) == (OBJECTS, 0)
    assert sent_texts(translator) == Counter()
    running = [tasks.start(index) for index in range(TASKS)]
    with ThreadPoolExecutor(2) as pool:
        numbers = range(FIRST + OBJECTS, FIRST + OBJECTS + LIVE)
        live = pool.map(lambda number: live_delivery(service, number), numbers)
        await_documents(service, OBJECTS // 4)
        # The documents may be those of the other tasks, while this one is still starting.
        awaited(lambda: _catches_sigterm(running[1].pid), 60)
        running[0].kill()
        running[1].send_signal(signal.SIGTERM)
        assert [running[0].wait(30), running[1].wait(30)] == [-signal.SIGKILL, 1]
        running[:2] = [tasks.start(index) for index in range(2)]
        assert set(live) == {204}
    assert [process.wait(500) for process in running] == [0] * TASKS

    found = {blob.name: blob for blob in service.client.list_blobs(RESULTS)}
    expected = {f"old/{number}.png.json": number for number in old}
    expected |= {f"live/{number}.png.json": number for number in numbers}
    assert found.keys() == expected.keys()
    with ThreadPoolExecutor(4) as pool:
        texts = pool.map(lambda name: json.loads(found[name].download_as_bytes())["text"], expected)
        assert list(texts) == [text_of(number) for number in expected.values()]
    sent = sent_texts(translator)
    assert sent.keys() == {text_of(number) for number in expected.values()}
    assert sum(sent.values()) - len(expected) <= SLOTS, "only what was in work at the kill"
    characters = sum(len(text_of(number)) for number in old)
    assert estimate["work"]["characters"]["expected"] == pytest.approx(characters, rel=0.01)


def _catches_sigterm(pid: int) -> bool:
    """Whether the process has a handler of SIGTERM; proc(5), SigCgt."""
    status = Path(f"/proc/{pid}/status").read_text()
    caught = next(line for line in status.splitlines() if line.startswith("SigCgt"))
    return bool(int(caught.split()[1], 16) >> (signal.SIGTERM - 1) & 1)
