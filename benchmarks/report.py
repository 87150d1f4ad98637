"""A report of 1,000 documents: time, size, first paint in Chromium: `make bench-report`."""

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from pipeline.cli.image_files import find_image_files

SAMPLES = Path("samples")
MAX_SECONDS, MAX_INDEX_BYTES, MAX_PAINT_SECONDS = 60, 3_000_000, 2.0


def main() -> int:
    """Writes the report, opens it, prints the figures; returns 1 where one is over its limit."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--documents", type=int, default=1000)
    parser.add_argument("--images", type=Path, default=SAMPLES, help="pictures to take by turns")
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        copies(chosen.images, chosen.documents, folder)
        report = folder / "report"
        started, times = time.monotonic(), os.times()
        before = times.children_user + times.children_system
        command = ["report", str(folder / "documents")]
        options = ["--images", str(folder / "images"), "--out", str(report)]
        call(*command, *options)
        seconds = time.monotonic() - started
        after = os.times()
        worked = (after.children_user + after.children_system) - before
        index = report / "index.html"
        sizes = {path: path.stat().st_size for path in report.rglob("*.*")}
        painted = in_browser(index)
    rows = {
        "time to write": (f"{seconds:.1f} s", seconds <= MAX_SECONDS),
        "processor time": (f"{worked:.1f} s", True),
        "index.html": (f"{sizes[index] / 1e6:.2f} MB", sizes[index] <= MAX_INDEX_BYTES),
        "whole folder": (f"{sum(sizes.values()) / 1e6:.0f} MB", True),
        "first contentful paint": (
            f"{painted['paint'] / 1000:.2f} s",
            painted["paint"] / 1000 <= MAX_PAINT_SECONDS,
        ),
        "a filter": (f"{painted['filter']:.0f} ms", True),
        "the first search": (f"{painted['search']:.0f} ms", True),
    }
    table = Table(title=f"{chosen.documents} documents, {os.cpu_count()} cores")
    table.add_column("measure")
    table.add_column("value", justify="right")
    for measure, (value, _) in rows.items():
        table.add_row(measure, value)
    Console().print(table)
    return 0 if all(good for _, good in rows.values()) else 1


def copies(images: Path, count: int, folder: Path) -> None:
    """Documents and images under `folder`: those of `images` by turns, each with its own name."""
    call("run", str(images), "--out", str(folder / "made"))
    made = [
        (file, json.loads((folder / "made" / f"{name}.json").read_text("utf-8")))
        for file, name in find_image_files([images])
    ]
    for part in ("documents", "images"):
        (folder / part).mkdir()
    for number in range(count):
        file, document = made[number % len(made)]
        name = f"{number:05}-{file.name}"
        source = {**document["source"], "name": name, "uri": f"gs://uploads/{name}"}
        copied = {**document, "source": {**source, "bucket": "uploads"}}
        (folder / "documents" / f"{name}.json").write_text(json.dumps(copied), "utf-8")
        shutil.copy(file, folder / "images" / name)


def in_browser(index: Path) -> dict[str, Any]:
    """Milliseconds in Chromium: until the first paint, for a filter, for the first search."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=shutil.which("chromium"), args=["--no-sandbox", "--disable-gpu"]
        )
        page = browser.new_page(viewport={"width": 1280, "height": 800})
        page.goto(index.as_uri())
        (paint,) = page.evaluate(
            "performance.getEntriesByName('first-contentful-paint').map((entry) => entry.startTime)"
        )
        started = time.monotonic()
        page.select_option("[name=status]", "no_text")
        page.locator("output", has_text=" of ").wait_for()
        filtered = time.monotonic() - started
        page.select_option("[name=status]", "")
        started = time.monotonic()
        page.fill("[name=text]", "no such words")
        page.locator("output", has_text="0 of ").wait_for()
        searched = time.monotonic() - started
        browser.close()
    return {"paint": paint, "filter": filtered * 1000, "search": searched * 1000}


def call(*arguments: str) -> None:
    """Runs the command line of the project in a process by itself."""
    environment = {**os.environ, "PYTHONPATH": str(Path.cwd()), "TRANSLATOR": "apertium"}
    done = subprocess.run(
        [sys.executable, "-m", "pipeline.cli", *arguments],
        env=environment,
        check=False,
        capture_output=True,
        text=True,
    )
    if done.returncode:
        sys.exit(done.stdout + done.stderr)


if __name__ == "__main__":
    sys.exit(main())
