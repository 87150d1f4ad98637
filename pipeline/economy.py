"""What need not be sent to a translator, or must not be any more."""

import re
import threading
from collections import OrderedDict
from collections.abc import Callable
from datetime import date

from pipeline.models import Translation

_ADDRESS = re.compile(
    r"(?i:(?:https?://|www\.)\S+|[^\s@]+@[^\s@]+\.\w+)"
    # A bare domain is in small letters: `Cerrado.No` is a space that was not read.
    r"|(?:[a-z0-9-]+\.)+(?:app|biz|cat|cn|com|de|dev|es|eu|fr|gov|info|io|it|jp|kr|mx|net|nl|org|pt"
    r"|ru|uk|us)(?:/\S*)?"
)
_UNIT = re.compile(
    r"EUR|USD|GBP|CHF|JPY|CNY|[km]?g|mg|[cmdk]?[lm]|mm|cal|kcal|kJ|k?W|k?Wh|m?A|V|Hz|[\u00b0\u00ba]?[CF]|h|hrs?|min|x",
    re.IGNORECASE,
)


def stands_as_it_is(text: str) -> bool:
    """Whether a text is the same in every language.

    Numbers, prices, dates in digits, measures, codes, web and e-mail addresses, single
    letters, and whatever has no letter at all.
    """
    words = text.split()
    if len(words) == 1 and len(words[0]) == 1 and ord(words[0]) < 0x250:
        return True
    return all(_is_neutral(word, beside_digits=_has_digit(text)) for word in words)


def _is_neutral(word: str, *, beside_digits: bool) -> bool:
    core = word.strip("().,:;/*+-")
    if not any(character.isalpha() for character in core) or _ADDRESS.fullmatch(core):
        return True
    if _has_digit(core):
        # A code or a measure; in scripts without spaces a digit says nothing of the rest.
        return core.isascii() or not any(ord(character) >= 0x250 for character in core)
    return beside_digits and _UNIT.fullmatch(core) is not None


def _has_digit(text: str) -> bool:
    return any(character.isdigit() for character in text)


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


class DailyAllowance:
    """Characters this process may send in one day; shared by all threads."""

    def __init__(self, characters: int | None, today: Callable[[], date]) -> None:
        self._characters = characters
        self._today = today
        self._day = today()
        self._spent = 0
        self._lock = threading.Lock()

    def take(self, characters: int) -> bool:
        """Takes them all, or none of them and says False."""
        if self._characters is None:
            return True
        with self._lock:
            if (today := self._today()) != self._day:
                self._day, self._spent = today, 0
            if self._spent + characters > self._characters:
                return False
            self._spent += characters
            return True

    def give_back(self, characters: int) -> None:
        """Returns what was taken and could not be used: failures must not use a day up."""
        with self._lock:
            self._spent = max(0, self._spent - characters)
