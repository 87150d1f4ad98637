"""For one target language: the translations that are known, and the texts to send."""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace

from pipeline.models import Translation

Text = tuple[str, str]
"""Language, text."""


@dataclass(slots=True)
class Plan:
    """Known translations, texts to send by language, and unsupported texts.

    `remembered` counts the characters of translations that were made before.
    """

    target: str
    known: dict[Text, Translation] = field(default_factory=dict)
    to_send: dict[str, list[str]] = field(default_factory=dict)
    unsupported: Counter[str] = field(default_factory=Counter)
    remembered: int = 0

    @property
    def characters(self) -> int:
        """The characters to send."""
        return sum(len(text) for texts in self.to_send.values() for text in texts)

    def keys_to_send(self) -> Iterator[tuple[str, str, str]]:
        """Language, target language and text of each text to send."""
        for language, texts in self.to_send.items():
            for text in texts:
                yield language, self.target, text

    def recall(self, text: Text, translation: Translation) -> None:
        """Takes a translation that was made before, and is not paid again."""
        self.known[text] = replace(translation, billed=0)
        self.remembered += len(text[1])

    def recall_all(self, found: Mapping[tuple[str, str, str], Translation]) -> None:
        """Takes the texts to send whose translation was found."""
        keys = list(self.keys_to_send())
        self.to_send = {}
        for language, target, text in keys:
            if translation := found.get((language, target, text)):
                self.recall((language, text), translation)
            else:
                self.to_send.setdefault(language, []).append(text)
