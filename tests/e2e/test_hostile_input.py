"""The hostile corpus through a subscriber process: one outcome each, bounded time and memory."""

import json
import threading
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import psutil

from pipeline.capacity.process_memory import MEBIBYTE
from pipeline.local.chain import RESULTS
from pipeline.ocr.model_files import is_installed
from pipeline.outcomes.document import document_name
from tests.conftest import missing
from tests.support.chain_client import VALIDATOR, upload_to
from tests.support.hostile_corpus import hostile_files
from tests.support.hostile_file import READ, READABLE, HostileFile
from tests.support.push_bodies import push_of
from tests.support.service_process import ROOT, Service, serving

LIMIT_MB = 1024
LONGEST_SECONDS = 10.0
AT_ONCE = 4


@dataclass
class PeakMemory:
    """The highest memory of a process and its children that was measured, in MiB."""

    peak_mb: float = 0.0
    done: threading.Event = field(default_factory=threading.Event)


@contextmanager
def watching(process: psutil.Process) -> Iterator[PeakMemory]:
    measured, command = PeakMemory(), process.cmdline()

    def held() -> Iterator[int]:
        for each in (process, *process.children(recursive=True)):
            try:
                # A child that has not yet run its program shares the memory of its parent.
                if each == process or each.cmdline() != command:
                    memory = each.memory_info()
                    yield memory.rss - memory.shared
            except psutil.NoSuchProcess:
                pass

    def watch() -> None:
        while not measured.done.wait(0.01):
            measured.peak_mb = max(measured.peak_mb, sum(held()) / MEBIBYTE)

    thread = threading.Thread(target=watch)
    thread.start()
    try:
        yield measured
    finally:
        measured.done.set()
        thread.join()


def outcome(service: Service, name: str) -> str:
    """`READ`, or the error code in the one document of an object."""
    content = service.client.bucket(RESULTS).blob(document_name(name)).download_as_bytes()
    document = json.loads(content)
    VALIDATOR.validate(document)
    assert document["source"]["name"] == name
    return document["error"]["code"] if document["status"] == "failed" else READ


def push_all(
    service: Service, files: list[HostileFile], printed: str
) -> tuple[list[tuple[str, str]], float, float]:
    """Pushes every file once and asserts that the process stays alive.

    Returns the files with an outcome that is not allowed, the seconds of the slowest delivery,
    and the peak memory in MiB.
    """
    worker = service.worker
    began = worker.create_time()

    def deliver(numbered: tuple[int, HostileFile]) -> tuple[str, float]:
        number, file = numbered
        one = upload_to(service.client, f"{number:04}", file.content)
        started = time.monotonic()
        answer = service.push(push_of(one))
        seconds = time.monotonic() - started
        assert answer.status_code == 204, (file.name, answer.text)
        return outcome(service, one.ref.name), seconds

    with watching(worker) as measured, ThreadPoolExecutor(AT_ONCE) as pool:
        ended = list(pool.map(deliver, enumerate(files)))
    slowest, name = max(zip((s for _, s in ended), (f.name for f in files), strict=True))
    print(  # noqa: T201 - the measurements
        f"\n{printed}: {len(files)} files, {dict(Counter(code for code, _ in ended))};"
        f" slowest {slowest:.1f} s ({name}); peak {measured.peak_mb:.0f} of {LIMIT_MB} MiB"
    )
    assert len(list(service.client.list_blobs(RESULTS))) == len(files)
    assert (service.worker.pid, service.worker.create_time()) == (worker.pid, began)
    assert [line["event"] for line in service.lines].count("started") == 1
    codes = ((file, code) for file, (code, _) in zip(files, ended, strict=True))
    wrong = [(file.name, code) for file, code in codes if code not in file.allowed]
    return wrong, slowest, measured.peak_mb


def test_every_hostile_file_has_one_outcome(tmp_path: Path) -> None:
    """Given the whole corpus, when each file is delivered once, then it has one
    declared outcome.
    """
    with serving(tmp_path, {"MEMORY_LIMIT_MB": str(LIMIT_MB)}) as service:
        wrong, slowest, peak_mb = push_all(service, list(hostile_files()), "fake engine")
    assert wrong == []
    assert slowest < LONGEST_SECONDS
    assert peak_mb <= LIMIT_MB


def test_readable_files_are_read_by_the_real_engine(tmp_path: Path) -> None:
    """Given the readable files, when a real engine reads them, then the memory
    stays in its budget.
    """
    if not is_installed("openvino", ROOT / "models"):
        missing("the OCR models (make setup)")
    readable = [file for file in hostile_files() if file.allowed == READABLE][::3]
    real = {
        "MEMORY_LIMIT_MB": str(LIMIT_MB),
        "OCR_ENGINE": "openvino",
        "OCR_MODEL_DIR": str(ROOT / "models"),
        "TRANSLATOR": "none",
    }
    with serving(tmp_path, real) as service:
        wrong, slowest, peak_mb = push_all(service, readable, "PaddleOCR")
    assert wrong == []
    assert slowest < LONGEST_SECONDS
    assert peak_mb <= LIMIT_MB
