"""The rule for texts that are never sent to a translator."""

from hypothesis import given
from hypothesis import strategies as st

from pipeline.translation.untranslatable import is_untranslatable


@given(text=st.text(max_size=40))
def test_a_text_without_letters_is_untranslatable(text: str) -> None:
    """Given any text, when it has no letter, then it is never sent."""
    if not any(map(str.isalpha, text)):
        assert is_untranslatable(text)
    assert isinstance(is_untranslatable(text), bool)
