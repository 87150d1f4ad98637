"""Trains the script guess that the package ships (`make script-guess`), and records how."""

import hashlib
import json
import sys
from collections.abc import Iterable, Iterator
from importlib.metadata import version
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression

from benchmarks.script_guess.lines import PACKAGES, ScriptPicture, drawn, without_text
from benchmarks.script_guess.texts import LOCALES
from pipeline.ocr import ctc
from pipeline.ocr.line_recognition import read_line
from pipeline.ocr.model_files import INT8_WEIGHTS, characters
from pipeline.ocr.openvino import FEATURES, OpenVinoRecognizer
from pipeline.ocr.scripts.guess import NO_TEXT, WEIGHTS, ScriptClassifier, summary_of

MODEL = Path("models/PP-OCRv6_small_rec")
RECORD = WEIGHTS.with_name("guess_provenance.json")
SEED, JUDGING_SEED = 0, 1
LINES, JUDGING_LINES = 70, 20
_MORE = {"Latn": 4, "Hani": 2, "Cyrl": 2, "Grek": 2, NO_TEXT: 2}
_REGULARISATION = 0.01


def main() -> None:
    """Writes the weights and their record; prints how lines of other fonts are judged."""
    recognizer = OpenVinoRecognizer(MODEL / INT8_WEIGHTS[0], "f32", cores=2, features=FEATURES)
    summaries, labels = _summaries(recognizer, LINES, SEED, judging=False)
    mean, deviation = summaries.mean(axis=0), summaries.std(axis=0) + 1e-6
    model = LogisticRegression(C=_REGULARISATION, max_iter=300)
    model.fit((summaries - mean) / deviation, labels)
    weights = (model.coef_ / deviation).T.astype(np.float32)
    bias = (model.intercept_ - (model.coef_ / deviation) @ mean).astype(np.float32)
    np.savez_compressed(WEIGHTS, labels=np.array(model.classes_), weights=weights, bias=bias)
    judged, truth = _summaries(recognizer, JUDGING_LINES, JUDGING_SEED, judging=True)
    right = ScriptClassifier.load()
    found = [right.labels[int((s @ right.weights + right.bias).argmax())] for s in judged]
    accuracy = {
        script: round(
            sum(f == t for f, t in zip(found, truth, strict=True) if t == script)
            / truth.count(script),
            3,
        )
        for script in dict.fromkeys(truth)
    }
    record = {
        "model": MODEL.name,
        "features": FEATURES,
        "weights_sha256": hashlib.sha256(WEIGHTS.read_bytes()).hexdigest(),
        "texts": {f"{name}": version(name) for name in ("babel", "wordfreq")},
        "locales": LOCALES,
        "font_packages": PACKAGES,
        "lines": {script: labels.count(script) for script in dict.fromkeys(labels)},
        "seed": SEED,
        "scikit_learn": version("scikit-learn"),
        "accuracy_on_other_fonts": accuracy,
    }
    RECORD.write_text(json.dumps(record, indent=2) + "\n", "utf-8")
    json.dump(accuracy, sys.stdout, indent=2)


def _summaries(
    recognizer: OpenVinoRecognizer, lines: int, seed: int, *, judging: bool
) -> tuple[NDArray[np.float32], list[str]]:
    classes = ctc.classes(characters(MODEL))
    summaries, labels = [], []
    for script, pictures in _pictures(lines, seed, judging=judging):
        for picture in pictures:
            _, features = read_line(recognizer.read, picture.pixels, classes)
            summaries.append(summary_of(features))
            labels.append(script)
    return np.array(summaries), labels


def _pictures(
    lines: int, seed: int, *, judging: bool
) -> Iterator[tuple[str, Iterable[ScriptPicture]]]:
    for script in LOCALES:
        yield script, drawn(script, lines * _MORE.get(script, 1), seed, judging=judging)
    yield NO_TEXT, without_text(lines * _MORE[NO_TEXT], seed)


if __name__ == "__main__":
    main()
