"""Documents against their truth, one at a time: scores by image, in all and by language."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from pipeline.language.identification import LanguageIdentifier
from pipeline.operations.evaluation.scores import Reading, Score, read_from, score
from pipeline.operations.evaluation.truth import Truths
from pipeline.outcomes.document_reader import Document

ALL = "all"
"""The row of all languages together."""


@dataclass(frozen=True, slots=True)
class EvaluatedImage:
    """An image, its truth, and each system's reading of it with its score.

    `language` is the truth's own, a BCP-47 tag; `und` where there is nothing to tell it from.
    """

    name: str
    language: str
    truth: Reading
    readings: tuple[Reading, ...]
    scores: tuple[Score, ...]


def evaluate(
    documents: Iterable[Document],
    truths: Truths,
    compared: Callable[[str], Document | None] | None = None,
    *,
    ignore_case: bool = False,
) -> Iterator[EvaluatedImage]:
    """The score of every document that has a truth.

    Args:
        documents: of the system that is evaluated.
        truths: the texts that the images really have.
        compared: from an object's name to another system's document; a missing one counts as
            an empty reading.
        ignore_case: as `score` has it.

    Raises:
        UsageError: a truth cannot be read.
    """
    identifier = LanguageIdentifier.load()
    for document in documents:
        truth = truths.find(document.source.name)
        if truth is None:
            continue
        readings = [read_from(document)]
        if compared:
            other = compared(document.source.name)
            readings.append(read_from(other) if other else Reading(()))
        yield EvaluatedImage(
            document.source.name,
            identifier.identify([truth.text])[0].language,
            truth,
            tuple(readings),
            tuple(score(truth, reading, ignore_case=ignore_case) for reading in readings),
        )


class Totals:
    """Every image's scores, and their sums by language; one score for each system."""

    def __init__(self) -> None:
        self.images: list[tuple[str, str, tuple[Score, ...]]] = []
        self._sums: dict[str, tuple[Score, ...]] = {}

    def add(self, image: EvaluatedImage) -> None:
        """Counts an image; its texts are not kept."""
        self.images.append((image.name, image.language, image.scores))
        for row in (ALL, image.language):
            before = self._sums.get(row, (Score(),) * len(image.scores))
            self._sums[row] = tuple(
                one + other for one, other in zip(before, image.scores, strict=True)
            )

    def rows(self) -> dict[str, tuple[Score, ...]]:
        """Language -> a score for each system; the row `all` first."""
        return dict(sorted(self._sums.items(), key=lambda item: (item[0] != ALL, item[0])))
