"""CTranslate2: neural machine translation with OPUS-MT models on this machine."""

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
from pipeline.translation.segmentation import reassemble, segment_texts

_PIVOT = "en"
_WORKING_BYTES = 64 * 2**20  # decoding 16 texts with a model of OPUS-MT's size
_MAX_SEGMENT_CHARACTERS = 240  # the models were trained on sentences
_BATCH_SEGMENTS = 128  # the deadline is checked between two batches
_DECODED_TOGETHER = 16  # more would need too much memory: each scores the whole vocabulary
_BEAM_SIZE = 2
# Memory per byte of model.bin: a model of 75 MiB takes 86 MiB loaded and 150 MiB while decoding.
_MEMORY_FACTOR = 2.1
_MEBIBYTE = 2**20


@dataclass(frozen=True, slots=True)
class _Model:
    """The model of one language pair; threads may share it."""

    translator: ctranslate2.Translator
    source: sentencepiece.SentencePieceProcessor
    target: sentencepiece.SentencePieceProcessor

    def translate(self, texts: Sequence[str]) -> list[str]:
        tokens = self.source.encode(list(texts), out_type=str)
        results = self.translator.translate_batch(
            tokens,
            beam_size=_BEAM_SIZE,
            max_batch_size=_DECODED_TOGETHER,
            # Models may repeat themselves forever on strange texts.
            max_decoding_length=2 * max(map(len, tokens)) + 16,
            replace_unknowns=True,
        )
        return [str(self.target.decode(result.hypotheses[0])) for result in results]


class CTranslate2Translator:
    """Runs all models of a folder; pairs without a model go through English.

    Args:
        folder: filled by `image-translation models install --translation`.
        threads: number of threads of a model, which runs one translation at a time.
        memory_bytes: limit for all models together.

    Raises:
        ConfigurationError: there is no model, one cannot be read, or they exceed the memory.
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
        for start in (source, primary(source)):
            for end in (target, primary(target)):
                if (start, end) in self._models:
                    return (start, end)
                through_pivot = (start, _PIVOT) in self._models and (_PIVOT, end) in self._models
                if through_pivot and start != end:
                    return (start, _PIVOT, end)
        return None

    def translate(
        self, texts: Sequence[str], *, source: str, target: str, deadline: float
    ) -> list[Translation]:
        """See `Translator.translate`."""
        route = self.route(source, target)
        if route is None:
            raise ValueError(f"there is no route from {source} to {target} among the models")
        translated = list(texts)
        for hop in pairwise(route):
            translated = self._hop(translated, self._models[hop], deadline)
        via = route[1] if len(route) == 3 else None
        return [Translation(text, self.name, via) for text in translated]

    def describe(self) -> Mapping[str, Any]:
        """See `Translator.describe`: the origin of each pair's model."""
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
        segments = segment_texts(clean, _MAX_SEGMENT_CHARACTERS, by="sentence")
        cores = [segment.core for segment in segments if segment.core]
        answers: list[str] = []
        for start in range(0, len(cores), _BATCH_SEGMENTS):
            if time.monotonic() >= deadline:
                raise DeadlineExceededError("the deadline passed while the model was translating")
            batch = cores[start : start + _BATCH_SEGMENTS]
            try:
                replies = model.translate([_without_caps(core) for core in batch])
            except RuntimeError as error:
                # Its message is left out, because it may contain the text.
                raise TranslatorUnavailableError("CTranslate2 failed on a text") from error
            answers += map(_with_caps, batch, replies)
        return reassemble(len(texts), segments, answers)

    def _check_memory(self, found: Mapping[Pair, Any], memory_bytes: int | None) -> None:
        sizes = {pair: (model.folder / "model.bin").stat().st_size for pair, model in found.items()}
        needed = int(sum(sizes.values()) * _MEMORY_FACTOR)
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


def _without_caps(core: str) -> str:
    # The models know few words in capitals. `_with_caps` restores them afterwards.
    return core.capitalize() if is_all_caps(core) else core


def _with_caps(core: str, reply: str) -> str:
    text = reply.strip() or core
    return text.upper() if is_all_caps(core) else text
