"""Glossary terms for engines without glossaries: placeholder words protect the terms."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from pipeline.models import Translation
from pipeline.translation.engines.base import Translator
from pipeline.translation.glossary import Glossary, protect, restore


class TermKeepingTranslator:
    """Replaces terms with placeholder words, translates, and puts the terms' translations in.

    If the engine changes a placeholder, the text is translated again without placeholders. So
    this is only for engines that charge nothing.
    """

    def __init__(self, translator: Translator, glossary: Glossary) -> None:
        self._translator = translator
        self._glossary = glossary

    @property
    def name(self) -> str:
        """See `Translator.name`: that of the engine."""
        return self._translator.name

    def route(self, source: str, target: str) -> tuple[str, ...] | None:
        """See `Translator.route`: that of the engine."""
        return self._translator.route(source, target)

    def translate(
        self, texts: Sequence[str], *, source: str, target: str, deadline: float
    ) -> list[Translation]:
        """See `Translator.translate`."""
        terms = [self._glossary.terms(text, source, target) for text in texts]
        protected = [protect(text, found) for text, found in zip(texts, terms, strict=True)]
        translations = self._translator.translate(
            protected, source=source, target=target, deadline=deadline
        )
        failed = []
        for index, found in enumerate(terms):
            restored = restore(translations[index].text, found)
            if restored is None:
                failed.append(index)
            elif found:
                translations[index] = replace(translations[index], text=restored, glossary=True)
        if failed:
            plain = self._translator.translate(
                [texts[index] for index in failed], source=source, target=target, deadline=deadline
            )
            for index, translation in zip(failed, plain, strict=True):
                translations[index] = translation
        return translations

    def describe(self) -> Mapping[str, Any]:
        """See `Translator.describe`: that of the engine."""
        return self._translator.describe()

    def reserve_bytes(self) -> int:
        """See `Translator.reserve_bytes`."""
        return self._translator.reserve_bytes()

    def close(self) -> None:
        """See `Translator.close`."""
        self._translator.close()
