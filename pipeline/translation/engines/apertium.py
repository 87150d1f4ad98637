"""Apertium: rule-based translation on this machine, in processes of its own.

Apertium is under the GNU GPL and is run as separate programs. Its language pairs are
discovered from the `.mode` files that the Debian packages install.
"""

import hashlib
import os
import re
import shlex
import shutil
from collections.abc import Mapping, Sequence
from itertools import pairwise, repeat
from pathlib import Path
from typing import Any

import langcodes

from pipeline.capacity.cpu import available_cores
from pipeline.errors import ConfigurationError, TranslatorUnavailableError
from pipeline.language.tags import primary
from pipeline.language.text_forms import is_all_caps
from pipeline.models import Translation
from pipeline.translation.engines.apertium_casing import lower_inner_capitals
from pipeline.translation.engines.apertium_processes import ChainBrokenError, ChainPool, Commands
from pipeline.translation.segmentation import cut, join

INSTALL = (
    "sudo apt-get install apertium apertium-eng-spa apertium-fr-es apertium-es-pt"
    " apertium-spa-cat apertium-eng-cat apertium-spa-ita"
)

# Every program here flushes at a NUL when given -z; a mode with any other is left out.
_NULL_FLUSHING = frozenset(
    {
        "apertium-anaphora",
        "apertium-interchunk",
        "apertium-postchunk",
        "apertium-posttransfer",
        "apertium-pretransfer",
        "apertium-tagger",
        "apertium-transfer",
        "cg-proc",
        "hfst-proc",
        "lrx-proc",
        "lsx-proc",
        "lt-proc",
        "rtx-proc",
    }
)
_PIVOTS = ("es", "en")  # tried first: between Romance languages Spanish loses least
_PIECE_CHARACTERS = 1_000
_BATCH_PIECES = 64
_ATTEMPTS = 4
_CHAIN_BYTES = 120 * 2**20  # 43 to 168 measured, by language pair; es-en 99
_MOST_CHAINS = 4  # unless asked for more: each takes memory beside the pictures

_SPECIAL = re.compile(r"([\\\[\]{}^$/@<>])")
_CONTROLS = re.compile(r"[^\S\n]|[\x00-\x09\x0b-\x1f\x7f-\x9f\ud800-\udfff]")
_ESCAPED = re.compile(r"\\(.)|\[([^\]]*)\]", re.DOTALL)

Modes = Mapping[tuple[str, str], Commands]


class ApertiumTranslator:
    """Runs every pair's mode as a long-lived chain of processes.

    Pairs that no mode joins directly go through one pivot language.

    Args:
        modes: what `installed_modes` found, or another folder of modes.
        pool_size: chains at a time, whatever their pairs; one takes 43 to 168 MB, es-en 99.
        silence_seconds: seconds a chain may give no sign of life before it is replaced.
    """

    name = "apertium"

    def __init__(
        self, modes: Modes, *, pool_size: int | None = None, silence_seconds: float = 20.0
    ) -> None:
        self._modes = modes
        self._silence_seconds = silence_seconds
        self._routes = _routes(modes)
        # A missing locale makes every stage answer nothing.
        environment = {"LC_ALL": "C.UTF-8", "PATH": os.environ.get("PATH", os.defpath)}
        self.pool = ChainPool(pool_size or min(available_cores(), _MOST_CHAINS), environment)

    @classmethod
    def from_installation(cls, **options: Any) -> "ApertiumTranslator":
        """With the modes of the Apertium on this machine.

        Raises:
            ConfigurationError: there is none, or no language pair.
        """
        return cls(installed_modes(), **options)

    def route(self, source: str, target: str) -> tuple[str, ...] | None:
        """See `Translator.route`: direct, or through one pivot."""
        for ends in (
            (source, target),
            (primary(source), target),
            (source, primary(target)),
            (primary(source), primary(target)),
        ):
            if (found := self._routes.get(ends)) is not None:
                return found
        return None

    def translate(
        self, texts: Sequence[str], *, source: str, target: str, deadline: float
    ) -> list[Translation]:
        """See `Translator.translate`."""
        route = self.route(source, target)
        if route is None:
            raise ValueError(f"Apertium has no way from {source} to {target}")
        via = route[1] if len(route) == 3 else None
        translated = list(texts)
        for hop in pairwise(route):
            translated = self._hop(translated, hop, deadline)
        return [Translation(text, self.name, via) for text in translated]

    def describe(self) -> Mapping[str, Any]:
        """See `Translator.describe`; `modes` changes when a language pair's files do."""
        return {"name": self.name, "modes": _digest(self._modes)}

    def reserve_bytes(self) -> int:
        """See `Translator.reserve_bytes`."""
        return _CHAIN_BYTES * self.pool.to_start

    def close(self) -> None:
        """See `Translator.close`."""
        self.pool.close()

    def _hop(self, texts: Sequence[str], hop: tuple[str, str], deadline: float) -> list[str]:
        # Line by line: in one segment words would move across lines.
        clean = (_CONTROLS.sub(" ", text) for text in texts)
        pieces = cut(clean, _PIECE_CHARACTERS, after="line")
        cores = [piece.core for piece in pieces if piece.core]
        answers: list[str] = []
        for start in range(0, len(cores), _BATCH_PIECES):
            batch = cores[start : start + _BATCH_PIECES]
            segments = [_segment(core) for core in batch]
            replies = self._exchange(segments, self._modes[hop], deadline)
            answers += map(_restored, batch, replies, repeat(hop[1]))
        return join(len(texts), pieces, answers)

    def _exchange(
        self, segments: Sequence[bytes], commands: Commands, deadline: float
    ) -> list[str]:
        replies: list[str] = []
        failures = 0
        while len(replies) < len(segments):
            before = len(replies)
            try:
                with self.pool.lease(commands, deadline) as chain:
                    for reply in chain.exchange(
                        segments[before:], silence_seconds=self._silence_seconds, deadline=deadline
                    ):
                        # One by one: what came before a failure is kept.
                        replies.append(reply.decode())  # noqa: PERF401
            except (ChainBrokenError, UnicodeDecodeError) as error:
                failures = failures + 1 if len(replies) == before else 1
                if failures == _ATTEMPTS:
                    raise TranslatorUnavailableError(
                        f"Apertium failed {failures} times in a row: {error}"
                    ) from error
        return replies


def installed_modes(folder: Path | None = None) -> Modes:
    """The pairs of `folder`, or of the Apertium found on the PATH, by BCP-47 tags.

    Raises:
        ConfigurationError: nothing is installed; the message says what to type.
    """
    if folder is None:
        program = shutil.which("apertium")
        if program is None:
            raise ConfigurationError(
                f"Apertium is not installed. Type: {INSTALL}\nor set TRANSLATOR=none"
            )
        folder = Path(program).resolve().parent.parent / "share" / "apertium" / "modes"
    modes: dict[tuple[str, str], Commands] = {}
    for path in sorted(folder.glob("*.mode")):
        pair = _pair(path.stem)
        commands = _commands(path.read_text(encoding="utf-8")) if pair else None
        if pair and commands:
            modes.setdefault(pair, commands)
    if not modes:
        raise ConfigurationError(f"Apertium has no language pair in {folder}. Type: {INSTALL}")
    return modes


def _pair(stem: str) -> tuple[str, str] | None:
    parts = stem.split("-")
    if len(parts) != 2:
        return None
    tags = [langcodes.standardize_tag(part.replace("_", "-")) for part in parts if _is_tag(part)]
    return (tags[0], tags[1]) if len(tags) == 2 else None


def _is_tag(code: str) -> bool:
    return langcodes.tag_is_valid(code.replace("_", "-"))


def _commands(mode: str) -> Commands | None:
    """The stages of a mode file: `$1` is the generator's option, `$2` the tagger's."""
    stages = []
    for stage in mode.strip().split("|"):
        program, *arguments = shlex.split(stage)
        if program not in _NULL_FLUSHING:
            return None
        # -n: unknown words stand as they were, without Apertium's marks.
        kept = ("-n" if each == "$1" else each for each in arguments if each != "$2")
        stages.append((program, "-z", *kept))
    return tuple(stages)


def _routes(modes: Modes) -> dict[tuple[str, str], tuple[str, ...]]:
    routes: dict[tuple[str, str], tuple[str, ...]] = {pair: pair for pair in modes}
    languages = {language for pair in modes for language in pair}
    for pivot in (*_PIVOTS, *sorted(languages - set(_PIVOTS))):
        for source in languages:
            for target in languages:
                if (source, pivot) in modes and (pivot, target) in modes and source != target:
                    routes.setdefault((source, target), (source, pivot, target))
    return routes


def _digest(modes: Modes) -> str:
    digest = hashlib.sha256()
    for pair, commands in sorted(modes.items()):
        files = [word for command in commands for word in command if "/" in word]
        sizes = [Path(file).stat().st_size for file in files if Path(file).is_file()]
        digest.update(repr((pair, commands, sizes)).encode())
    return digest.hexdigest()[:12]


def _segment(core: str) -> bytes:
    # All capitals are read as unknown proper names: lowered before, raised again after.
    text = core.lower() if is_all_caps(core) else core
    # A tilde joins words in Apertium's stream: it passes only as a blank of its own.
    return _SPECIAL.sub(r"\\\1", text).replace("~", "[~]").encode()


def _restored(core: str, reply: str, target: str) -> str:
    text = _ESCAPED.sub(lambda match: match[1] or match[2] or "", reply).strip() or core
    if "  " not in core:
        text = re.sub(" {2,}", " ", text)
    return text.upper() if is_all_caps(core) else lower_inner_capitals(core, text, target)
