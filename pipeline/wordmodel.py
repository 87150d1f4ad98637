"""Which of a script's languages a few words are in, from how often each uses them.

Signs, menus and labels are too short for detectors made for prose. Every word is weighed
by its frequency in each language, and by its spelling where a list does not know it.
"""

import re
import zlib
from dataclasses import dataclass

import numpy as np
import wordfreq
from numpy.typing import NDArray

_WORD = re.compile(r"[^\W\d_]+")
_ABSENT = 255  # centibels / 4; the rarest words of the lists are near 200
_PROBABILITIES = np.append(10 ** (-4 * np.arange(255) / 100), 0.0)
_KNOWN = 0.9  # of the probability goes to the list, the rest to the spelling
_LONGEST_WORD = 40
_UNSEEN = 0.01  # added to every trigram's count
_ALPHABET = 60


@dataclass(frozen=True, slots=True)
class WordModel:
    """Word and spelling frequencies, side by side for `languages`; read-only once built."""

    languages: tuple[str, ...]
    _hashes: NDArray[np.uint32]
    _rarities: NDArray[np.uint8]
    _trigrams: dict[str, int]
    _log_spellings: NDArray[np.float32]

    @classmethod
    def build(cls, sizes: dict[str, tuple[int, int]]) -> "WordModel":
        """From wordfreq's lists: `sizes` says how many words and how many of them spell.

        Raises:
            KeyError: wordfreq has no list for a language.
        """
        files = wordfreq.available_languages("small")
        hashes: list[int] = []
        rarities: list[int] = []
        columns: list[int] = []
        trigrams: dict[str, int] = {}
        counts: list[dict[int, float]] = []
        for column, (language, (words, spelled)) in enumerate(sizes.items()):
            ranked = [
                (word, centibels)
                for centibels, bucket in enumerate(wordfreq.read_cBpack(str(files[language])))
                for word in bucket
            ][:words]
            hashes += (zlib.crc32(word.encode()) for word, _ in ranked)
            rarities += (min(centibels // 4, _ABSENT - 1) for _, centibels in ranked)
            columns += [column] * len(ranked)
            counts.append(_count_trigrams(ranked[:spelled], trigrams))
        unique, rows = np.unique(np.array(hashes, np.uint32), return_inverse=True)
        table = np.full((len(unique), len(sizes)), _ABSENT, np.uint8)
        table[rows, columns] = rarities
        return cls(tuple(sizes), unique, table, trigrams, _log_conditionals(trigrams, counts))

    def score(self, text: str) -> NDArray[np.float64]:
        """The natural logarithm of the text's probability in each language."""
        total = np.zeros(len(self.languages))
        for word in _WORD.findall(text.lower()):
            spelling = np.exp(self._spelling(word[:_LONGEST_WORD]))
            total += np.log(_KNOWN * self._frequency(word) + (1 - _KNOWN) * spelling)
        return total

    def _frequency(self, word: str) -> NDArray[np.float64]:
        code = zlib.crc32(word.encode(errors="replace"))
        row = int(np.searchsorted(self._hashes, np.uint32(code)))
        if row == len(self._hashes) or self._hashes[row] != code:
            return np.zeros(len(self.languages))
        found: NDArray[np.float64] = _PROBABILITIES[self._rarities[row]]
        return found

    def _spelling(self, word: str) -> NDArray[np.float64]:
        rows = [self._trigrams.get(each, -1) for each in _trigrams_of(word)]
        total: NDArray[np.float64] = self._log_spellings[rows].sum(axis=0, dtype=np.float64)
        return total


def _trigrams_of(word: str) -> list[str]:
    padded = f"  {word} "
    return [padded[start : start + 3] for start in range(len(padded) - 2)]


def _count_trigrams(ranked: list[tuple[str, int]], trigrams: dict[str, int]) -> dict[int, float]:
    """Counts by row, adding rows to `trigrams`; common words weigh more, but not linearly."""
    counts: dict[int, float] = {}
    for word, centibels in ranked:
        weight = 10 ** (-centibels / 200)
        for trigram in _trigrams_of(word):
            row = trigrams.setdefault(trigram, len(trigrams))
            counts[row] = counts.get(row, 0.0) + weight
    return counts


def _log_conditionals(
    trigrams: dict[str, int], counts: list[dict[int, float]]
) -> NDArray[np.float32]:
    """Log P(third letter | first two) by row and language; the last row: never seen at all."""
    contexts: dict[str, int] = {}
    context_of = np.array([contexts.setdefault(each[:2], len(contexts)) for each in trigrams])
    table = np.zeros((len(trigrams) + 1, len(counts)), np.float32)
    for column, rows in enumerate(counts):
        seen = np.zeros(len(trigrams))
        seen[list(rows)] = list(rows.values())
        totals = np.bincount(context_of, seen, len(contexts))[context_of]
        table[:-1, column] = np.log((seen + _UNSEEN) / (totals + _UNSEEN * _ALPHABET))
    table[-1] = -np.log(_ALPHABET) - 2
    return table
