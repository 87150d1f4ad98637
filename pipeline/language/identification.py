"""Language identification of the texts of one image: by script first, then by words."""

import unicodedata
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pipeline.language.scripts import IDEOGRAPHIC_OR_SYLLABIC, script_of
from pipeline.language.tags import UNDETERMINED
from pipeline.language.word_model import WordModel

# For signs, each of these scripts stands for one language.
_LANGUAGE_OF = {
    "Armn": "hy", "Beng": "bn", "Deva": "hi", "Ethi": "am", "Geor": "ka", "Grek": "el",
    "Gujr": "gu", "Guru": "pa", "Hang": "ko", "Hebr": "he", "Khmr": "km", "Knda": "kn",
    "Laoo": "lo", "Mlym": "ml", "Mymr": "my", "Sinh": "si", "Taml": "ta", "Telu": "te",
    "Thai": "th",
}  # fmt: skip

# Scripts of several languages; the likely languages have a higher prior than the unlikely ones.
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

# Natural logarithm: a paragraph keeps its own language instead of the image's above this.
_OVERRIDE_LOG_ODDS = 9.0
# Two thirds of the short strings below this confidence were identified wrongly.
_MIN_CONFIDENCE = 0.4
_HAN_CONFIDENCE = 0.8  # a text of Han characters alone may also be Japanese
_TEMPERATURE = 2.0  # the score treats words as independent, which makes it too confident


@dataclass(frozen=True, slots=True)
class Guess:
    """A BCP-47 tag, `und` if the language is unknown, and a confidence of 0 to 1."""

    language: str
    confidence: float


NO_GUESS = Guess(UNDETERMINED, 0.0)
"""The guess for a text without letters of a known script."""


class LanguageIdentifier:
    """Holds one word model for each script with several languages; threads may share it."""

    def __init__(self) -> None:
        self._models: dict[str, WordModel] = {}

    @classmethod
    def load(cls) -> "LanguageIdentifier":
        """Builds the word model of Latin script: 0.3 seconds and 20 MB."""
        identifier = cls()
        identifier._model("Latn")
        return identifier

    def _model(self, script: str) -> WordModel:
        """The word model of the script, which its first text builds."""
        # Two first texts at once build it twice: that costs a moment, and a lock more lines.
        if script not in self._models:
            self._models[script] = WordModel.build(
                dict.fromkeys(_LIKELY[script], _LIKELY_WORDS)
                | dict.fromkeys(_UNLIKELY[script], _UNLIKELY_WORDS)
            )
        return self._models[script]

    def identify(self, texts: Sequence[str]) -> list[Guess]:
        """Identifies the language of every text of one image.

        All texts of one script get one language, except texts whose words clearly belong to
        another.
        """
        normal = [unicodedata.normalize("NFKC", text) for text in texts]
        scripts = [_script(text) for text in normal]
        guesses = [NO_GUESS] * len(texts)
        for script in set(scripts) - {None}:
            assert script is not None
            members = [index for index, other in enumerate(scripts) if other == script]
            found = self._of_script(
                script, [normal[index] for index in members], has_kana="Kana" in scripts
            )
            for index, guess in zip(members, found, strict=True):
                guesses[index] = guess
        return guesses

    def _of_script(self, script: str, texts: Sequence[str], *, has_kana: bool) -> list[Guess]:
        if script == "Kana" or (script == "Hani" and has_kana):
            return [Guess("ja", 1.0)] * len(texts)
        if script == "Hani":
            return [Guess("zh", _HAN_CONFIDENCE)] * len(texts)
        if script in _LANGUAGE_OF:
            return [Guess(_LANGUAGE_OF[script], 1.0)] * len(texts)
        return self._by_words(self._model(script), len(_LIKELY[script]), texts)

    def _by_words(self, model: WordModel, likely_count: int, texts: Sequence[str]) -> list[Guess]:
        prior = np.zeros(len(model.languages))
        prior[likely_count:] = _UNLIKELY_LOG_PRIOR
        text_scores = np.array([model.score(text) for text in texts])
        image_scores = text_scores.sum(axis=0) + prior
        image_best = int(image_scores.argmax())
        confidence = _confidence(image_scores)
        image_guess = Guess(model.languages[image_best], confidence)
        if confidence < _MIN_CONFIDENCE:
            image_guess = Guess(UNDETERMINED, confidence)
        guesses = []
        for scores in text_scores + prior:
            best = int(scores.argmax())
            if scores[best] - scores[image_best] >= _OVERRIDE_LOG_ODDS:
                guesses.append(Guess(model.languages[best], _confidence(scores)))
            else:
                guesses.append(image_guess)
        return guesses


def _confidence(scores: NDArray[np.float64]) -> float:
    """The probability of the best language, with the scores divided by a temperature."""
    return float(1.0 / np.exp((scores - scores.max()) / _TEMPERATURE).sum())


def _script(text: str) -> str | None:
    """The main script of a text; None if no letter is of a known script.

    A Chinese, Japanese or Korean character counts as three letters, so that `出口 EXIT` is not
    Latin. Any kana makes Han characters Japanese.
    """
    counts: Counter[str] = Counter()
    for character in text:
        script = script_of(character) if character.isalpha() else None
        if script:
            counts[script] += 3 if script in IDEOGRAPHIC_OR_SYLLABIC else 1
    if counts["Kana"]:
        counts["Kana"] += counts.pop("Hani", 0)
    return max(counts, key=lambda script: counts[script]) if counts.total() else None
