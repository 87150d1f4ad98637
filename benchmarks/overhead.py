"""Time outside OCR and translation for each image on the local chain: `make bench`."""

import statistics
import tempfile
import time
from pathlib import Path

from rich.console import Console
from rich.table import Table

from pipeline.cli.image_files import find_image_files
from pipeline.local.chain import running_chain
from pipeline.local.demo import documents, upload

PARTS = ("download", "decode", "layout", "write")
OTHERS = ("slot_wait", "ocr", "translate")


def main() -> None:
    """Prints the median of each part over the samples, and the start-up time."""
    from pipeline.cli.commands import _local_environment as environment

    pictures = find_image_files([Path("samples")])
    with tempfile.TemporaryDirectory() as folder:
        logs = Path(folder)
        with running_chain(logs, environment()) as chain:
            names = upload(chain, pictures)
            done = list(documents(chain, names, logs / "out"))
            lines = deliveries(logs / "push.log")
            started = time.monotonic()
            restarted = chain.restart_subscriber(environment())
            ready = time.monotonic() - started
            restarted.subscriber.stop()
    table = Table(title=f"{len(done)} samples, milliseconds outside OCR and translation")
    for column in ("part", "median", "largest"):
        table.add_column(column, justify="right")
    rows = {part: [line.get(part, 0.0) for line in lines] for part in PARTS}
    # This includes the request, the search for an existing document and the log line.
    rows["everything"] = [
        line["total"] - sum(line.get(part, 0.0) for part in OTHERS) for line in lines
    ]
    for part, values in rows.items():
        table.add_row(part, f"{statistics.median(values):.1f}", f"{max(values):.1f}")
    Console().print(table)
    Console().print(f"from process start to /health: {ready:.1f} s")


def deliveries(log: Path) -> list[dict[str, float]]:
    """The timings of all deliveries with the disposition done."""
    import json

    lines = [json.loads(line) for line in log.read_text().splitlines() if line.startswith("{")]
    return [line["timings_ms"] for line in lines if line.get("disposition") == "done"]


if __name__ == "__main__":
    main()
