"""Frozen data that flows one way: object, upload, delivery, page, line, paragraph, outcome."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType
from typing import Any

import numpy as np
from numpy.typing import NDArray

_EMPTY: Mapping[str, Any] = MappingProxyType({})

Point = tuple[float, float]
Polygon = tuple[Point, Point, Point, Point]
"""Clockwise from the text's top left, in pixels of the image as a person sees it."""

Box = tuple[float, float, float, float]
"""Left, top, right and bottom."""

Pixels = NDArray[np.uint8]
"""Height x width x 3, blue-green-red, as OpenCV and PaddleOCR expect."""


@dataclass(frozen=True, slots=True)
class ObjectRef:
    """One generation of one object."""

    bucket: str
    name: str
    generation: int

    @property
    def uri(self) -> str:
        """`gs://bucket/name`, or `file:///folder/name` where the bucket is a folder."""
        # A bucket's name never starts with a slash; a directory store's may.
        scheme = "file" if self.bucket.startswith("/") else "gs"
        return f"{scheme}://{self.bucket}/{self.name}"


@dataclass(frozen=True, slots=True)
class Upload:
    """An uploaded object, as its storage notification describes it."""

    ref: ObjectRef
    size: int
    content_type: str = ""
    crc32c: str = ""
    uploaded_at: datetime | None = None
    metadata: Mapping[str, str] = field(default_factory=lambda: _EMPTY)


@dataclass(frozen=True, slots=True)
class Delivery:
    """One Pub/Sub message, delivered once; `attempt` counts from 1 where Pub/Sub counts."""

    message_id: str
    event_type: str
    upload: Upload
    attempt: int | None = None
    published_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Page:
    """A decoded page.

    `width` and `height` are the page's full size. `pixels` may be a smaller copy with
    the same proportions, up to rounding. A PDF's page has its width and height in `points`,
    and the lines of its text layer, in pixels of `pixels`, where they were asked for.
    """

    index: int
    width: int
    height: int
    pixels: Pixels
    frames_skipped: int = 0
    points: tuple[float, float] | None = None
    text_layer: "tuple[Line, ...]" = ()


@dataclass(frozen=True, slots=True)
class Line:
    """A recognised line; `confidence` is 0 to 1.

    `unread_script` is the ISO 15924 code of a line that the engine found and cannot read,
    because nothing installed reads its script; its text is blank.
    """

    text: str
    confidence: float
    polygon: Polygon
    unread_script: str | None = None


@dataclass(frozen=True, slots=True)
class LineStyle:
    """The form of one line's letters, and the drawn shapes around it.

    Attributes:
        weight: mean width of strokes, as a share of the polygon's height.
        ink: mean colour of the letters (blue, green, red; 0 to 255).
        ground: mean colour between the letters.
        boxes: the shapes that edges enclose around the line, the innermost first.
    """

    weight: float
    ink: tuple[float, ...]
    ground: tuple[float, ...]
    boxes: tuple[Box, ...] = ()

    def scaled(self, across: float, down: float) -> "LineStyle":
        """The same where boxes are counted in other pixels."""
        boxes = ((a * across, b * down, c * across, d * down) for a, b, c, d in self.boxes)
        return replace(self, boxes=tuple(boxes))


@dataclass(frozen=True, slots=True)
class Translation:
    """A translated text.

    `via` is the pivot language, if there was one. `billed` counts the characters that the
    engine charges for. `detected_language` is set where the engine detected the source.
    """

    text: str
    engine: str
    via: str | None = None
    glossary: bool = False
    billed: int = 0
    detected_language: str | None = None


@dataclass(frozen=True, slots=True)
class Paragraph:
    """Lines that belong together, in reading order, and their translations.

    `text` is the lines joined by the rules of their language. `language` is a BCP-47
    tag, or `und` where it cannot be identified.
    """

    text: str
    polygon: Polygon
    lines: tuple[Line, ...]
    language: str = "und"
    language_confidence: float = 0.0
    translations: Mapping[str, Translation] = field(default_factory=lambda: _EMPTY)


@dataclass(frozen=True, slots=True)
class PageText:
    """A page without its pixels; paragraphs are in reading order.

    `points` is the width and height of a PDF's page; `is_text_layer` says that its lines are
    those of the PDF's text layer.
    """

    index: int
    width: int
    height: int
    frames_skipped: int
    paragraphs: tuple[Paragraph, ...]
    points: tuple[float, float] | None = None
    is_text_layer: bool = False


class WarningCode(StrEnum):
    """Every `code` of a warning in an outcome document; codes are stable."""

    PAGES_SKIPPED = "pages_skipped"
    """The file has more pages than MAX_PAGES or than the time allowed; the rest was not read."""
    ATTACHMENTS_SKIPPED = "attachments_skipped"
    """The PDF has files inside, which were not read."""
    JAVASCRIPT_NOT_RUN = "javascript_not_run"
    """The PDF has JavaScript, which was not run; text that it would fill in is missing."""
    DETECTION_REDUCED = "detection_reduced"
    """Too little memory: the page was searched at a smaller size, small text may be missing."""
    SCRIPT_NOT_READ = "script_not_read"
    """Lines are in a script that nothing installed reads; their text is missing."""
    UNSUPPORTED_PAIR = "unsupported_pair"
    """The translator does not support the pair of languages; the text was left as read."""
    IMAGE_CHARACTERS_CAPPED = "image_characters_capped"
    """The image has more characters than MAX_CHARACTERS_PER_IMAGE; nothing was translated."""
    DAILY_CHARACTERS_CAPPED = "daily_characters_capped"
    """MAX_CHARACTERS_PER_DAY is used up; nothing of the image was translated."""
    GLYPHS_MISSING = "glyphs_missing"
    """No font has a character of a translation; in the picture that paragraph is as it was."""
    TEXT_TOO_LONG = "text_too_long"
    """A translation does not fit into its place; in the picture that paragraph is as it was."""
    RENDERING_REDUCED = "rendering_reduced"
    """The translated picture has fewer pixels than the original."""
    RENDERING_SKIPPED = "rendering_skipped"
    """There is no translated picture of a page, because it takes too much memory."""


@dataclass(frozen=True, slots=True)
class OutcomeWarning:
    """A limitation that the reader of an outcome should know."""

    code: WarningCode
    message: str


class Status(StrEnum):
    """How an upload ended."""

    TRANSLATED = "translated"
    NO_TEXT = "no_text"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Rendering:
    """A translated picture of the page with the index `page`, beside the document."""

    language: str
    page: int
    uri: str


@dataclass(frozen=True, slots=True)
class Failure:
    """Why an upload failed; `attempts` is None where Pub/Sub does not count them."""

    code: str
    message: str
    attempts: int | None = None


@dataclass(frozen=True, slots=True)
class Outcome:
    """The content of the outcome document of one upload.

    `exports` maps the formats that were written beside the document to their object names;
    `renderings` are the translated pictures there.
    """

    upload: Upload
    status: Status
    fingerprint: str
    pages: tuple[PageText, ...] = ()
    target_languages: tuple[str, ...] = ()
    engine: Mapping[str, Any] = field(default_factory=lambda: _EMPTY)
    timings_ms: Mapping[str, float] = field(default_factory=lambda: _EMPTY)
    characters_translated: int = 0
    characters_billed: int = 0
    characters_remembered: int = 0
    warnings: tuple[OutcomeWarning, ...] = ()
    exports: Mapping[str, str] = field(default_factory=lambda: _EMPTY)
    renderings: tuple[Rendering, ...] = ()
    error: Failure | None = None


class Disposition(StrEnum):
    """The end of a delivery; each of these is acknowledged."""

    DONE = "done"
    FAILED = "failed"
    ALREADY_DONE = "already_done"
    STALE = "stale"
    GONE = "gone"
    IGNORED = "ignored"
