"""The Protocol of the readers of one script."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from pipeline.models import Pixels


@dataclass(frozen=True, slots=True)
class ScriptLine:
    """A line for a reader.

    `picture` is 48 pixels high, blue-green-red. `has_latin`: the line has Latin words beside
    the script. `language` is the primary tag of the language, where it is known.
    """

    picture: Pixels
    has_latin: bool = False
    language: str | None = None


@dataclass(frozen=True, slots=True)
class ScriptText:
    """The text of a line in logical order, and a confidence of 0 to 1."""

    text: str
    confidence: float


class ScriptReader(Protocol):
    """Reads lines of one script.

    Threading: may be shared.
    """

    def read(self, lines: Sequence[ScriptLine]) -> list[ScriptText]:
        """The text of each line, in their order; empty where nothing was read.

        Raises:
            EngineUnavailableError: the reader failed, for a reason that may pass.
        """
        ...

    def describe(self) -> Mapping[str, Any]:
        """Name, version and data: part of the fingerprint."""
        ...

    def reserve_bytes(self) -> int:
        """Memory that all its readings together may take at a time, itself included."""
        ...
