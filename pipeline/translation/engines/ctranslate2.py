"""Neural models of OPUS-MT, run by CTranslate2 on this machine: no text leaves it."""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import ctranslate2
import sentencepiece

from pipeline.capacity.cpu import available_cores
from pipeline.errors import ConfigurationError, DeadlineExceededError, TranslatorUnavailableError
from pipeline.language.tags import primary
from pipeline.language.text_forms import is_all_caps
from pipeline.models import Translation
from pipeline.translation.engines.model_files import FILES, Pair, installed
from pipeline.translation.segmentation import cut, join

_PIVOT = "en"
_WORKING_BYTES = 64 * 2**20  # sixteen texts of a model of OPUS-MT's size
_PIECE_CHARACTERS = 240  # the models were trained on sentences
_BATCH_PIECES = 128  # between two looks at the clock
_BATCH_EXAMPLES = 16  # decoded at a time: each scores the whole vocabulary at every step
_BEAM = 2
# A model of OPUS-MT's size, 75 MiB on disk, takes 86 MiB loaded and 150 MiB at work.
_RESIDENT_FACTOR = 2.1
_MEBIBYTE = 2**20


@dataclass(frozen=True, slots=True)
class _Model:
    """One direction; every part of it may be used by several threads at once."""

    translator: ctranslate2.Translator
    source: sentencepiece.SentencePieceProcessor
    target: sentencepiece.SentencePieceProcessor

    def translate(self, texts: Sequence[str]) -> list[str]:
        tokens = self.source.encode(list(texts), out_type=str)
        results = self.translator.translate_batch(
            tokens,
            beam_size=_BEAM,
            max_batch_size=_BATCH_EXAMPLES,
            # A model that loops over a text it does not know stops here.
            max_decoding_length=2 * max(map(len, tokens)) + 16,
            replace_unknowns=True,
        )
        return [str(self.target.decode(result.hypotheses[0])) for result in results]


class CTranslate2Translator:
    """Runs every model of a folder; pairs without one go through English.

    Args:
        folder: what `image-translation models install --translation` filled.
        threads: of each translation; a second one at the same time waits for its turn.
        memory_bytes: what all models together may take.

    Raises:
        ConfigurationError: no model, one that cannot be read, or more than fit the memory.
    """

    name = "ctranslate2"

    def __init__(
        self, folder: Path, *, threads: int | None = None, memory_bytes: int | None = None
    ) -> None:
        found = installed(folder)
        if not found:
            raise ConfigurationError(
                f"no translation model in TRANSLATION_MODEL_DIR={folder}. Type:"
                f" image-translation models install --translation es-en --dir {folder}"
            )
        self._check_memory(found, memory_bytes)
        self._origins = {pair: model.origin for pair, model in found.items()}
        cores = threads or available_cores()
        self._models = {pair: _load(model.folder, cores) for pair, model in found.items()}

    def route(self, source: str, target: str) -> tuple[str, ...] | None:
        """See `Translator.route`: direct, or through English."""
        for a in (source, primary(source)):
            for b in (target, primary(target)):
                if (a, b) in self._models:
                    return (a, b)
                if (a, _PIVOT) in self._models and (_PIVOT, b) in self._models and a != b:
                    return (a, _PIVOT, b)
        return None

    def translate(
        self, texts: Sequence[str], *, source: str, target: str, deadline: float
    ) -> list[Translation]:
        """See `Translator.translate`."""
        route = self.route(source, target)
        if route is None:
            raise ValueError(f"there is no way from {source} to {target} among the models")
        translated = list(texts)
        for hop in pairwise(route):
            translated = self._hop(translated, self._models[hop], deadline)
        via = route[1] if len(route) == 3 else None
        return [Translation(text, self.name, via) for text in translated]

    def describe(self) -> Mapping[str, Any]:
        """See `Translator.describe`: which model stands behind each pair."""
        origins = {"-".join(pair): origin for pair, origin in sorted(self._origins.items())}
        return {"name": self.name, "version": ctranslate2.__version__, "models": origins}

    def reserve_bytes(self) -> int:
        """See `Translator.reserve_bytes`."""
        return _WORKING_BYTES

    def close(self) -> None:
        """See `Translator.close`."""
        for model in self._models.values():
            model.translator.unload_model()

    def _hop(self, texts: Sequence[str], model: _Model, deadline: float) -> list[str]:
        clean = (text.encode("utf-8", "replace").decode() for text in texts)
        pieces = cut(clean, _PIECE_CHARACTERS, after="sentence")
        cores = [piece.core for piece in pieces if piece.core]
        answers: list[str] = []
        for start in range(0, len(cores), _BATCH_PIECES):
            if time.monotonic() >= deadline:
                raise DeadlineExceededError("the deadline passed while the model was translating")
            batch = cores[start : start + _BATCH_PIECES]
            try:
                replies = model.translate([_calmed(core) for core in batch])
            except RuntimeError as error:
                # What it says may repeat pieces of the text.
                raise TranslatorUnavailableError("CTranslate2 failed on a text") from error
            answers += map(_restored, batch, replies)
        return join(len(texts), pieces, answers)

    def _check_memory(self, found: Mapping[Pair, Any], memory_bytes: int | None) -> None:
        sizes = {pair: (model.folder / "model.bin").stat().st_size for pair, model in found.items()}
        needed = int(sum(sizes.values()) * _RESIDENT_FACTOR)
        if memory_bytes is not None and needed > memory_bytes:
            names = ", ".join("-".join(pair) for pair in sizes)
            raise ConfigurationError(
                f"the translation models {names} take about {needed // _MEBIBYTE} MiB, more than"
                f" the {memory_bytes // _MEBIBYTE} MiB left for them: remove some, or raise the"
                " container's memory"
            )


def _load(folder: Path, cores: int) -> _Model:
    try:
        source, target = (
            sentencepiece.SentencePieceProcessor(model_file=str(folder / name))
            for name in ("source.spm", "target.spm")
        )
        translator = ctranslate2.Translator(
            str(folder), device="cpu", compute_type="int8", inter_threads=1, intra_threads=cores
        )
    except (RuntimeError, OSError, ValueError) as error:
        raise ConfigurationError(
            f"cannot load the translation model in {folder} (it needs {', '.join(FILES)}): {error}"
        ) from error
    return _Model(translator, source, target)


def _calmed(core: str) -> str:
    # The models know few words in capitals: they read a sentence, and shout it afterwards.
    return core.capitalize() if is_all_caps(core) else core


def _restored(core: str, reply: str) -> str:
    text = reply.strip() or core
    return text.upper() if is_all_caps(core) else text
