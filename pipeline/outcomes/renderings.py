"""Translated pictures that are written beside a document."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol

from pipeline.models import Outcome, OutcomeWarning


@dataclass(frozen=True, slots=True)
class PictureFile:
    """A file to be written; `suffix` follows the uploaded object's name."""

    suffix: str
    content_type: str
    content: bytes


@dataclass(frozen=True, slots=True)
class RenderedPage:
    """The page with this index in a target language; without a file where it was not drawn."""

    language: str
    index: int
    file: PictureFile | None
    warnings: tuple[OutcomeWarning, ...] = ()


class Renderer(Protocol):
    """Draws an outcome's translations into its picture.

    Threading: called from several threads at once.
    """

    def render(self, outcome: Outcome, *, deadline: float) -> Iterator[RenderedPage]:
        """The pages, one at a time; `deadline` is a reading of `time.monotonic()`.

        Raises:
            TransientError: the next delivery may succeed.
            ObjectGoneError: the picture is not there any more.
        """
        ...
