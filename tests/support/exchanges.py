"""The requests that a subscriber makes to storage and translator, in the order they were sent."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Exchange:
    """A request on its way.

    `step` is stat, download, write, list, decode, ocr, translate, start (a worker asks for the
    languages there are) or other; `name` the object's where the request says it; `texts` what is
    to be translated, or the first line of the picture that is at that stage.
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
    """One request that was sent on, and what became of it."""

    exchange: Exchange
    executed: bool = False
    answered: bool = False
