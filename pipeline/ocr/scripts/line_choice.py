"""Which reader reads a line: the main recogniser, a script's reader, or none; by the picture."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipeline.language.scripts import script_of
from pipeline.language.tags import primary
from pipeline.models import Pixels
from pipeline.ocr.readings import MIN_CONFIDENCE, Reading
from pipeline.ocr.scripts.base import ScriptLine, ScriptReader, ScriptText
from pipeline.ocr.scripts.guess import ScriptClassifier, page_shares
from pipeline.ocr.scripts.registry import SCRIPTS, script_of_language

_LIKELY = 0.5
"""Probability from which a script's reader reads a line."""

_CERTAIN = 0.9
"""Probability from which a line that nothing reads is reported instead of read by the main one."""

_POSSIBLE = 0.2
"""Probability from which an installed reader tries a line that looks rather like another script."""

_EXPECTED = 0.1
"""Probability from which a line is in the script of the source language that was given."""

_TRUSTED = 0.97
"""Confidence of the main recogniser's text that only a certain guess overrules."""

_RARE = 8
"""Where fewer than one line in so many looks like another script, only certain ones count."""

_SURE_NUMBER = 0.9

_LEAST_CONFIDENCE = 0.25
"""Confidence a script's reader needs; its scale is not the main recogniser's."""


class ScriptLines:
    """Has lines of other scripts read by their readers, or marks them as not read.

    Threading: may be shared.
    """

    def __init__(self, classifier: ScriptClassifier, readers: Mapping[str, ScriptReader]) -> None:
        """`readers` are by ISO 15924 code."""
        self._classifier = classifier
        self._readers = readers

    def guess(self, reading: Reading, features: NDArray[np.float32]) -> Reading:
        """The reading with the script that its features show."""
        return replace(reading, guess=self._classifier.guess(features))

    def read_others(
        self,
        readings: Sequence[Reading],
        picture: Callable[[int], Pixels],
        source_language: str | None,
    ) -> list[Reading]:
        """The readings, those in other scripts replaced.

        Args:
            readings: the main recogniser's.
            picture: the line picture of the reading with an index, the way it was read.
            source_language: a BCP-47 tag, where it is given.

        Raises:
            EngineUnavailableError: a reader failed.
        """
        readings = _guessed_together(readings)
        final = list(readings)
        numbers: dict[str, list[int]] = {}
        for number, script in self._others(readings, source_language).items():
            if script in self._readers:
                numbers.setdefault(script, []).append(number)
            elif _is_certain(readings[number]):
                final[number] = replace(readings[number], text="", unread_script=script)
        language = primary(source_language) if source_language else None
        for script, of_script in numbers.items():
            lines = [
                ScriptLine(picture(number), _has_latin(readings[number]), language)
                for number in of_script
            ]
            for number, text in zip(of_script, self._readers[script].read(lines), strict=True):
                final[number] = _better(readings[number], text, script)
        return final

    def _others(
        self, readings: Sequence[Reading], source_language: str | None
    ) -> Mapping[int, str]:
        """The script of each reading, by its number, that is not for the main recogniser."""
        scripts = {n: self._script(reading, source_language) for n, reading in enumerate(readings)}
        others = {n: script for n, script in scripts.items() if script}
        if source_language is None and len(others) * _RARE < len(readings):
            others = {n: script for n, script in others.items() if _is_certain(readings[n])}
        return others

    def _script(self, reading: Reading, source_language: str | None) -> str | None:
        """The ISO 15924 code of a script other than the main recogniser's, or None."""
        if reading.guess is None:
            return None
        if source_language is not None:
            expected = script_of_language(source_language)
            script, probability = reading.guess.among([expected] if expected else [])
            return script if probability >= _EXPECTED else None
        script, probability = reading.guess.among(SCRIPTS)
        is_trusted = reading.confidence >= _TRUSTED or reading.guess.is_short or _is_number(reading)
        if probability < (_CERTAIN if is_trusted else _LIKELY):
            return None
        installed, _ = reading.guess.among(self._readers)
        is_possible = installed and reading.guess.probabilities[installed] >= _POSSIBLE
        return installed if is_possible else script

    def describe(self) -> Mapping[str, Any]:
        """The readers by script: part of the fingerprint."""
        return {script: reader.describe() for script, reader in sorted(self._readers.items())}

    def reserve_bytes(self) -> int:
        """Memory that the readers may take beside the main recogniser."""
        return max((reader.reserve_bytes() for reader in self._readers.values()), default=0)


def _guessed_together(readings: Sequence[Reading]) -> list[Reading]:
    guesses = [reading.guess for reading in readings if reading.guess]
    if not guesses:
        return list(readings)
    shares = page_shares(guesses)
    return [
        replace(reading, guess=reading.guess.on_page(shares)) if reading.guess else reading
        for reading in readings
    ]


def _is_number(reading: Reading) -> bool:
    """Whether the main recogniser read mostly digits: these are the same in most scripts."""
    visible = [each for each in reading.text if not each.isspace()]
    digits = sum(each.isascii() and each.isdigit() for each in visible)
    return reading.confidence >= _SURE_NUMBER and 2 * digits >= len(visible) > 0


def _is_certain(reading: Reading) -> bool:
    """Whether the main recogniser's text must be nonsense."""
    if reading.guess is None or reading.guess.is_short or _is_number(reading):
        return False
    return reading.guess.among(SCRIPTS)[1] >= _CERTAIN


def _has_latin(reading: Reading) -> bool:
    return reading.guess is not None and reading.guess.has_latin


def _better(reading: Reading, read: ScriptText, script: str) -> Reading:
    """The script's text; the main recogniser's where that has no letter of the script."""
    has_script = any(script_of(each) == script for each in read.text)
    if has_script and read.confidence >= _LEAST_CONFIDENCE:
        # The line counts as read: the confidence is of another scale than the main one's.
        return replace(reading, text=read.text, confidence=max(read.confidence, MIN_CONFIDENCE))
    return replace(reading, text="", confidence=0.0) if _is_certain(reading) else reading
