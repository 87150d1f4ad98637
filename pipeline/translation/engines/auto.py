"""Several translators in order of preference, chosen between pair by pair."""

from collections.abc import Mapping, Sequence
from typing import Any

from pipeline.models import Translation
from pipeline.translation.engines.base import Translator


class AutoTranslator:
    """The first of its translators that has a way; their names stand in the translations."""

    name = "auto"

    def __init__(self, translators: Sequence[Translator]) -> None:
        self._translators = tuple(translators)

    def route(self, source: str, target: str) -> tuple[str, ...] | None:
        """See `Translator.route`: the chosen one's."""
        chosen = self._chosen(source, target)
        return chosen.route(source, target) if chosen else None

    def translate(
        self, texts: Sequence[str], *, source: str, target: str, deadline: float
    ) -> list[Translation]:
        """See `Translator.translate`: the chosen one's answer, and its errors."""
        chosen = self._chosen(source, target)
        if chosen is None:
            names = ", ".join(each.name for each in self._translators)
            raise ValueError(f"there is no way from {source} to {target} in {names}")
        return chosen.translate(texts, source=source, target=target, deadline=deadline)

    def describe(self) -> Mapping[str, Any]:
        """See `Translator.describe`: all of them, the preferred one first."""
        return {"name": self.name, "engines": [dict(each.describe()) for each in self._translators]}

    def reserve_bytes(self) -> int:
        """See `Translator.reserve_bytes`."""
        return sum(each.reserve_bytes() for each in self._translators)

    def close(self) -> None:
        """See `Translator.close`."""
        for translator in self._translators:
            translator.close()

    def _chosen(self, source: str, target: str) -> Translator | None:
        return next((each for each in self._translators if each.route(source, target)), None)
