"""The requests of a subscriber to storage and translator, in the order of sending."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Exchange:
    """One request.

    `step` is stat, download, write, publish, list, decode, ocr, translate, start (a worker asks
    for the supported languages) or other; `name` is that of the object, if the request has it;
    `texts` are the texts to translate, or the first line of the picture at that stage.
    """

    step: str
    name: str = ""
    texts: tuple[str, ...] = ()
    generation: str = ""

    def is_about(self, text: str) -> bool:
        """Whether `text` is in the object's name or, where the request has none, in its texts."""
        return text in (self.name or " ".join(self.texts))


@dataclass(slots=True)
class Passed:
    """One request that was forwarded, and its result."""

    exchange: Exchange
    executed: bool = False
    answered: bool = False
