"""A translator that keeps a glossary's terms, whatever its engine knows of glossaries."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from pipeline.models import Translation
from pipeline.translation.engines.base import Translator
from pipeline.translation.glossary import Glossary, protect, restore


class TermKeepingTranslator:
    """Gives the engine an invented word in the place of each term, and the term back after.

    A text whose invented words do not come back as they were is translated again without
    them: for engines that charge nothing.
    """

    def __init__(self, translator: Translator, glossary: Glossary) -> None:
        self._translator = translator
        self._glossary = glossary

    @property
    def name(self) -> str:
        """See `Translator.name`: the engine's own."""
        return self._translator.name

    def route(self, source: str, target: str) -> tuple[str, ...] | None:
        """See `Translator.route`: the engine's own."""
        return self._translator.route(source, target)

    def translate(
        self, texts: Sequence[str], *, source: str, target: str, deadline: float
    ) -> list[Translation]:
        """See `Translator.translate`."""
        terms = [self._glossary.terms(text, source, target) for text in texts]
        guarded = [protect(text, own) for text, own in zip(texts, terms, strict=True)]
        answers = self._translator.translate(
            guarded, source=source, target=target, deadline=deadline
        )
        lost = []
        for index, own in enumerate(terms):
            kept = restore(answers[index].text, own)
            if kept is None:
                lost.append(index)
            elif own:
                answers[index] = replace(answers[index], text=kept, glossary=True)
        if lost:
            plain = self._translator.translate(
                [texts[index] for index in lost], source=source, target=target, deadline=deadline
            )
            for index, answer in zip(lost, plain, strict=True):
                answers[index] = answer
        return answers

    def describe(self) -> Mapping[str, Any]:
        """See `Translator.describe`: the engine's own."""
        return self._translator.describe()

    def reserve_bytes(self) -> int:
        """See `Translator.reserve_bytes`."""
        return self._translator.reserve_bytes()

    def close(self) -> None:
        """See `Translator.close`."""
        self._translator.close()
