"""`image-translation status` over 100,000 objects: its memory and its lines, in a new process."""

import json
import os
import re
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from pipeline.outcomes.document import document_name

OBJECTS, PAGE = 100_000, 1000
LIMIT_MB = 200
MAIN = """
import atexit
import sys
from pathlib import Path
from pipeline.cli.commands import main

# The kernel's peak of this program; that of wait4 would count its parent before the exec.
atexit.register(lambda: sys.stderr.write(Path("/proc/self/status").read_text()))
main()
"""


class ListingServer(ThreadingHTTPServer):
    """Lists OBJECTS uploads and their documents, a page at a time; every tenth has none."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Listing)
        names = [f"menus/{number:06}/picture.jpg" for number in range(OBJECTS)]
        written = sorted(document_name(n) for i, n in enumerate(names) if i % 10)
        self.names = {"uploads": names, "results": written}
        self.fields: set[str] = set()
        threading.Thread(target=self.serve_forever, args=(0.02,), daemon=True).start()


class _Listing(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: ListingServer

    def do_GET(self) -> None:
        parts = urlsplit(self.path)
        query = parse_qs(parts.query)
        if not parts.path.endswith("/o"):
            # The client looks at the bucket too, and does without.
            self.send_error(404)
            return
        self.server.fields |= set(query["fields"])
        bucket = parts.path.split("/")[4]
        start = int(query.get("pageToken", ["0"])[0])
        names = self.server.names[bucket][start : start + PAGE]
        page: dict[str, Any] = {"items": [_item(bucket, name) for name in names]}
        if start + PAGE < len(self.server.names[bucket]):
            page["nextPageToken"] = str(start + PAGE)
        answer = json.dumps(page).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class names it so
        pass


def _item(bucket: str, name: str) -> dict[str, Any]:
    item: dict[str, Any] = {
        "name": name,
        "generation": "1795569782824647",
        "size": "2000000",
        "timeCreated": "2026-11-25T12:00:00.000Z",
    }
    if bucket == "results":
        item["metadata"] = {
            "source-generation": "1795569782824647",
            "fingerprint": "0123456789abcdef",
            "status": "translated",
            "languages": "es",
        }
    return item


@pytest.fixture(scope="module")
def server() -> Iterator[ListingServer]:
    with ListingServer() as made:
        yield made
        made.shutdown()


def test_a_hundred_thousand_objects_take_less_than_200_mb(
    server: ListingServer, tmp_path: Path
) -> None:
    """Given 100,000 uploads and 90,000 documents, when their states are listed, then each has one
    line, and the process stays below 200 MB of resident memory.
    """
    command = [sys.executable, "-c", MAIN, "status", "--json", "--uploads", "uploads"]
    environment = {
        **os.environ,
        "PYTHONPATH": str(Path(__file__).parents[2]),
        "STORAGE_EMULATOR_HOST": f"http://127.0.0.1:{server.server_port}",
    }
    finished = subprocess.run(
        [*command, "--results", "results"],
        capture_output=True,
        env=environment,
        cwd=tmp_path,
        text=True,
        check=False,
    )
    peak = re.search(r"VmHWM:\s+(\d+) kB", finished.stderr)
    assert peak is not None
    print(f"{int(peak[1]) / 1024:.0f} MiB")  # noqa: T201 - pytest -s shows the figure
    assert finished.returncode == 3
    states = [json.loads(line)["state"] for line in finished.stdout.splitlines()]
    assert len(states) == OBJECTS
    assert states.count("waiting") == OBJECTS // 10
    assert int(peak[1]) < LIMIT_MB * 1000
    assert server.fields == {
        "items(name,generation,size,contentType,crc32c,timeCreated,metadata),nextPageToken"
    }
