"""Resident memory over 500 pictures in a row: `make bench-steady`."""

import json
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from benchmarks.memory import deliver
from benchmarks.pictures import pictures
from pipeline.local.chain import RESULTS, UPLOADS, start_target
from pipeline.local.children import free_port
from pipeline.local.storage import start_storage, storage_client
from tests.e2e.chains import upload_to

COUNT, SETTLED = 500, 100


def main() -> None:
    """Prints resident memory after 100 and after 500 of the small pictures."""
    small = [path.read_bytes() for path in pictures() if path.name.startswith("small")]
    with tempfile.TemporaryDirectory() as folder:
        logs = Path(folder)
        url, server = start_storage(
            logs, project="local", topic="none", uploads="none", emulator_host="127.0.0.1:1"
        )
        client = storage_client(url)
        for bucket in (UPLOADS, RESULTS):
            client.create_bucket(bucket)
        uploads = [upload_to(client, f"{n}.png", small[n % len(small)]) for n in range(COUNT)]
        port = free_port()
        settings = {"OCR_MODEL_DIR": str(Path("models").resolve()), "TRANSLATOR": "apertium"}
        service = start_target("push", port, logs, url, settings)
        resident = []
        for part in (uploads[:SETTLED], uploads[SETTLED:]):
            with ThreadPoolExecutor(3) as pool:
                list(pool.map(lambda one: deliver(f"http://127.0.0.1:{port}", one), part))
            lines = (logs / "push.log").read_text().splitlines()
            resident.append(json.loads(lines[-1])["memory_mb"])
        service.stop()
        server.stop()
    print(f"resident after {SETTLED}: {resident[0]} MiB, after {COUNT}: {resident[1]} MiB,")
    print(f"{resident[1] / resident[0] - 1:+.1%}")


if __name__ == "__main__":
    main()
