"""The script of a line, guessed from the recogniser's own picture features; pure.

The recogniser's convolutions see strokes in any script, also in those whose characters it does
not know. A linear classifier over their mean and deviation along the line tells scripts apart.
`guess_weights.npz` holds its weights, `guess_provenance.json` how they were made.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Self

import numpy as np
from numpy.typing import NDArray

from pipeline.errors import ConfigurationError

WEIGHTS = Path(__file__).with_name("guess_weights.npz")

NO_TEXT = "none"
"""The class of pictures that hold no text."""

_MAIN = ("Latn", "Hani", NO_TEXT)


_WINDOW, _STRIDE = 12, 6
"""Steps of eight pixels: about three letters."""

_ANY_SCRIPT = 3
"""Lines without a script that a page counts beside its own, so that few lines decide little."""

_LATIN = 0.6
"""Probability from which a window of another script's line holds Latin letters or digits."""


@dataclass(frozen=True, slots=True)
class ScriptGuess:
    """Probabilities by ISO 15924 code or `NO_TEXT`; whether a part of the line looks Latin.

    `is_short`: the line is hardly longer than a letter, which many scripts may have.
    """

    probabilities: Mapping[str, float]
    has_latin: bool
    is_short: bool = False

    def on_page(self, shares: Mapping[str, float]) -> Self:
        """The guess where scripts have these shares of a page: a doubtful line is like the others.

        The square root leaves a line its own script among many lines of another one.
        """
        weighed = {
            script: probability * shares[script] ** 0.5
            for script, probability in self.probabilities.items()
        }
        total = sum(weighed.values())
        return replace(self, probabilities={s: p / total for s, p in weighed.items()})

    def among(self, scripts: Iterable[str]) -> tuple[str | None, float]:
        """The likeliest of `scripts`, and the probability that it is one of them."""
        known = [script for script in scripts if script in self.probabilities]
        likeliest = max(known, key=lambda script: self.probabilities[script], default=None)
        return likeliest, sum(self.probabilities[script] for script in known)


@dataclass(frozen=True, slots=True)
class ScriptClassifier:
    """Softmax regression. `labels` are ISO 15924 codes and `NO_TEXT`.

    `weights` are summary values x labels, `bias` has one value a label; the summary's mean and
    deviation are part of both.
    """

    labels: tuple[str, ...]
    weights: NDArray[np.float32]
    bias: NDArray[np.float32]

    @classmethod
    def load(cls, path: Path = WEIGHTS) -> Self:
        """The classifier that this package ships.

        Raises:
            ConfigurationError: the file is missing or damaged.
        """
        try:
            with np.load(path, allow_pickle=False) as arrays:
                labels = tuple(str(label) for label in arrays["labels"])
                weights, bias = (arrays[name].astype(np.float32) for name in ("weights", "bias"))
        except (OSError, ValueError, KeyError) as error:
            raise ConfigurationError(f"cannot read {path}: install the package again") from error
        return cls(labels, weights, bias)

    def guess(self, features: NDArray[np.float32]) -> ScriptGuess:
        """The script of a line by the recogniser's features, steps x channels."""
        probabilities = self._probabilities(summary_of(features))
        starts = range(0, max(1, len(features) - _WINDOW + 1), _STRIDE)
        latin = self.labels.index("Latn")
        # Only another script's reader asks for it, and it takes as long as ten guesses.
        main = sum(probabilities[self.labels.index(label)] for label in _MAIN)
        has_latin = main < _LATIN and any(
            self._probabilities(summary_of(features[start : start + _WINDOW]))[latin] >= _LATIN
            for start in starts
        )
        by_script = dict(zip(self.labels, probabilities.tolist(), strict=True))
        return ScriptGuess(by_script, has_latin, is_short=len(features) < _WINDOW)

    def _probabilities(self, summary: NDArray[np.float32]) -> NDArray[np.float32]:
        scores = summary @ self.weights + self.bias
        powers = np.exp(scores - scores.max())
        probabilities: NDArray[np.float32] = powers / powers.sum()
        return probabilities


def page_shares(guesses: Sequence[ScriptGuess]) -> dict[str, float]:
    """The mean probability of each script over the lines of a page, and some for any script."""
    labels = guesses[0].probabilities
    return {
        script: (
            (sum(guess.probabilities[script] for guess in guesses) + _ANY_SCRIPT / len(labels))
            / (len(guesses) + _ANY_SCRIPT)
        )
        for script in labels
    }


def summary_of(features: NDArray[np.float32]) -> NDArray[np.float32]:
    """Mean and standard deviation of each feature along a line; `features` are steps x features."""
    summary = np.concatenate([features.mean(axis=0), features.std(axis=0)])
    return np.asarray(summary, np.float32)
