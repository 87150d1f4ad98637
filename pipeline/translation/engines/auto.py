"""Several translators in order of preference; each language pair goes to the first that has it."""

from collections.abc import Mapping, Sequence
from typing import Any

from pipeline.models import Translation
from pipeline.translation.engines.base import Translator


class AutoTranslator:
    """Uses the first of its translators that has a route; translations carry that one's name."""

    name = "auto"

    def __init__(self, translators: Sequence[Translator]) -> None:
        self._translators = tuple(translators)

    def route(self, source: str, target: str) -> tuple[str, ...] | None:
        """See `Translator.route`: the route of the chosen translator."""
        chosen = self._chosen(source, target)
        return chosen.route(source, target) if chosen else None

    def translate(
        self, texts: Sequence[str], *, source: str, target: str, deadline: float
    ) -> list[Translation]:
        """See `Translator.translate`: the result or error of the chosen translator."""
        chosen = self._chosen(source, target)
        if chosen is None:
            names = ", ".join(translator.name for translator in self._translators)
            raise ValueError(f"there is no route from {source} to {target} in {names}")
        return chosen.translate(texts, source=source, target=target, deadline=deadline)

    def describe(self) -> Mapping[str, Any]:
        """See `Translator.describe`: all translators in order of preference."""
        engines = [dict(translator.describe()) for translator in self._translators]
        return {"name": self.name, "engines": engines}

    def reserve_bytes(self) -> int:
        """See `Translator.reserve_bytes`."""
        return sum(translator.reserve_bytes() for translator in self._translators)

    def close(self) -> None:
        """See `Translator.close`."""
        for translator in self._translators:
            translator.close()

    def _chosen(self, source: str, target: str) -> Translator | None:
        candidates = (one for one in self._translators if one.route(source, target))
        return next(candidates, None)
