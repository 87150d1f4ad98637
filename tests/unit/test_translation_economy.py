import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import date

from hypothesis import given
from hypothesis import strategies as st

from pipeline.models import Translation
from pipeline.translation.daily_quota import DailyQuota
from pipeline.translation.translation_memory import TranslationMemory
from pipeline.translation.untranslatable import is_untranslatable

TEXT = st.text("abc", min_size=1, max_size=6)


@given(
    limit=st.integers(0, 60),
    steps=st.lists(st.tuples(st.booleans(), TEXT, TEXT), max_size=60),
)
def test_memory_is_bounded(limit: int, steps: list[tuple[bool, str, str]]) -> None:
    """Given any texts kept and asked for, when the room ends, then what was used last stays."""
    memory = TranslationMemory(limit)
    used: dict[str, str] = {}  # in the order of their last use
    for keeps, text, translated in steps:
        if keeps:
            memory.keep("es", "en", text, Translation(translated, "fake"))
            used.pop(text, None)
            used[text] = translated
            while sum(len(a) + len(b) for a, b in used.items()) > limit:
                used.pop(next(iter(used)))
        else:
            found = memory.recall("es", "en", text)
            assert (found.text if found else None) == used.get(text)
            if text in used:
                used[text] = used.pop(text)


def test_memory_tells_pairs_apart() -> None:
    """Given one text in two pairs of languages, when recalled, then each has its own."""
    memory = TranslationMemory(100)
    memory.keep("es", "en", "sal", Translation("salt", "fake"))
    memory.keep("es", "fr", "sal", Translation("sel", "fake"))
    assert memory.recall("es", "fr", "sal") == Translation("sel", "fake")
    assert memory.recall("pt", "en", "sal") is None


def test_allowance_between_threads() -> None:
    """Given twenty threads, when all take of one allowance, then no more than it is taken."""
    allowance = DailyQuota(1000, lambda: date(2026, 1, 1))
    start = threading.Barrier(20)

    def take(_: int) -> int:
        start.wait()
        return sum(7 for _ in range(50) if allowance.take(7))

    with ThreadPoolExecutor(20) as threads:
        taken = sum(threads.map(take, range(20)))
    assert 1000 - 7 < taken <= 1000


def test_no_allowance_is_no_limit() -> None:
    """Given no cap, when anything is taken, then it is granted."""
    assert DailyQuota(None, lambda: date(2026, 1, 1)).take(10**12)


@given(text=st.text(max_size=40))
def test_any_text_is_sorted(text: str) -> None:
    """Given any text, when it has no letter at all, then it is never sent."""
    if not any(map(str.isalpha, text)):
        assert is_untranslatable(text)
    assert isinstance(is_untranslatable(text), bool)
