"""Counts the characters that a translator would bill, and sends nothing: for estimates."""

from collections.abc import Mapping, Sequence
from typing import Any

from pipeline.models import Translation
from pipeline.translation.engines.base import Translator


class CountingTranslator:
    """Has the routes of a translator that bills each character; returns texts unchanged."""

    name = "counting"

    def __init__(self, translator: Translator) -> None:
        self._translator = translator

    def route(self, source: str, target: str) -> tuple[str, ...] | None:
        """See `Translator.route`: that of the translator."""
        return self._translator.route(source, target)

    def translate(
        self,
        texts: Sequence[str],
        *,
        source: str,
        target: str,
        deadline: float,  # noqa: ARG002  # the Protocol's
    ) -> list[Translation]:
        """See `Translator.translate`."""
        if self.route(source, target) is None:
            raise ValueError(f"there is no route from {source} to {target}")
        return [Translation(text, self.name, billed=len(text)) for text in texts]

    def describe(self) -> Mapping[str, Any]:
        """See `Translator.describe`."""
        return {"name": self.name}

    def reserve_bytes(self) -> int:
        """See `Translator.reserve_bytes`."""
        return self._translator.reserve_bytes()

    def close(self) -> None:
        """See `Translator.close`."""
        self._translator.close()
