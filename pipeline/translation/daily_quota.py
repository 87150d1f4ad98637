"""The daily quota: how many characters this process may send to a translator in one day."""

import threading
from collections.abc import Callable
from datetime import date


class DailyQuota:
    """Counts the characters sent today against a limit (None: no limit); threads may share it."""

    def __init__(self, characters: int | None, today: Callable[[], date]) -> None:
        self._characters = characters
        self._today = today
        self._day = today()
        self._spent = 0
        self._lock = threading.Lock()

    def take(self, characters: int) -> bool:
        """Takes all the characters and returns True, or takes none and returns False."""
        if self._characters is None:
            return True
        with self._lock:
            if (today := self._today()) != self._day:
                self._day, self._spent = today, 0
            if self._spent + characters > self._characters:
                return False
            self._spent += characters
            return True

    def refund(self, characters: int) -> None:
        """Gives back the characters of a failed request."""
        with self._lock:
            self._spent = max(0, self._spent - characters)
