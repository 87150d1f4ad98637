"""Resident memory over 500 pictures in a row: `make bench-steady`."""

import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from benchmarks.memory import deliver
from benchmarks.pictures import pictures
from pipeline.local.chain import RESULTS, UPLOADS, start_target
from pipeline.local.children import free_port
from pipeline.local.storage import start_storage, storage_client
from pipeline.memory import MEBIBYTE, resident_bytes
from tests.e2e.chains import upload_to

COUNT, PART = 500, 100
PHOTO_EVERY = 25


def main() -> None:
    """Prints resident memory after each hundred: small pictures, and a photo now and then."""
    drawn = {path.name: path.read_bytes() for path in pictures()}
    small = [content for name, content in drawn.items() if name.startswith("small")]
    photo = drawn["photo-0.jpg"]
    contents = [small[n % len(small)] if n % PHOTO_EVERY else photo for n in range(COUNT)]
    with tempfile.TemporaryDirectory() as folder:
        logs = Path(folder)
        url, server = start_storage(
            logs, project="local", topic="none", uploads="none", emulator_host="127.0.0.1:1"
        )
        client = storage_client(url)
        for bucket in (UPLOADS, RESULTS):
            client.create_bucket(bucket)
        uploads = [upload_to(client, f"{n}", content) for n, content in enumerate(contents)]
        port = free_port()
        settings = {"OCR_MODEL_DIR": str(Path("models").resolve()), "TRANSLATOR": "apertium"}
        service = start_target("push", port, logs, url, settings)
        started = time.monotonic()
        resident = []
        for first in range(0, COUNT, PART):
            with ThreadPoolExecutor(3) as pool:
                part = uploads[first : first + PART]
                list(pool.map(lambda one: deliver(f"http://127.0.0.1:{port}", one), part))
            resident.append(resident_bytes(service.pid) / MEBIBYTE)
            seconds = time.monotonic() - started
            print(f"after {first + PART}: {resident[-1]:.0f} MiB, {seconds:.0f} s", flush=True)
        documents = len(list(client.list_blobs(RESULTS)))
        service.stop()
        server.stop()
    print(f"{documents} documents; after {COUNT} {resident[-1] / resident[0] - 1:+.1%} of {PART}")


if __name__ == "__main__":
    main()
