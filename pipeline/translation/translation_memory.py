"""The translation memory: recent translations of this process, so that none is paid twice."""

import threading
from collections import OrderedDict

from pipeline.models import Translation


class TranslationMemory:
    """Keeps the most recently used translations; threads may share it.

    Args:
        max_characters: limit for all sources and translations together.
    """

    def __init__(self, max_characters: int) -> None:
        self._max_characters = max_characters
        self._characters = 0
        self._lock = threading.Lock()
        self._entries: OrderedDict[tuple[str, str, str], Translation] = OrderedDict()

    def recall(self, source: str, target: str, text: str) -> Translation | None:
        """The remembered translation of the text, if any."""
        with self._lock:
            found = self._entries.get((source, target, text))
            if found is not None:
                self._entries.move_to_end((source, target, text))
            return found

    def keep(self, source: str, target: str, text: str, translation: Translation) -> None:
        """Remembers a translation and forgets the least recently used ones beyond the limit."""
        key = (source, target, text)
        with self._lock:
            if (old := self._entries.pop(key, None)) is not None:
                self._characters -= len(text) + len(old.text)
            self._entries[key] = translation
            self._characters += len(text) + len(translation.text)
            while self._characters > self._max_characters:
                (_, _, forgotten), old = self._entries.popitem(last=False)
                self._characters -= len(forgotten) + len(old.text)
