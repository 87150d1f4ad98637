"""Resident memory over 500 pictures in a row: `make bench-steady`."""

import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from benchmarks.memory import deliver
from benchmarks.pictures import pictures
from benchmarks.services import alone
from pipeline.capacity.process_memory import MEBIBYTE, resident_bytes
from pipeline.local.chain import RESULTS
from tests.support.chain_client import upload_to

COUNT, PART = 500, 100
PHOTO_EVERY = 25


def main() -> None:
    """Prints resident memory after each hundred pictures; every 25th picture is a photo."""
    drawn = {path.name: path.read_bytes() for path in pictures()}
    small = [content for name, content in drawn.items() if name.startswith("small")]
    photo = drawn["photo-0.jpg"]
    contents = [small[n % len(small)] if n % PHOTO_EVERY else photo for n in range(COUNT)]
    settings = {"OCR_MODEL_DIR": str(Path("models").resolve()), "TRANSLATOR": "apertium"}
    with (
        tempfile.TemporaryDirectory() as folder,
        alone(Path(folder), settings) as service,
    ):
        uploads = [upload_to(service.client, f"{n}", each) for n, each in enumerate(contents)]
        started = time.monotonic()
        resident = []
        for first in range(0, COUNT, PART):
            with ThreadPoolExecutor(3) as pool:
                part = uploads[first : first + PART]
                list(pool.map(lambda one: deliver(service.url, one), part))
            resident.append(resident_bytes(service.child.pid) / MEBIBYTE)
            seconds = time.monotonic() - started
            print(f"after {first + PART}: {resident[-1]:.0f} MiB, {seconds:.0f} s", flush=True)
        documents = len(list(service.client.list_blobs(RESULTS)))
    print(f"{documents} documents; after {COUNT} {resident[-1] / resident[0] - 1:+.1%} of {PART}")


if __name__ == "__main__":
    main()
