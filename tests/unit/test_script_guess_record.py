"""The record of the script guess that the package ships."""

import hashlib
import json

from pipeline.ocr.scripts.guess import NO_TEXT, WEIGHTS, ScriptClassifier
from pipeline.ocr.scripts.registry import SCRIPTS

RECORD = json.loads(WEIGHTS.with_name("guess_provenance.json").read_text("utf-8"))


def test_the_record_is_that_of_the_weights() -> None:
    """Given the shipped weights, their record has their checksum and their classes."""
    assert RECORD["weights_sha256"] == hashlib.sha256(WEIGHTS.read_bytes()).hexdigest()
    assert set(ScriptClassifier.load().labels) == {*RECORD["locales"], NO_TEXT}


def test_each_guessed_script_can_have_a_pack() -> None:
    """Given the classes, each but the main recogniser's has a command that installs a reader."""
    assert set(ScriptClassifier.load().labels) - {"Latn", "Hani", NO_TEXT} == set(SCRIPTS)
