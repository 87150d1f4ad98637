"""Capitals that Apertium puts where the source has none, taken back; pure.

After a word it does not know it takes the next one for the beginning of a sentence.
"""

import re

_INNER_CAPITAL = re.compile(r"(?<=[\w,;)%\"'] )[A-Z\u00c0-\u00de]\w*")
_INNER_WORD = re.compile(r"(?<=[\w,;)%\"'] )[^\W\d_]\w*")
# In English a capital may be right where Spanish has none, as in Monday: only words that
# never have one of their own are lowered.
_ENGLISH = re.compile(
    "a|about|after|all|an|and|are|as|at|be|because|before|between|but|by|can|do|does|during|each"
    "|every|for|from|has|have|if|in|into|is|it|its|must|no|not|of|on|only|or|our|over|so|some|than"
    "|that|the|their|them|then|there|these|they|this|those|through|to|under|until|up|was|we|when"
    "|where|which|while|who|will|with|within|without|you|your"
)


def lower_inner_capitals(source: str, translation: str, target: str) -> str:
    """The translation with the capitals inside sentences that the source explains.

    Text In Title Case stays as it came.
    """
    capitals = _INNER_CAPITAL.findall(source)
    if capitals and len(capitals) == len(_INNER_WORD.findall(source)):
        return translation
    english = target.partition("-")[0] == "en"

    def lowered(word: str) -> str:
        common = _ENGLISH.fullmatch(word.lower()) if english else not capitals
        return word.lower() if common else word

    translation = _INNER_CAPITAL.sub(lambda match: lowered(match[0]), translation)
    if source[:1].islower() and translation[:1].isupper():
        first, space, rest = translation.partition(" ")
        translation = lowered(first) + space + rest
    return translation
