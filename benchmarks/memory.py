"""Twenty-two pictures at once under a real memory limit: `make bench-memory`.

The subscriber runs in a memory cgroup against the real storage server. Its messages are
pushed by this program, all twenty-two at the same time and again after a 429 or 503, as
Pub/Sub does: the emulator never has more than two in flight, which would hide the danger.
"""

import argparse
import os
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import requests
from rich.console import Console
from rich.table import Table

from benchmarks import pictures
from benchmarks.services import alone
from pipeline.local.chain import RESULTS
from pipeline.models import Upload
from tests.support.chain_client import upload_to
from tests.support.memory_cgroup import Group, limited
from tests.support.push_bodies import push_of

_GIVE_UP_SECONDS = 900


def main() -> None:
    """Prints a row for each limit."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--rows",
        default="768:3,1024:8,2048:2,4096:3,8192:5,16384:8",
        help="limit in MiB and MAX_CONCURRENT_OCR, LIMIT:SLOTS, comma separated",
    )
    parser.add_argument("--runs", type=int, default=1)
    parser.add_argument("--stock", action="store_true", help="eight PaddleOCRs, no admission")
    parser.add_argument(
        "--alone", action="store_true", help="first stock, one at a time, unlimited"
    )
    options = parser.parse_args()
    table = Table(title="22 pictures at once, " + ("stock" if options.stock else "this project"))
    for column in (
        "limit",
        "slots",
        "peak",
        "of limit",
        "not cache",
        "kills",
        "documents",
        "s",
        "images/min",
    ):
        table.add_column(column, justify="right")
    files = pictures.pictures()
    read_ahead(Path(sys.prefix), Path("models"), Path("/usr/share/apertium"))
    if options.alone:
        printed = stock(["env"], "1", files).splitlines()
        seconds = float(printed[-1].split()[1])
        per_minute = f"{len(files) * 60 / seconds:.1f}"
        table.add_row(
            "none", "stock, 1", "", "", "", "0", f"{len(files)}", f"{seconds:.0f}", per_minute
        )
    for limit, slots in (map(int, row.split(":")) for row in options.rows.split(",")):
        for _ in range(options.runs):
            with limited(limit) as group, sampled(group) as held:
                started = time.monotonic()
                if options.stock:
                    done, seconds = run_stock(group, files), time.monotonic() - started
                else:
                    done, seconds = run_subscriber(group, files, slots)
                peak = group.peak_bytes / 2**20
                kills = group.kills
            table.add_row(
                f"{limit} MiB",
                str(slots),
                f"{peak:.0f} MiB",
                f"{peak / limit:.0%}",
                f"{max(held) / 2**20 / limit:.0%}",
                str(kills),
                f"{done} of {len(files)}",
                f"{seconds:.0f}",
                f"{done * 60 / seconds:.1f}",
            )
    Console(width=110).print(table)


def read_ahead(*folders: Path) -> None:
    """Reads what the program will read, here, so that the group is charged for what it takes.

    The first group to touch a file is charged for its pages, 430 MB from a cold start. The
    kernel takes them back before it kills, so its peak would always end at the limit.
    """
    for folder in folders:
        for path in folder.rglob("*"):
            if path.is_file():
                path.read_bytes()


@contextmanager
def sampled(group: Group) -> Iterator[list[int]]:
    """The memory that the group holds and cannot give back, twenty times a second."""
    held, ended = [0], threading.Event()

    def sample() -> None:
        while not ended.wait(0.05):
            held.append(group.anonymous_bytes)

    sampler = threading.Thread(target=sample)
    sampler.start()
    try:
        yield held
    finally:
        ended.set()
        sampler.join()


def run_subscriber(group: Group, files: list[Path], slots: int) -> tuple[int, float]:
    """Documents that came, and seconds from the first push to the last answer."""
    settings = {
        "MAX_CONCURRENT_OCR": str(slots),
        "MAX_WORKER_THREADS": str(slots),
        "OCR_MODEL_DIR": str(Path("models").resolve()),
        "TRANSLATOR": "apertium",
        "DELIVERY_DEADLINE_SECONDS": "540",
    }
    with (
        tempfile.TemporaryDirectory() as folder,
        alone(Path(folder), settings, launcher=group.launcher) as service,
    ):
        uploads = [upload_to(service.client, file.name, file.read_bytes()) for file in files]
        started = time.monotonic()
        with ThreadPoolExecutor(len(uploads)) as pool:
            list(pool.map(lambda one: deliver(service.url, one), uploads))
        seconds = time.monotonic() - started
        results = service.client.bucket(RESULTS)
        # With RENDER set there are translated pictures beside the documents.
        done = [blob.name for blob in results.list_blobs() if blob.name.endswith(".json")]
        translated = sum(
            (results.get_blob(name).metadata or {})["status"] == "translated" for name in done
        )
        if os.environ.get("SHOW_LOG"):
            sys.stderr.write(service.log.read_text())
    return translated, seconds


def deliver(url: str, upload: Upload) -> None:
    """Pushes until the push is acknowledged, as Pub/Sub does."""
    until = time.monotonic() + _GIVE_UP_SECONDS
    while time.monotonic() < until:
        try:
            answer = requests.post(url, data=push_of(upload), timeout=600)
        except requests.RequestException:
            return  # killed: what was inside is lost to this run, and counted as missing
        if answer.status_code == 204:
            return
        time.sleep(1)


def run_stock(group: Group, files: list[Path]) -> int:
    """Pictures that eight workers, each with a PaddleOCR of its own, finished."""
    return stock(group.launcher, "8", files).count("done ")


def stock(launcher: Sequence[str], workers: str, files: list[Path]) -> str:
    """The output of `benchmarks.stock`, to its end or until it was killed."""
    return subprocess.run(
        [*launcher, sys.executable, "-m", "benchmarks.stock", workers, *map(str, files)],
        check=False,
        capture_output=True,
        text=True,
        env={
            **os.environ,
            "PADDLE_PDX_DISABLE_MODEL_SOURCE_CHECK": "True",
            "PYTHONPATH": f"build/paddleocr{os.pathsep}.",
        },
    ).stdout


if __name__ == "__main__":
    main()
