"""The daily quota of characters this process may send to a translator."""

import threading
from collections.abc import Callable
from datetime import date


class DailyQuota:
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

    def refund(self, characters: int) -> None:
        """Returns what was taken and could not be used: failures must not use a day up."""
        with self._lock:
            self._spent = max(0, self._spent - characters)
