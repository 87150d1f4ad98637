"""The texts of drawn lines: common words of many languages, receipts, numbers, rare characters."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Self

import numpy as np
from wordfreq import top_n_list

SPACED = ("en", "es", "fr", "de", "it", "pt", "pl", "cs", "tr", "sv")
KINDS = (*SPACED, "zh", "ja", "zh", "ja", "receipt", "receipt", "number", "rare")
_COMMON = 4000
_IDEOGRAPHS = range(0x4E00, 0xA000)


@dataclass(frozen=True, slots=True)
class Texts:
    """Texts of every kind. `characters` are all the recogniser knows."""

    characters: Sequence[str]

    @classmethod
    def of_model(cls, description: Path) -> Self:
        """With the characters of an `inference.yml` (which is JSON, as installed)."""
        recipe = json.loads(description.read_text("utf-8"))
        return cls(recipe["PostProcess"]["character_dict"])

    def line(self, kind: str, rng: np.random.Generator) -> str:
        """One line of a kind."""
        if kind == "receipt":
            return _receipt(rng)
        if kind == "number":
            return _number(rng)
        if kind == "rare":
            known = [c for c in self.characters if len(c) == 1 and ord(c) in _IDEOGRAPHS]
            return "".join(rng.choice(known, rng.integers(2, 12)))
        if kind in SPACED:
            return _cased(" ".join(_words(kind, rng, int(rng.integers(1, 5)))), rng)
        return "".join(_words(kind, rng, int(rng.integers(1, 6))))


@lru_cache
def _common(language: str) -> list[str]:
    return top_n_list(language, _COMMON)


def _words(language: str, rng: np.random.Generator, count: int) -> list[str]:
    common = _common(language)
    return [common[i] for i in rng.integers(len(common), size=count)]


def _cased(text: str, rng: np.random.Generator) -> str:
    text = (text, text.capitalize(), text.title(), text.upper())[rng.integers(4)]
    return text + ("", "", ".", ",", ":", "!", "?")[rng.integers(7)]


def _receipt(rng: np.random.Generator) -> str:
    amount = f"{rng.integers(0, 300)}.{rng.integers(100):02}"
    name = " ".join(_words("en", rng, 2)).upper()
    return (
        f"{name}  {amount}",
        f"{rng.integers(1, 9)} X {name}",
        f"TOTAL (RM) : {amount}",
        f"{rng.integers(1, 29):02}/{rng.integers(1, 13):02}/20{rng.integers(10, 27)} {_time(rng)}",
        f"TEL: {rng.integers(10, 100):02}-{rng.integers(10**6, 10**7)}  FAX: {_number(rng)}",
        f"GST ID NO : {rng.integers(10**11, 10**12):012}",
        f"NO. {rng.integers(1, 200)}, JALAN {name},",
    )[rng.integers(7)]


def _time(rng: np.random.Generator) -> str:
    return f"{rng.integers(24):02}:{rng.integers(60):02}"


def _number(rng: np.random.Generator) -> str:
    digits = "".join(str(digit) for digit in rng.integers(10, size=rng.integers(1, 12)))
    return (digits, f"{digits}%", f"€ {digits}", f"{digits[:3]}-{digits}", f"${digits}.00")[
        rng.integers(5)
    ]
