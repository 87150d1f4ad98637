"""No translation: the translator without any route."""

from collections.abc import Mapping, Sequence
from typing import Any

from pipeline.models import Translation


class NoTranslator:
    """Translates nothing, so texts stay as recognised."""

    name = "none"

    def route(self, source: str, target: str) -> tuple[str, ...] | None:  # noqa: ARG002  # Protocol
        """See `Translator.route`: always None."""
        return None

    def translate(
        self,
        texts: Sequence[str],  # noqa: ARG002  # the Protocol's
        *,
        source: str,
        target: str,
        deadline: float,  # noqa: ARG002  # the Protocol's
    ) -> list[Translation]:
        """See `Translator.translate`: always raises ValueError."""
        raise ValueError(f"translation is off: no route from {source} to {target}")

    def describe(self) -> Mapping[str, Any]:
        """See `Translator.describe`."""
        return {"name": self.name}

    def reserve_bytes(self) -> int:
        """See `Translator.reserve_bytes`."""
        return 0

    def close(self) -> None:
        """See `Translator.close`."""
