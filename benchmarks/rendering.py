"""Translated pictures, read again by the project's own OCR: `make bench-rendering`.

For each image of a folder: are the drawn words read again, is a line of the source left in a
place that was replaced, does a pixel outside the places differ, and how much time does it take?
"""

import argparse
import statistics
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console
from rich.table import Table

from pipeline.app import Application, compose
from pipeline.cli.image_files import find_image_files
from pipeline.config import load_settings
from pipeline.images.image_file import open_image
from pipeline.models import ObjectRef, Upload
from pipeline.ocr.base import OcrEngine
from pipeline.ocr.factory import make_openvino_engine
from pipeline.outcomes.document import document_name
from pipeline.outcomes.document_reader import parse_document
from pipeline.presentation.rendering.fonts import Fonts
from pipeline.presentation.rendering.page import render_page, scaled_page
from pipeline.stores.directory import DirectoryStore
from pipeline.telemetry import Timings
from tests.support.rendered_reading import Reading, read_again

ROUNDS = 3


@dataclass(frozen=True, slots=True)
class Result:
    """An image: what its pages show, and the medians of its milliseconds with and without."""

    name: str
    readings: tuple[Reading, ...]
    rendering: float
    everything: float

    @property
    def added(self) -> float:
        """Rendering's share of the time without it."""
        return self.rendering / (self.everything - self.rendering)


def main() -> None:
    """Prints a row for each image, and their sums."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", nargs="?", type=Path, default=Path("samples"))
    parser.add_argument("--target", default="en")
    options = parser.parse_args()
    table = Table(title=f"{options.folder}, drawn in {options.target}")
    for column in ("image", "words", "read", "lines left", "outside", "beyond", "ms", "added"):
        table.add_column(column, justify="left" if column == "image" else "right")
    results = list(_results(options.folder, options.target))
    for each in results:
        table.add_row(each.name, *_row(each.readings), f"{each.rendering:.0f}", f"{each.added:.0%}")
    table.add_section()
    readings = tuple(reading for each in results for reading in each.readings)
    median = statistics.median(each.added for each in results)
    table.add_row("all, median of added", *_row(readings), "", f"{median:.0%}")
    console = Console(width=110)
    console.print(table)
    for each in results:
        for reading in each.readings:
            if reading.missing or reading.left:
                console.print(f"{each.name}: not read: {reading.missing}; left: {reading.left}")


def _row(readings: tuple[Reading, ...]) -> list[str]:
    drawn, found = (sum(getattr(each, name) for each in readings) for name in ("drawn", "found"))
    return [
        str(drawn),
        f"{found / drawn:.0%}" if drawn else "-",
        str(sum(len(each.left) for each in readings)),
        str(sum(each.outside for each in readings)),
        str(sum(each.beyond for each in readings)),
    ]


def _results(folder: Path, target: str) -> Iterator[Result]:
    files = find_image_files([folder])
    with tempfile.TemporaryDirectory() as out:
        settings = load_settings(
            uploads_bucket=str(folder.resolve()),
            results_bucket=out,
            target_languages=target,
            render="png",
        )
        runs: dict[str, list[tuple[float, float]]] = {name: [] for _, name in files}
        for _ in range(ROUNDS):
            # A new one each time, because it remembers translations.
            application = compose(settings, DirectoryStore())
            # The first delivery starts the translator and opens the fonts.
            _delivered(application, Path(out), folder, *files[0])
            for file, name in files[1:] + files[:1]:
                runs[name].append(_delivered(application, Path(out), folder, file, name))
            application.close()
        engine = make_openvino_engine(
            settings.ocr_model_dir, max_side=settings.ocr_max_side, precision="auto", cores=2
        )
        for file, name in files:
            rendering, everything = (
                statistics.median(each) for each in zip(*runs[name], strict=True)
            )
            readings = tuple(_readings(Path(out), file, name, target, engine))
            yield Result(name, readings, rendering, everything)


def _delivered(
    application: Application, out: Path, folder: Path, file: Path, name: str
) -> tuple[float, float]:
    """Milliseconds of rendering and of the whole delivery."""
    (out / document_name(name)).unlink(missing_ok=True)
    upload = Upload(
        ObjectRef(str(folder.resolve()), name, file.stat().st_mtime_ns), file.stat().st_size
    )
    timings, started = Timings(), time.perf_counter()
    application.subscriber.handle_upload(upload, timings)
    everything = (time.perf_counter() - started) * 1000
    return timings.snapshot().get("render", 0.0), everything


def _readings(
    out: Path, file: Path, name: str, target: str, engine: OcrEngine
) -> Iterator[Reading]:
    """Each page as it is, and as it is drawn, with the same functions that the service uses."""
    document = parse_document((out / document_name(name)).read_bytes())
    image = open_image(file.read_bytes(), max_pixels=10**9, max_pages=max(1, len(document.pages)))
    for page in document.pages:
        before = image.page(page.index).pixels
        after = before.copy()
        height, width, _ = before.shape
        drawn = scaled_page(page, width, height)
        render_page(after, drawn, target, Fonts())
        yield read_again(before, after, drawn, target, engine)


if __name__ == "__main__":
    main()
