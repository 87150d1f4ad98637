"""Word model: the probability of a short text in each language of one script.

Signs, menus and labels are too short for detectors made for prose. The score of a word is a
mixture of its frequency in each language and of a trigram model of its spelling.
"""

import re
import zlib
from dataclasses import dataclass
from itertools import chain, islice

import numpy as np
import wordfreq
from numpy.typing import NDArray

_WORD = re.compile(r"[^\W\d_]+")
_ABSENT = 255  # rarities are in units of 4 centibels; the rarest listed words are near 200
_PROBABILITIES = np.append(10 ** (-4 * np.arange(255) / 100), 0.0)
_LIST_WEIGHT = 0.9  # weight of the word list in the mixture; the spelling has the rest
_MAX_SPELLED_LETTERS = 40
_SMOOTHING = 0.01  # added to the count of every trigram
_ALPHABET_LETTERS = 60
_SPACE = ord(" ")


@dataclass(frozen=True, slots=True)
class WordModel:
    """Frequencies of words and trigrams, with one column for each of `languages`; read-only.

    The rows of `_rarities` belong to the sorted word hashes, those of `_log_spellings` to the
    sorted trigram codes; its last row is for trigrams that no language has.
    """

    languages: tuple[str, ...]
    _hashes: NDArray[np.uint32]
    _rarities: NDArray[np.uint8]
    _trigrams: NDArray[np.uint64]
    _log_spellings: NDArray[np.float32]

    @classmethod
    def build(cls, sizes: dict[str, tuple[int, int]]) -> "WordModel":
        """Builds the model from wordfreq's small lists.

        Args:
            sizes: for each language the number of words, and how many of them (the most
                frequent ones) train the trigrams.

        Raises:
            KeyError: wordfreq has no list for a language.
        """
        files = wordfreq.available_languages("small")
        hashes: list[NDArray[np.uint32]] = []
        rarities: list[NDArray[np.uint8]] = []
        columns: list[NDArray[np.uint8]] = []
        trigrams: list[tuple[NDArray[np.uint64], NDArray[np.float64]]] = []
        for column, (language, (count, trained)) in enumerate(sizes.items()):
            buckets = wordfreq.read_cBpack(str(files[language]))
            words = list(islice(chain.from_iterable(buckets), count))
            centibels = np.repeat(np.arange(len(buckets)), [len(bucket) for bucket in buckets])[
                :count
            ]
            codes_of_words = (zlib.crc32(word.encode()) for word in words)
            hashes.append(np.fromiter(codes_of_words, np.uint32, len(words)))
            rarities.append(np.minimum(centibels // 4, _ABSENT - 1).astype(np.uint8))
            columns.append(np.full(len(words), column, np.uint8))
            # Square root of the frequency: common words weigh more, but not too much.
            weights = 10 ** (-centibels[:trained] / 200)
            trigrams.append(_weighed_trigrams(words[:trained], weights))
        unique, rows = np.unique(np.concatenate(hashes), return_inverse=True)
        table = np.full((len(unique), len(sizes)), _ABSENT, np.uint8)
        table[rows, np.concatenate(columns)] = np.concatenate(rarities)
        codes = np.unique(np.concatenate([codes for codes, _ in trigrams]))
        return cls(tuple(sizes), unique, table, codes, _log_conditionals(codes, trigrams))

    def score(self, text: str) -> NDArray[np.float64]:
        """The natural logarithm of the text's probability in each language."""
        total = np.zeros(len(self.languages))
        for word in _WORD.findall(text.lower()):
            spelling = np.exp(self._spelling(word[:_MAX_SPELLED_LETTERS]))
            total += np.log(_LIST_WEIGHT * self._frequency(word) + (1 - _LIST_WEIGHT) * spelling)
        return total

    def _frequency(self, word: str) -> NDArray[np.float64]:
        code = zlib.crc32(word.encode(errors="replace"))
        row = int(np.searchsorted(self._hashes, np.uint32(code)))
        if row == len(self._hashes) or self._hashes[row] != code:
            return np.zeros(len(self.languages))
        found: NDArray[np.float64] = _PROBABILITIES[self._rarities[row]]
        return found

    def _spelling(self, word: str) -> NDArray[np.float64]:
        codes, _ = _trigrams_of(f"  {word} ")
        rows = np.searchsorted(self._trigrams, codes)
        known = self._trigrams[np.minimum(rows, len(self._trigrams) - 1)] == codes
        rows[~known] = len(self._trigrams)
        total: NDArray[np.float64] = self._log_spellings[rows].sum(axis=0, dtype=np.float64)
        return total


def _trigrams_of(padded: str) -> tuple[NDArray[np.uint64], NDArray[np.bool_]]:
    """The code of each trigram, and a mask of the positions in `padded` where they start.

    Each word has two spaces before it and one behind: a trigram that ends in two spaces
    belongs to no word and is left out.
    """
    encoded = padded.encode("utf-32-le", "surrogatepass")
    letters = np.frombuffer(encoded, np.uint32).astype(np.uint64)
    codes = letters[:-2] << np.uint64(42) | letters[1:-1] << np.uint64(21) | letters[2:]
    inside = (letters[1:-1] != _SPACE) | (letters[2:] != _SPACE)
    return codes[inside], inside


def _weighed_trigrams(
    words: list[str], weights: NDArray[np.float64]
) -> tuple[NDArray[np.uint64], NDArray[np.float64]]:
    """The distinct trigrams, and for each the sum of the weights of its words."""
    codes, inside = _trigrams_of("".join(f"  {word} " for word in words))
    starts = np.repeat(weights, [len(word) + 3 for word in words])[:-2][inside]
    unique, rows = np.unique(codes, return_inverse=True)
    return unique, np.bincount(rows, starts, len(unique)).astype(np.float64)


def _log_conditionals(
    codes: NDArray[np.uint64],
    trigrams: list[tuple[NDArray[np.uint64], NDArray[np.float64]]],
) -> NDArray[np.float32]:
    """Log P(third letter | first two) for each trigram and language, with additive smoothing."""
    _, contexts = np.unique(codes >> np.uint64(21), return_inverse=True)
    table = np.zeros((len(codes) + 1, len(trigrams)), np.float32)
    for column, (language_codes, weights) in enumerate(trigrams):
        counts = np.zeros(len(codes))
        counts[np.searchsorted(codes, language_codes)] = weights
        totals = np.bincount(contexts, counts)[contexts]
        table[:-1, column] = np.log(
            (counts + _SMOOTHING) / (totals + _SMOOTHING * _ALPHABET_LETTERS)
        )
    table[-1] = -np.log(_ALPHABET_LETTERS) - 2
    return table
