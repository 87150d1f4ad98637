"""The nouns: frozen data that flows one way through the pipeline."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType
from typing import Any

import numpy as np
from numpy.typing import NDArray

_EMPTY: Mapping[str, Any] = MappingProxyType({})

Point = tuple[float, float]
Polygon = tuple[Point, Point, Point, Point]
"""Clockwise from the text's own top left, in pixels of the image as a person sees it."""

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
    """What a storage notification says of an uploaded object."""

    ref: ObjectRef
    size: int
    content_type: str = ""
    crc32c: str = ""
    uploaded_at: datetime | None = None
    metadata: Mapping[str, str] = field(default_factory=lambda: _EMPTY)


@dataclass(frozen=True, slots=True)
class Delivery:
    """One attempt of Pub/Sub at one message."""

    message_id: str
    event_type: str
    upload: Upload
    attempt: int | None = None
    published_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Page:
    """A decoded page.

    `width` and `height` are the page's own size; `pixels` may be smaller where the
    decoder was asked to shrink, never distorted beyond rounding.
    """

    index: int
    width: int
    height: int
    pixels: Pixels
    frames_skipped: int = 0


@dataclass(frozen=True, slots=True)
class Line:
    """A recognised line: `confidence` is 0 to 1."""

    text: str
    confidence: float
    polygon: Polygon


@dataclass(frozen=True, slots=True)
class Translation:
    """A text in another language; `via` names the pivot language where there was one.

    `billed` is how many characters the engine charges for it, `detected_language` what
    the engine took the text for, where it was left to it.
    """

    text: str
    engine: str
    via: str | None = None
    glossary: bool = False
    billed: int = 0
    detected_language: str | None = None


@dataclass(frozen=True, slots=True)
class Paragraph:
    """Lines that belong together, in reading order, and what became of them.

    `text` is the lines joined as the language joins them; `language` a BCP-47 tag,
    `und` where there is nothing to tell it from.
    """

    text: str
    polygon: Polygon
    lines: tuple[Line, ...]
    language: str = "und"
    language_confidence: float = 0.0
    translations: Mapping[str, Translation] = field(default_factory=lambda: _EMPTY)


@dataclass(frozen=True, slots=True)
class PageText:
    """A page after recognition: pixels gone, paragraphs in reading order."""

    index: int
    width: int
    height: int
    frames_skipped: int
    paragraphs: tuple[Paragraph, ...]


class WarningCode(StrEnum):
    """Every `code` a warning in an outcome document can carry; codes are stable."""

    PAGES_SKIPPED = "pages_skipped"
    """The file has more pages than MAX_PAGES; the rest was not read."""
    DETECTION_REDUCED = "detection_reduced"
    """A page was searched for text at a smaller size than usual, for want of memory."""
    UNSUPPORTED_PAIR = "unsupported_pair"
    """The translator does not translate this pair of languages; the text stands as read."""
    IMAGE_CHARACTERS_CAPPED = "image_characters_capped"
    """The image has more characters than MAX_CHARACTERS_PER_IMAGE; nothing was translated."""
    DAILY_CHARACTERS_CAPPED = "daily_characters_capped"
    """MAX_CHARACTERS_PER_DAY is used up; nothing of the image was translated."""


@dataclass(frozen=True, slots=True)
class OutcomeWarning:
    """Something the reader of an outcome should know."""

    code: WarningCode
    message: str


class Status(StrEnum):
    """How an upload ended."""

    TRANSLATED = "translated"
    NO_TEXT = "no_text"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Failure:
    """Why an upload failed for good, after how many attempts (None: not told)."""

    code: str
    message: str
    attempts: int | None = None


@dataclass(frozen=True, slots=True)
class Outcome:
    """Everything the outcome document says of one upload."""

    upload: Upload
    status: Status
    fingerprint: str
    pages: tuple[PageText, ...] = ()
    target_languages: tuple[str, ...] = ()
    engine: Mapping[str, Any] = field(default_factory=lambda: _EMPTY)
    timings_ms: Mapping[str, float] = field(default_factory=lambda: _EMPTY)
    characters_translated: int = 0
    characters_billed: int = 0
    warnings: tuple[OutcomeWarning, ...] = ()
    error: Failure | None = None


class Disposition(StrEnum):
    """What a delivery came to; every one of these is acknowledged."""

    DONE = "done"
    FAILED = "failed"
    ALREADY_DONE = "already_done"
    STALE = "stale"
    GONE = "gone"
    IGNORED = "ignored"
