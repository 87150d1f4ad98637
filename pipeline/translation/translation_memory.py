"""The translation memory: texts this process translated last, not paid for again."""

import threading
from collections import OrderedDict

from pipeline.models import Translation


class TranslationMemory:
    """The translations made last, up to `characters` of them; shared by all threads."""

    def __init__(self, characters: int) -> None:
        self._characters = characters
        self._held = 0
        self._lock = threading.Lock()
        self._entries: OrderedDict[tuple[str, str, str], Translation] = OrderedDict()

    def recall(self, source: str, target: str, text: str) -> Translation | None:
        """What that text was translated to before, if it is still known."""
        with self._lock:
            found = self._entries.get((source, target, text))
            if found is not None:
                self._entries.move_to_end((source, target, text))
            return found

    def keep(self, source: str, target: str, text: str, translation: Translation) -> None:
        """Remembers it, and forgets what was not asked for longest where there is no room."""
        key = (source, target, text)
        with self._lock:
            if (old := self._entries.pop(key, None)) is not None:
                self._held -= len(text) + len(old.text)
            self._entries[key] = translation
            self._held += len(text) + len(translation.text)
            while self._held > self._characters:
                (_, _, forgotten), old = self._entries.popitem(last=False)
                self._held -= len(forgotten) + len(old.text)
