"""Lowers the initial capitals that Apertium adds inside sentences.

After an unknown word, Apertium takes the next word for the beginning of a sentence.
"""

import re

from pipeline.language.tags import primary
from pipeline.language.text_forms import CAPITALS

_INNER_CAPITAL = re.compile(rf"(?<=[\w,;)%\"'] )[{CAPITALS}]\w*")
_INNER_WORD = re.compile(r"(?<=[\w,;)%\"'] )[^\W\d_]\w*")
# English has capitals where Spanish has none, as in Monday. So in English only these words,
# which never have a capital inside a sentence, are lowered.
_ENGLISH_FUNCTION_WORDS = re.compile(
    "a|about|after|all|an|and|are|as|at|be|because|before|between|but|by|can|do|does|during|each"
    "|every|for|from|has|have|if|in|into|is|it|its|must|no|not|of|on|only|or|our|over|so|some|than"
    "|that|the|their|them|then|there|these|they|this|those|through|to|under|until|up|was|we|when"
    "|where|which|while|who|will|with|within|without|you|your"
)


def lower_inner_capitals(source: str, translation: str, target: str) -> str:
    """Lowers initial capitals inside the translation that the source does not explain.

    Text In Title Case is not changed.
    """
    capitals = _INNER_CAPITAL.findall(source)
    if capitals and len(capitals) == len(_INNER_WORD.findall(source)):
        return translation
    into_english = primary(target) == "en"

    def without_capital(word: str) -> str:
        if into_english:
            return word.lower() if _ENGLISH_FUNCTION_WORDS.fullmatch(word.lower()) else word
        return word if capitals else word.lower()

    translation = _INNER_CAPITAL.sub(lambda match: without_capital(match[0]), translation)
    if source[:1].islower() and translation[:1].isupper():
        first, space, rest = translation.partition(" ")
        translation = without_capital(first) + space + rest
    return translation
