"""Which language the texts of an image are in: by script first, then by words."""

import unicodedata
from bisect import bisect_right
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pipeline.languages import UNDETERMINED
from pipeline.wordmodel import WordModel

# First code point, last code point, script (ISO 15924); letters only are looked up.
_RANGES = sorted(
    [
        (0x0041, 0x024F, "Latn"),
        (0x1E00, 0x1EFF, "Latn"),
        (0x0370, 0x03FF, "Grek"),
        (0x1F00, 0x1FFF, "Grek"),
        (0x0400, 0x052F, "Cyrl"),
        (0x0530, 0x058F, "Armn"),
        (0x0590, 0x05FF, "Hebr"),
        (0x0600, 0x06FF, "Arab"),
        (0x0750, 0x077F, "Arab"),
        (0x08A0, 0x08FF, "Arab"),
        (0xFB50, 0xFDFF, "Arab"),
        (0xFE70, 0xFEFF, "Arab"),
        (0x0900, 0x097F, "Deva"),
        (0x0980, 0x09FF, "Beng"),
        (0x0A00, 0x0A7F, "Guru"),
        (0x0A80, 0x0AFF, "Gujr"),
        (0x0B80, 0x0BFF, "Taml"),
        (0x0C00, 0x0C7F, "Telu"),
        (0x0C80, 0x0CFF, "Knda"),
        (0x0D00, 0x0D7F, "Mlym"),
        (0x0D80, 0x0DFF, "Sinh"),
        (0x0E00, 0x0E7F, "Thai"),
        (0x0E80, 0x0EFF, "Laoo"),
        (0x1000, 0x109F, "Mymr"),
        (0x10A0, 0x10FF, "Geor"),
        (0x1200, 0x139F, "Ethi"),
        (0x1780, 0x17FF, "Khmr"),
        (0x1100, 0x11FF, "Hang"),
        (0x3130, 0x318F, "Hang"),
        (0xAC00, 0xD7AF, "Hang"),
        (0x3040, 0x30FF, "Kana"),
        (0x31F0, 0x31FF, "Kana"),
        (0x3005, 0x3007, "Hani"),
        (0x3400, 0x4DBF, "Hani"),
        (0x4E00, 0x9FFF, "Hani"),
        (0xF900, 0xFAFF, "Hani"),
        (0x20000, 0x323AF, "Hani"),
    ]
)
_STARTS = [first for first, _, _ in _RANGES]
_IDEOGRAPHIC = frozenset({"Hani", "Kana", "Hang"})

# Scripts that one language of those on signs is written in, or nearly so.
_LANGUAGE_OF = {
    "Armn": "hy", "Beng": "bn", "Deva": "hi", "Ethi": "am", "Geor": "ka", "Grek": "el",
    "Gujr": "gu", "Guru": "pa", "Hang": "ko", "Hebr": "he", "Khmr": "km", "Knda": "kn",
    "Laoo": "lo", "Mlym": "ml", "Mymr": "my", "Sinh": "si", "Taml": "ta", "Telu": "te",
    "Thai": "th",
}  # fmt: skip

# Languages told apart by their words: the first ones are taken for likelier.
_LIKELY = {
    "Latn": ("en", "es", "fr", "de", "it", "pt", "nl"),
    "Cyrl": ("ru", "uk"),
    "Arab": ("ar",),
}
_UNLIKELY = {
    "Latn": ("ca", "cs", "da", "fi", "hu", "id", "nb", "pl", "ro", "sk", "sv", "tr", "vi"),
    "Cyrl": ("bg", "mk"),
    "Arab": ("fa", "ur"),
}
_LIKELY_WORDS, _UNLIKELY_WORDS = (20_000, 4_000), (10_000, 4_000)
_UNLIKELY_LOG_PRIOR = -2.0

# How much likelier (natural logarithm) a paragraph's own language must be than the
# image's, to stand against it.
_OVERRIDE_LOG_ODDS = 9.0
# Below this the words say nothing: of the short strings so unsure two thirds were wrong.
_LEAST_CONFIDENCE = 0.4
_HAN_CONFIDENCE = 0.8  # a text in Han characters alone may be Japanese all the same
_TEMPERATURE = 2.0  # words are not as independent as their probabilities suppose


@dataclass(frozen=True, slots=True)
class Guess:
    """A BCP-47 tag, `und` where there are no letters, and a confidence of 0 to 1."""

    language: str
    confidence: float


NOTHING = Guess(UNDETERMINED, 0.0)


class LanguageIdentifier:
    """Holds one word model a script that several languages share; safe between threads."""

    def __init__(self, models: Mapping[str, WordModel]) -> None:
        self._models = models

    @classmethod
    def load(cls) -> "LanguageIdentifier":
        """With every language known here; takes about a second and 50 MB."""
        return cls(
            {
                script: WordModel.build(
                    dict.fromkeys(likely, _LIKELY_WORDS)
                    | dict.fromkeys(_UNLIKELY[script], _UNLIKELY_WORDS)
                )
                for script, likely in _LIKELY.items()
            }
        )

    def identify(self, texts: Sequence[str]) -> list[Guess]:
        """The language of every text of one image, each in the light of the others.

        All texts of one script are taken for one language, except those whose own words
        say otherwise beyond doubt.
        """
        normal = [unicodedata.normalize("NFKC", text) for text in texts]
        scripts = [_script(text) for text in normal]
        guesses = [NOTHING] * len(texts)
        for script in set(scripts) - {None}:
            assert script is not None
            members = [index for index, each in enumerate(scripts) if each == script]
            found = self._of_script(script, [normal[index] for index in members], set(scripts))
            for index, guess in zip(members, found, strict=True):
                guesses[index] = guess
        return guesses

    def _of_script(self, script: str, texts: Sequence[str], beside: set[str | None]) -> list[Guess]:
        if script == "Kana" or (script == "Hani" and "Kana" in beside):
            return [Guess("ja", 1.0)] * len(texts)
        if script == "Hani":
            return [Guess("zh", _HAN_CONFIDENCE)] * len(texts)
        if script in _LANGUAGE_OF:
            return [Guess(_LANGUAGE_OF[script], 1.0)] * len(texts)
        return self._by_words(self._models[script], len(_LIKELY[script]), texts)

    def _by_words(self, model: WordModel, likely: int, texts: Sequence[str]) -> list[Guess]:
        prior = np.zeros(len(model.languages))
        prior[likely:] = _UNLIKELY_LOG_PRIOR
        scores = np.array([model.score(text) for text in texts])
        together = scores.sum(axis=0) + prior
        image = int(together.argmax())
        confidence = _confidence(together)
        common = Guess(model.languages[image], confidence)
        if confidence < _LEAST_CONFIDENCE:
            common = Guess(UNDETERMINED, confidence)
        guesses = []
        for score in scores + prior:
            own = int(score.argmax())
            if score[own] - score[image] >= _OVERRIDE_LOG_ODDS:
                guesses.append(Guess(model.languages[own], _confidence(score)))
            else:
                guesses.append(common)
        return guesses


def _confidence(scores: NDArray[np.float64]) -> float:
    """The best one's share of the probability, tempered."""
    return float(1.0 / np.exp((scores - scores.max()) / _TEMPERATURE).sum())


def _script(text: str) -> str | None:
    """The script most of the text is in, None where it has no letter of any known here.

    An ideograph or syllable counts as three letters: `出口 EXIT` is not Latin. Any kana
    among Han characters makes them Japanese.
    """
    counts: Counter[str] = Counter()
    for character in text:
        script = _script_of(character) if character.isalpha() else None
        if script:
            counts[script] += 3 if script in _IDEOGRAPHIC else 1
    if counts["Kana"]:
        counts["Kana"] += counts.pop("Hani", 0)
    return max(counts, key=lambda script: counts[script]) if counts.total() else None


def _script_of(character: str) -> str | None:
    first, last, script = _RANGES[max(0, bisect_right(_STARTS, ord(character)) - 1)]
    return script if first <= ord(character) <= last else None
