"""The reader that Tesseract's language data make for a script."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipeline.models import Pixels
from pipeline.ocr.scripts.base import ScriptLine, ScriptText
from pipeline.ocr.scripts.normalisation import text_of
from pipeline.ocr.scripts.registry import SCRIPTS
from pipeline.ocr.scripts.tesseract import PROCESS_BYTES, Tesseract, Word

_LATIN_DATA = "eng"

_KNOW_LATIN_LESS = frozenset({"Grek", "Hang", "Hebr"})
"""Scripts whose data read digits and marks better beside the English data."""

_FIND_LINE, _IS_LINE = 7, 13
_SURE = 0.85
"""Confidence below which a line is read in the other mode too."""

_BORDER = 8
_EDGE_ROWS = 3
_LEAST_CONTRAST = 20.0
_LUMINANCE = np.array([0.114, 0.587, 0.299], np.float32)
"""Of blue, green and red; ITU-R BT.601."""


class TesseractReader:
    """Reads lines of one script with the installed data of its languages.

    Threading: may be shared.
    """

    def __init__(self, tesseract: Tesseract, script: str) -> None:
        """At least one language of `script` (ISO 15924) must be installed."""
        self._tesseract = tesseract
        self._script = script
        self._data = {
            language: data
            for language, data in SCRIPTS[script].tesseract.items()
            if data in tesseract.data
        }

    @property
    def data(self) -> Sequence[str]:
        """The language data that it uses."""
        return list(self._data.values())

    def read(self, lines: Sequence[ScriptLine]) -> list[ScriptText]:
        """See `ScriptReader.read`."""
        texts = [ScriptText("", 0.0)] * len(lines)
        groups: dict[tuple[str, ...], list[int]] = {}
        for number, line in enumerate(lines):
            groups.setdefault(self._languages(line), []).append(number)
        for data, numbers in groups.items():
            read = self._read([lines[number].picture for number in numbers], data)
            for number, text in zip(numbers, read, strict=True):
                texts[number] = text
        return texts

    def _languages(self, line: ScriptLine) -> tuple[str, ...]:
        usual = next(iter(self._data.values()))
        data = self._data.get(line.language or "", usual)
        with_latin = line.has_latin or self._script in _KNOW_LATIN_LESS
        return (data, _LATIN_DATA) if with_latin and self._has_latin_data else (data,)

    @property
    def _has_latin_data(self) -> bool:
        return _LATIN_DATA in self._tesseract.data

    def _read(self, pictures: Sequence[Pixels], data: Sequence[str]) -> list[ScriptText]:
        inks = [dark_on_light(picture) for picture in pictures]
        framed = [np.pad(ink, _BORDER, constant_values=255) for ink in inks]
        found = self._tesseract.words(framed, data, mode=_FIND_LINE)
        texts = [self._text(words) for words in found]
        doubtful = [number for number, text in enumerate(texts) if text.confidence < _SURE]
        if doubtful:
            again = self._tesseract.words([inks[i] for i in doubtful], data, mode=_IS_LINE)
            for number, words in zip(doubtful, again, strict=True):
                texts[number] = max(
                    texts[number], self._text(words), key=lambda text: text.confidence
                )
        return texts

    def _text(self, words: Sequence[Word]) -> ScriptText:
        letters = sum(len(word.text) for word in words)
        if not letters:
            return ScriptText("", 0.0)
        confidence = sum(len(word.text) * word.confidence for word in words) / letters
        return ScriptText(text_of(words, self._script, 48), confidence)

    def describe(self) -> Mapping[str, Any]:
        """See `ScriptReader.describe`."""
        data = [*self.data, _LATIN_DATA] if self._has_latin_data else self.data
        return {"name": "tesseract", "version": self._tesseract.version, "data": list(data)}

    def reserve_bytes(self) -> int:
        """See `ScriptReader.reserve_bytes`."""
        return PROCESS_BYTES * self._tesseract.cores


def dark_on_light(picture: Pixels) -> NDArray[np.uint8]:
    """The picture in grey, with a white ground and its contrast stretched to black.

    The ground is the median colour of the first and the last rows.
    """
    edges = np.concatenate([picture[:_EDGE_ROWS], picture[-_EDGE_ROWS:]]).reshape(-1, 3)
    ground = float(np.median(edges, axis=0) @ _LUMINANCE)
    distance = np.abs(picture.astype(np.float32) @ _LUMINANCE - ground)
    strongest = max(_LEAST_CONTRAST, float(np.percentile(distance, 99)))
    return np.asarray(255 - np.clip(distance * (255 / strongest), 0, 255), np.uint8)
