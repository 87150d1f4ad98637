"""Lines per second and memory of every translator on this machine.

python -m benchmarks.translation [--models DIR] [--lines N]

The numbers of the README's table: Spanish lines like those of signs into English, in images
of 20 lines, from one caller and from four. Memory is the increase of this process during
loading and translation, plus the memory of the processes it started.
"""

import argparse
import importlib
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psutil
from rich.console import Console
from rich.table import Table

from pipeline.errors import ConfigurationError
from pipeline.language.identification import LanguageIdentifier
from pipeline.translation.engines.apertium import ApertiumTranslator
from pipeline.translation.engines.base import Translator
from pipeline.translation.engines.fake import FakeTranslator

IMAGE_LINES = 20
WORDS = [
    "salida",
    "entrada",
    "sopa",
    "pescado",
    "queso",
    "calle",
    "puerta",
    "precio",
    "casa",
    "vino",
]
ENDINGS = ["de emergencia", "cerrada por obras", "del día", "con patatas", "para dos personas"]


def lines(count: int) -> list[str]:
    """Different lines of two to five words; one in five is in capitals."""
    made = [f"{WORDS[n % 10]} {ENDINGS[n // 10 % 5]} {n}".capitalize() for n in range(count)]
    return [line.upper() if number % 5 == 0 else line for number, line in enumerate(made)]


def memory_mb() -> float:
    """Memory of this process and its children; shared pages count once."""
    own = psutil.Process()
    processes = [own, *own.children(recursive=True)]
    return float(sum(process.memory_full_info().pss for process in processes)) / 2**20


def measure(make: Callable[[], Translator], texts: Sequence[str]) -> tuple[str, ...]:
    """Seconds to the first answer, lines per second for one and four callers, megabytes."""
    before = memory_mb()
    started = time.perf_counter()
    translator = make()
    translate(translator, texts[:1])
    first = time.perf_counter() - started
    images = [texts[start : start + IMAGE_LINES] for start in range(0, len(texts), IMAGE_LINES)]
    rates = []
    for callers in (1, 4):
        started = time.perf_counter()
        with ThreadPoolExecutor(callers) as threads:
            list(threads.map(lambda image: translate(translator, image), images))
        rates.append(len(texts) / (time.perf_counter() - started))
    added = memory_mb() - before
    translator.close()
    return (f"{first:.2f}", *(f"{rate:,.0f}" for rate in rates), f"{added:,.0f}")


def translate(translator: Translator, texts: Sequence[str]) -> None:
    """Translates from Spanish to English."""
    translator.translate(texts, source="es", target="en", deadline=time.monotonic() + 600)


def measure_identification(texts: Sequence[str]) -> tuple[str, ...]:
    """The same numbers for language identification, one image after the other."""
    before = memory_mb()
    started = time.perf_counter()
    identifier = LanguageIdentifier.load()
    identifier.identify(texts[:1])
    first = time.perf_counter() - started
    started = time.perf_counter()
    for start in range(0, len(texts), IMAGE_LINES):
        identifier.identify(texts[start : start + IMAGE_LINES])
    rate = len(texts) / (time.perf_counter() - started)
    return (f"{first:.2f}", f"{rate:,.0f}", "", f"{memory_mb() - before:,.0f}")


def main() -> None:
    """Prints the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--models", type=Path, default=Path("models/translation"))
    parser.add_argument("--lines", type=int, default=2000)
    chosen = parser.parse_args()
    texts = lines(chosen.lines)

    def neural() -> Translator:
        module = importlib.import_module("pipeline.translation.engines.ctranslate2")
        translator: Translator = module.CTranslate2Translator(chosen.models)
        return translator

    table = Table("engine", "first answer s", "lines/s, 1 caller", "lines/s, 4 callers", "MB")
    table.add_row("identification", *measure_identification(texts))
    engines: dict[str, Callable[[], Translator]] = {
        "fake": FakeTranslator,
        "apertium": ApertiumTranslator.from_installation,
        "ctranslate2": neural,
    }
    notes = []
    for name, make in engines.items():
        try:
            table.add_row(name, *measure(make, texts))
        except (ConfigurationError, ImportError) as error:
            notes.append(f"{name}: {error}")
    Console().print(table, *notes, sep="\n")


if __name__ == "__main__":
    main()
