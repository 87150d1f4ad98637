"""Character errors of drawn lines in other scripts, with guess and installed readers."""

import argparse
import time
from collections.abc import Sequence

import numpy as np
from rapidfuzz.distance import Levenshtein

from benchmarks.script_guess.lines import ScriptPicture, drawn
from benchmarks.script_guess.train import MODEL
from pipeline.ocr import ctc
from pipeline.ocr.line_recognition import read_line
from pipeline.ocr.model_files import INT8_WEIGHTS, characters
from pipeline.ocr.openvino import FEATURES, OpenVinoRecognizer
from pipeline.ocr.readings import Reading
from pipeline.ocr.scripts.guess import ScriptClassifier
from pipeline.ocr.scripts.line_choice import ScriptLines
from pipeline.ocr.scripts.packs import installed_readers

LOCALES = {
    "Cyrl": "ru", "Grek": "el", "Hang": "ko", "Arab": "ar", "Hebr": "he", "Deva": "hi",
    "Thai": "th", "Latn": "en", "Hani": "zh",
}  # fmt: skip
SEED = 7
PAGE_LINES = 6
"""Lines that stand on one page, which helps the guess."""


def main() -> None:
    """Prints a row for each script and kind of line; `--show 3` adds the worst lines."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--lines", type=int, default=300)
    parser.add_argument("--show", type=int, default=0)
    parser.add_argument("--scripts", nargs="*", default=list(LOCALES))
    arguments = parser.parse_args()
    recognizer = OpenVinoRecognizer(MODEL / INT8_WEIGHTS[0], "f32", cores=2, features=FEATURES)
    scripts = ScriptLines(ScriptClassifier.load(), installed_readers(MODEL.parent, cores=2))
    print("script  lines       cer    no spaces  similarity  unread  ms/line")
    for script in arguments.scripts:
        for kind, worn, mixed in (("clean", False, 0), ("worn", True, 0), ("mixed", False, 1)):
            if script in {"Latn", "Hani"} and kind == "mixed":
                continue
            lines = list(
                drawn(script, arguments.lines, SEED, worn=worn, locale=LOCALES[script], mixed=mixed)
            )
            started = time.monotonic()
            readings = _read(recognizer, scripts, lines)
            milliseconds = 1000 * (time.monotonic() - started) / len(lines)
            _print_row(f"{script}    {kind:8}", lines, readings, milliseconds)
            _print_worst(lines, readings, arguments.show)


def _read(
    recognizer: OpenVinoRecognizer, scripts: ScriptLines, lines: Sequence[ScriptPicture]
) -> list[Reading]:
    classes = ctc.classes(characters(MODEL))
    guessed = [scripts.guess(*read_line(recognizer.read, line.pixels, classes)) for line in lines]
    readings: list[Reading] = []
    for first in range(0, len(lines), PAGE_LINES):
        page = lines[first : first + PAGE_LINES]
        pictures = [np.ascontiguousarray(line.pixels) for line in page]
        of_page = guessed[first : first + PAGE_LINES]
        readings += scripts.read_others(of_page, pictures.__getitem__, None)
    return readings


def _print_row(
    name: str, lines: Sequence[ScriptPicture], readings: Sequence[Reading], milliseconds: float
) -> None:
    pairs = [(line.text, reading.text) for line, reading in zip(lines, readings, strict=True)]
    cer = _errors(pairs) / sum(len(text) for text, _ in pairs)
    close = [(text.replace(" ", ""), read.replace(" ", "")) for text, read in pairs]
    close_cer = _errors(close) / sum(len(text) for text, _ in close)
    whole = ("\n".join(text for text, _ in pairs), "\n".join(read for _, read in pairs))
    similarity = Levenshtein.normalized_similarity(*whole)
    unread = sum(reading.unread_script is not None for reading in readings)
    print(
        f"{name} {cer:7.3f} {close_cer:12.3f} {similarity:11.3f} {unread:7} {milliseconds:8.1f}",
        flush=True,
    )


def _errors(pairs: Sequence[tuple[str, str]]) -> int:
    return sum(Levenshtein.distance(text, read) for text, read in pairs)


def _print_worst(lines: Sequence[ScriptPicture], readings: Sequence[Reading], count: int) -> None:
    order = sorted(
        range(len(lines)),
        key=lambda i: -Levenshtein.distance(lines[i].text, readings[i].text) / len(lines[i].text),
    )
    for number in order[:count]:
        guess = readings[number].guess
        best = max(guess.probabilities.items(), key=lambda pair: pair[1]) if guess else ""
        print(f"    {lines[number].text!r} read as {readings[number].text!r}, guess {best}")


if __name__ == "__main__":
    main()
