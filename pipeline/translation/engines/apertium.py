"""Apertium: rule-based machine translation on this machine, in child processes.

Apertium is under the GNU GPL, so it runs as separate programs. The language pairs come from
the `.mode` files that the Debian packages install.
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
from pipeline.translation.segmentation import reassemble, segment_texts

INSTALL = (
    "sudo apt-get install apertium apertium-eng-spa apertium-fr-es apertium-es-pt"
    " apertium-spa-cat apertium-eng-cat apertium-spa-ita"
)

# These programs flush at a NUL byte when given -z; a mode with any other is left out.
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
_PIVOTS = ("es", "en")  # preferred; most pairs are of Romance languages, which are near Spanish
_MAX_SEGMENT_CHARACTERS = 1_000
_BATCH_SEGMENTS = 64
_MAX_FAILURES_IN_A_ROW = 4
_CHAIN_BYTES = 120 * 2**20  # measured: 43 to 168 MB by language pair; es-en 99 MB
_DEFAULT_MAX_CHAINS = 4  # more chains would take too much memory from the pictures

_SPECIAL = re.compile(r"([\\\[\]{}^$/@<>])")
_CONTROLS = re.compile(r"[^\S\n]|[\x00-\x09\x0b-\x1f\x7f-\x9f\ud800-\udfff]")
_ESCAPED = re.compile(r"\\(.)|\[([^\]]*)\]", re.DOTALL)

Modes = Mapping[tuple[str, str], Commands]


class ApertiumTranslator:
    """Runs the mode of each language pair as a long-lived chain of processes.

    Pairs without a mode go through one pivot language.

    Args:
        modes: from `installed_modes`.
        pool_size: maximum number of chains, over all pairs; one takes 43 to 168 MB.
        silence_seconds: a chain without output for so many seconds is replaced.
    """

    name = "apertium"

    def __init__(
        self, modes: Modes, *, pool_size: int | None = None, silence_seconds: float = 20.0
    ) -> None:
        self._modes = modes
        self._silence_seconds = silence_seconds
        self._routes = _routes(modes)
        # Without a locale every stage gives empty answers.
        environment = {"LC_ALL": "C.UTF-8", "PATH": os.environ.get("PATH", os.defpath)}
        self.pool = ChainPool(pool_size or min(available_cores(), _DEFAULT_MAX_CHAINS), environment)

    @classmethod
    def from_installation(cls, **options: Any) -> "ApertiumTranslator":
        """Uses the modes of the Apertium on this machine.

        Raises:
            ConfigurationError: Apertium or its language pairs are not installed.
        """
        return cls(installed_modes(), **options)

    def route(self, source: str, target: str) -> tuple[str, ...] | None:
        """See `Translator.route`: direct, or through one pivot."""
        for pair in (
            (source, target),
            (primary(source), target),
            (source, primary(target)),
            (primary(source), primary(target)),
        ):
            if (route := self._routes.get(pair)) is not None:
                return route
        return None

    def translate(
        self, texts: Sequence[str], *, source: str, target: str, deadline: float
    ) -> list[Translation]:
        """See `Translator.translate`."""
        route = self.route(source, target)
        if route is None:
            raise ValueError(f"Apertium has no route from {source} to {target}")
        via = route[1] if len(route) == 3 else None
        translated = list(texts)
        for hop in pairwise(route):
            translated = self._hop(translated, hop, deadline)
        return [Translation(text, self.name, via) for text in translated]

    def describe(self) -> Mapping[str, Any]:
        """See `Translator.describe`; `modes` is a digest of the language pairs' files."""
        return {"name": self.name, "modes": _digest(self._modes)}

    def reserve_bytes(self) -> int:
        """See `Translator.reserve_bytes`."""
        return _CHAIN_BYTES * self.pool.to_start

    def close(self) -> None:
        """See `Translator.close`."""
        self.pool.close()

    def _hop(self, texts: Sequence[str], hop: tuple[str, str], deadline: float) -> list[str]:
        # Segments are lines, because Apertium may move words within a segment.
        clean = (_CONTROLS.sub(" ", text) for text in texts)
        segments = segment_texts(clean, _MAX_SEGMENT_CHARACTERS, by="line")
        cores = [segment.core for segment in segments if segment.core]
        answers: list[str] = []
        for start in range(0, len(cores), _BATCH_SEGMENTS):
            batch = cores[start : start + _BATCH_SEGMENTS]
            replies = self._exchange(list(map(_encoded, batch)), self._modes[hop], deadline)
            answers += map(_decoded, batch, replies, repeat(hop[1]))
        return reassemble(len(texts), segments, answers)

    def _exchange(
        self, requests: Sequence[bytes], commands: Commands, deadline: float
    ) -> list[str]:
        replies: list[str] = []
        failures = 0
        while len(replies) < len(requests):
            answered = len(replies)
            try:
                with self.pool.lease(commands, deadline) as chain:
                    for reply in chain.exchange(
                        requests[answered:],
                        silence_seconds=self._silence_seconds,
                        deadline=deadline,
                    ):
                        # Appended one by one, so that a failure keeps the replies before it.
                        replies.append(reply.decode())  # noqa: PERF401
            except (ChainBrokenError, UnicodeDecodeError) as error:
                failures = failures + 1 if len(replies) == answered else 1
                if failures == _MAX_FAILURES_IN_A_ROW:
                    raise TranslatorUnavailableError(
                        f"Apertium failed {failures} times in a row: {error}"
                    ) from error
        return replies


def installed_modes(folder: Path | None = None) -> Modes:
    """The language pairs in `folder`, or of the Apertium on the PATH, as BCP-47 tags.

    Raises:
        ConfigurationError: nothing is installed; the message has the command to type.
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
    """Parses a mode file; `$1` stands for the generator's option, `$2` for the tagger's."""
    stages = []
    for stage in mode.strip().split("|"):
        program, *arguments = shlex.split(stage)
        if program not in _NULL_FLUSHING:
            return None
        # -n leaves unknown words without Apertium's marks.
        options = ("-n" if word == "$1" else word for word in arguments if word != "$2")
        stages.append((program, "-z", *options))
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


def _encoded(core: str) -> bytes:
    # Apertium takes words in capitals for unknown names; `_decoded` restores the capitals.
    text = core.lower() if is_all_caps(core) else core
    # In Apertium's stream a tilde joins words; inside brackets it is a blank and passes through.
    return _SPECIAL.sub(r"\\\1", text).replace("~", "[~]").encode()


def _decoded(core: str, reply: str, target: str) -> str:
    text = _ESCAPED.sub(lambda match: match[1] or match[2] or "", reply).strip() or core
    if "  " not in core:
        text = re.sub(" {2,}", " ", text)
    return text.upper() if is_all_caps(core) else lower_inner_capitals(core, text, target)
