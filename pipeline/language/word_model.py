"""Which of a script's languages a few words are in, from how often each uses them.

Signs, menus and labels are too short for detectors made for prose. Every word is weighed
by its frequency in each language, and by its spelling where a list does not know it.
"""

import re
import zlib
from dataclasses import dataclass
from itertools import chain, islice

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
_SPACE = ord(" ")


@dataclass(frozen=True, slots=True)
class WordModel:
    """Word and spelling frequencies, side by side for `languages`; read-only once built.

    Words are known by a hash, trigrams by a code; rows are in their order. `_log_spellings`
    has one row more, for trigrams no language has.
    """

    languages: tuple[str, ...]
    _hashes: NDArray[np.uint32]
    _rarities: NDArray[np.uint8]
    _trigrams: NDArray[np.uint64]
    _log_spellings: NDArray[np.float32]

    @classmethod
    def build(cls, sizes: dict[str, tuple[int, int]]) -> "WordModel":
        """From wordfreq's lists: `sizes` says how many words and how many of them spell.

        Raises:
            KeyError: wordfreq has no list for a language.
        """
        files = wordfreq.available_languages("small")
        hashes: list[int] = []
        rarities: list[NDArray[np.float64]] = []
        columns: list[int] = []
        trigrams: list[tuple[NDArray[np.uint64], NDArray[np.float64]]] = []
        for column, (language, (count, spelled)) in enumerate(sizes.items()):
            buckets = wordfreq.read_cBpack(str(files[language]))
            words = list(islice(chain.from_iterable(buckets), count))
            centibels = np.repeat(np.arange(len(buckets)), [len(each) for each in buckets])[:count]
            hashes += [zlib.crc32(word.encode()) for word in words]
            rarities.append(np.minimum(centibels // 4, _ABSENT - 1))
            columns += [column] * len(words)
            # Common words weigh more for the spelling, but not linearly.
            weights = 10 ** (-centibels[:spelled] / 200)
            trigrams.append(_weighed_trigrams(words[:spelled], weights))
        unique, rows = np.unique(np.array(hashes, np.uint32), return_inverse=True)
        table = np.full((len(unique), len(sizes)), _ABSENT, np.uint8)
        table[rows, columns] = np.concatenate(rarities)
        codes = np.unique(np.concatenate([each for each, _ in trigrams]))
        return cls(tuple(sizes), unique, table, codes, _log_conditionals(codes, trigrams))

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
        codes, _ = _trigrams_of(f"  {word} ")
        rows = np.searchsorted(self._trigrams, codes)
        known = self._trigrams[np.minimum(rows, len(self._trigrams) - 1)] == codes
        rows[~known] = len(self._trigrams)
        total: NDArray[np.float64] = self._log_spellings[rows].sum(axis=0, dtype=np.float64)
        return total


def _trigrams_of(padded: str) -> tuple[NDArray[np.uint64], NDArray[np.bool_]]:
    """The code of each trigram, and which positions of `padded` they start at.

    Words stand between two spaces and one: a trigram that ends in two spaces belongs to
    no word and is left out.
    """
    encoded = padded.encode("utf-32-le", "surrogatepass")
    letters = np.frombuffer(encoded, np.uint32).astype(np.uint64)
    codes = letters[:-2] << np.uint64(42) | letters[1:-1] << np.uint64(21) | letters[2:]
    inside = (letters[1:-1] != _SPACE) | (letters[2:] != _SPACE)
    return codes[inside], inside


def _weighed_trigrams(
    words: list[str], weights: NDArray[np.float64]
) -> tuple[NDArray[np.uint64], NDArray[np.float64]]:
    """Each trigram once, and the weights of the words it is in, added up."""
    codes, inside = _trigrams_of("".join(f"  {word} " for word in words))
    starts = np.repeat(weights, [len(word) + 3 for word in words])[:-2][inside]
    unique, rows = np.unique(codes, return_inverse=True)
    return unique, np.bincount(rows, starts, len(unique)).astype(np.float64)


def _log_conditionals(
    codes: NDArray[np.uint64],
    trigrams: list[tuple[NDArray[np.uint64], NDArray[np.float64]]],
) -> NDArray[np.float32]:
    """Log P(third letter | first two) by trigram and language."""
    _, contexts = np.unique(codes >> np.uint64(21), return_inverse=True)
    table = np.zeros((len(codes) + 1, len(trigrams)), np.float32)
    for column, (own, weights) in enumerate(trigrams):
        seen = np.zeros(len(codes))
        seen[np.searchsorted(codes, own)] = weights
        totals = np.bincount(contexts, seen)[contexts]
        table[:-1, column] = np.log((seen + _UNSEEN) / (totals + _UNSEEN * _ALPHABET))
    table[-1] = -np.log(_ALPHABET) - 2
    return table
