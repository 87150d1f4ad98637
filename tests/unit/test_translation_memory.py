"""The cache of translations: its limit and its keys."""

from hypothesis import given
from hypothesis import strategies as st

from pipeline.models import Translation
from pipeline.translation.translation_memory import TranslationMemory

TEXT = st.text("abc", min_size=1, max_size=6)


@given(
    limit=st.integers(0, 60),
    steps=st.lists(st.tuples(st.booleans(), TEXT, TEXT), max_size=60),
)
def test_cache_is_bounded(limit: int, steps: list[tuple[bool, str, str]]) -> None:
    """Given any texts stored and recalled, when the limit is reached, then the most
    recently used stay.
    """
    memory = TranslationMemory(limit)
    used: dict[str, str] = {}  # in the order of last use
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


def test_cache_keeps_pairs_separate() -> None:
    """Given one text in two pairs of languages, when recalled, then each pair has
    its translation.
    """
    memory = TranslationMemory(100)
    memory.keep("es", "en", "sal", Translation("salt", "fake"))
    memory.keep("es", "fr", "sal", Translation("sel", "fake"))
    assert memory.recall("es", "fr", "sal") == Translation("sel", "fake")
    assert memory.recall("pt", "en", "sal") is None
