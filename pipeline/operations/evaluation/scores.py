"""One image's reading against its truth, and the sums over images."""

from collections.abc import Sequence
from dataclasses import dataclass, fields

from pipeline.operations.evaluation import metrics
from pipeline.operations.evaluation.metrics import Outline
from pipeline.outcomes.document_reader import Document


@dataclass(frozen=True, slots=True)
class TextLine:
    """A line of text on the page of that index; `outline` is None where its place is not known.

    `ignored` marks a place where reading is neither asked for nor wrong.
    """

    text: str
    outline: Outline | None = None
    ignored: bool = False
    page: int = 0


@dataclass(frozen=True, slots=True)
class Reading:
    """The text of an image, true or read: its lines and paragraphs in reading order.

    `paragraphs` is empty where only lines are known.
    """

    lines: tuple[TextLine, ...]
    paragraphs: tuple[str, ...] = ()

    @property
    def text(self) -> str:
        """The whole text, normalised."""
        texts = self.paragraphs or [line.text for line in self.lines if not line.ignored]
        return metrics.normalized("\n".join(texts))


@dataclass(frozen=True, slots=True)
class Score:
    """Counts over images, from which the measures follow; adding two adds their counts."""

    images: int = 0
    true_characters: int = 0
    character_edits: int = 0
    true_words: int = 0
    word_edits: int = 0
    ascii_words_true: int = 0
    ascii_words_read: int = 0
    ascii_words_found: int = 0
    true_boxes: int = 0
    read_boxes: int = 0
    found_boxes: int = 0
    ordered_images: int = 0
    tau_sum: float = 0.0

    def __add__(self, other: "Score") -> "Score":
        return Score(*(getattr(self, f.name) + getattr(other, f.name) for f in fields(Score)))

    @property
    def cer(self) -> float | None:
        """Character error rate: edits over true characters; it may exceed 1."""
        return _share(self.character_edits, self.true_characters)

    @property
    def wer(self) -> float | None:
        """Word error rate: edits over true words; it may exceed 1."""
        return _share(self.word_edits, self.true_words)

    @property
    def word_f1(self) -> float | None:
        """2 x found / (read + true) of `ascii_words`, summed over the images."""
        return _share(2 * self.ascii_words_found, self.ascii_words_read + self.ascii_words_true)

    @property
    def precision(self) -> float | None:
        """Found boxes over read boxes."""
        return _share(self.found_boxes, self.read_boxes)

    @property
    def recall(self) -> float | None:
        """Found boxes over true boxes."""
        return _share(self.found_boxes, self.true_boxes)

    @property
    def tau(self) -> float | None:
        """Kendall's tau of the paragraphs' order, the mean of the images that have two or more."""
        return _share(self.tau_sum, self.ordered_images)

    def measures(self) -> dict[str, float | None]:
        """Every measure by its name; None where the truth does not give it."""
        return {name: getattr(self, name) for name in MEASURES}


MEASURES = ("cer", "wer", "word_f1", "precision", "recall", "tau")
LOWER_IS_BETTER = frozenset({"cer", "wer"})


def read_from(document: Document) -> Reading:
    """The reading that a document holds."""
    return Reading(
        tuple(
            TextLine(line.text, line.polygon, page=page.index)
            for page in document.pages
            for paragraph in page.paragraphs
            for line in paragraph.lines
        ),
        tuple(paragraph.text for paragraph in document.paragraphs),
    )


def score(truth: Reading, read: Reading, *, ignore_case: bool = False) -> Score:
    """The counts of one image; `ignore_case` is for a truth in capitals, such as SROIE's."""
    true_text, read_text = truth.text, comparable(truth, read).text
    true_ascii, read_ascii = metrics.ascii_words(true_text), metrics.ascii_words(read_text)
    if ignore_case:
        true_text, read_text = true_text.casefold(), read_text.casefold()
    true_words, read_words = true_text.split(), read_text.split()
    order = _order(truth, read)
    return Score(
        images=1,
        true_characters=len(true_text),
        character_edits=metrics.edits(true_text, read_text),
        true_words=len(true_words),
        word_edits=metrics.edits(true_words, read_words),
        ascii_words_true=true_ascii.total(),
        ascii_words_read=read_ascii.total(),
        ascii_words_found=(true_ascii & read_ascii).total(),
        ordered_images=order is not None,
        tau_sum=order or 0.0,
    ) + _detection(truth, read)


def comparable(truth: Reading, read: Reading) -> Reading:
    """`read` in the form of the truth: its paragraphs, or its lines, in the order of the places.

    A truth of boxes makes no statement about reading order, so each line is compared with the
    one that stands at its place; lines at an ignored place are left out.
    """
    if truth.paragraphs:
        return read
    true = [line for line in truth.lines if line.outline]
    if not true or any(line.outline is None for line in read.lines):
        # A truth of lines keeps the hyphens that paragraphs undo.
        return Reading(read.lines)
    ordered: list[TextLine] = []
    for page in sorted({line.page for line in read.lines}):
        places = [line for line in true if line.page == page]
        lines = [line for line in read.lines if line.page == page]
        nearest = metrics.nearest_boxes(
            [place.outline for place in places if place.outline],
            [line.outline for line in lines if line.outline],
        )
        ordered += [
            lines[at]
            for at in sorted(range(len(lines)), key=nearest.__getitem__)
            if nearest[at] == len(places) or not places[nearest[at]].ignored
        ]
    return Reading(tuple(ordered))


def _detection(truth: Reading, read: Reading) -> Score:
    """Counts of boxes; none where the truth has no places."""
    pages = {line.page for line in truth.lines if line.outline}
    counts = (
        _page_detection(
            [line for line in truth.lines if line.page == page],
            [line.outline for line in read.lines if line.page == page and line.outline],
        )
        for page in pages
    )
    return sum(counts, Score())


def _page_detection(truth: Sequence[TextLine], boxes: Sequence[Outline]) -> Score:
    ignored = [line.outline for line in truth if line.outline and line.ignored]
    true = [line.outline for line in truth if line.outline and not line.ignored]
    matches = metrics.box_matches(true, boxes)
    found = {at for _, at in matches}
    # A box on an ignored place is no error.
    counted = [
        at for at, box in enumerate(boxes) if at in found or not metrics.covered(box, ignored)
    ]
    return Score(true_boxes=len(true), read_boxes=len(counted), found_boxes=len(matches))


def _order(truth: Reading, read: Reading) -> float | None:
    matches = metrics.paragraph_matches(truth.paragraphs, read.paragraphs)
    return metrics.kendall_tau([found for _, found in sorted(matches)])


def _share(part: float, whole: float) -> float | None:
    return part / whole if whole else None
