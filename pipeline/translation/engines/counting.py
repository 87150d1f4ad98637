"""Counts the characters that Cloud Translation would bill, and sends nothing: for estimates."""

from collections.abc import Mapping, Sequence
from typing import Any

from pipeline.language.tags import primary
from pipeline.models import Translation


class CountingTranslator:
    """Returns texts unchanged, and bills their characters."""

    name = "counting"

    def route(self, source: str, target: str) -> tuple[str, ...] | None:
        """See `Translator.route`: from any language to any other."""
        return None if primary(source) == primary(target) else (source, target)

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
            raise ValueError(f"nothing to count from {source} to {target}")
        return [Translation(text, self.name, billed=len(text)) for text in texts]

    def describe(self) -> Mapping[str, Any]:
        """See `Translator.describe`."""
        return {"name": self.name}

    def reserve_bytes(self) -> int:
        """See `Translator.reserve_bytes`."""
        return 0

    def close(self) -> None:
        """See `Translator.close`."""
