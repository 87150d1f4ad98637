"""Which language the texts of an image are in: by script first, then by words."""

import unicodedata
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pipeline.language.scripts import script_of
from pipeline.language.tags import UNDETERMINED
from pipeline.language.word_model import WordModel

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
        script = script_of(character) if character.isalpha() else None
        if script:
            counts[script] += 3 if script in _IDEOGRAPHIC else 1
    if counts["Kana"]:
        counts["Kana"] += counts.pop("Hani", 0)
    return max(counts, key=lambda script: counts[script]) if counts.total() else None
