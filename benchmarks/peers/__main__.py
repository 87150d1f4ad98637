"""Word F1, seconds an image and peak memory of this project and its peers: `make bench-peers`.

RECEIPTS is a folder of `NAME.jpg` with `NAME.csv` beside it, as the SROIE set has. Every
engine runs in a process of its own. They read the receipts in turn, once to warm up and
ROUNDS times for the table, so that a change of the machine's speed meets all of them. A
median counts.
"""

import json
import os
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from typing import Any

from rich.console import Console
from rich.table import Table

from benchmarks.accuracy import word_f1
from benchmarks.peers.readers import READERS

ROUNDS = 3
REFERENCE = Path("build/paddleocr")
ENVIRONMENTS = {
    "RapidOCR": Path("build/peers/rapidocr/bin/python"),
    "faster-paddle": Path("build/peers/faster-paddle/bin/python"),
}


@dataclass(slots=True)
class Peer:
    """A running reader and its passes over the receipts."""

    name: str
    process: "subprocess.Popen[str]"
    passes: list[dict[str, Any]] = field(default_factory=list)

    def read(self, files: list[str]) -> dict[str, Any]:
        """One pass; waits for its answer."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write(json.dumps(files) + "\n")
        self.process.stdin.flush()
        answer = self.process.stdout.readline()
        if not answer:
            raise SystemExit(f"{self.name} ended; its log is in build/peers/{self.name}.log")
        answered: dict[str, Any] = json.loads(answer)
        return answered


def start(name: str) -> Peer:
    """Starts the reader `name` in its environment."""
    python = ENVIRONMENTS.get(name.split(maxsplit=1)[0].rstrip(","), Path(sys.executable))
    paths = [str(REFERENCE)] if "PaddleOCR" in name else []
    log = Path("build/peers", f"{name}.log")
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("w") as errors:
        process = subprocess.Popen(
            [str(python), "-m", "benchmarks.peers.readers", name],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=errors,
            text=True,
            env={**os.environ, "PYTHONPATH": os.pathsep.join([*paths, "."])},
        )
    return Peer(name, process)


def main() -> None:
    """Runs every reader whose name contains one of the arguments after the folder, or all."""
    receipts = sorted(Path(sys.argv[1]).glob("*.jpg"))
    files = [str(path) for path in receipts]
    wanted = sys.argv[2:]
    peers = [start(name) for name in READERS if not wanted or any(w in name for w in wanted)]
    for peer in peers:
        peer.read(files[:2])
    for _ in range(ROUNDS):
        for peer in peers:
            peer.passes.append(peer.read(files))
    Console().print(table(peers, receipts))
    for peer in peers:
        peer.process.kill()


def table(peers: list[Peer], receipts: list[Path]) -> Table:
    """One row a reader; the factor is how many times as long as the first it takes."""
    images = len(receipts)
    shown = Table(title=f"{images} receipts, {ROUNDS} rounds in turn, {os.cpu_count()} cores")
    for column in ("engine", "word F1", "s an image", "CPU s", "peak MB", "times ours"):
        shown.add_column(column, justify="left" if column == "engine" else "right")
    first = median(each["seconds"] for each in peers[0].passes)
    for peer in peers:
        seconds = median(each["seconds"] for each in peer.passes)
        shown.add_row(
            peer.name,
            f"{word_f1(receipts, peer.passes[-1]['texts']):.4f}",
            f"{seconds / images:.3f}",
            f"{median(each['cpu_seconds'] for each in peer.passes) / images:.3f}",
            str(peer.passes[-1]["peak_mb"]),
            f"{seconds / first:.2f}",
        )
    return shown


if __name__ == "__main__":
    main()
