"""One upload -> one outcome."""

import hashlib
import json
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import ceil
from typing import Any

from pipeline.casualties import Casualties
from pipeline.config import AUTO, Settings
from pipeline.document import SCHEMA_VERSION
from pipeline.errors import DeadlineExceededError, ImageTooLargeError, OverloadedError
from pipeline.images import ImageFile, open_image
from pipeline.languages import parse_language, parse_languages
from pipeline.layout import paragraphs
from pipeline.limits import Budget, OcrThreads
from pipeline.memory import give_back
from pipeline.models import Line, ObjectRef, Outcome, OutcomeWarning, PageText, Status, Upload
from pipeline.ocr.base import OcrEngine
from pipeline.ocr.contract import checked_lines
from pipeline.stores.base import Store
from pipeline.telemetry import Timings
from pipeline.translation import TranslationStep

TARGETS, SOURCE = "target-languages", "source-language"
"""Object metadata that overrides the settings."""

_ENOUGH_ACROSS = 2400
"""Pixels across the shorter side: A4 at 300 dpi. Decoders shrink what has twice as many."""

_PATIENCE_SHARE = 0.5
"""Of the time to the deadline, how much may pass waiting for a slot."""


@dataclass(frozen=True, slots=True)
class _Recognized:
    """A page between recognition and layout: its lines, in the page's own pixels."""

    index: int
    width: int
    height: int
    frames_skipped: int
    lines: list[Line]
    reduced_to: int | None


class Processor:
    """Downloads, decodes, recognises, lays out and translates one upload."""

    def __init__(
        self,
        settings: Settings,
        *,
        store: Store,
        engine: OcrEngine,
        threads: OcrThreads,
        intake: Budget,
        translation: TranslationStep,
        casualties: Casualties,
    ) -> None:
        self._settings = settings
        self._store = store
        self._engine = engine
        self._threads = threads
        self._intake = intake
        self._translation = translation
        self._casualties = casualties
        # Now that nothing is admitted: what a picture that is refused for good must exceed.
        self._most_bytes = threads.budget.capacity
        # Once: some look through installed packages and language files for it.
        self._description = {
            "ocr": dict(engine.describe()),
            "translator": dict(translation.describe()),
        }

    def fingerprint(self, upload: Upload) -> str:
        """A digest of everything but the image that decides the document's content."""
        decisive = {
            "schema": SCHEMA_VERSION,
            "engine": self.describe(),
            "pages": self._settings.max_pages,
            # As they stand: metadata that cannot be parsed decides the content too.
            "targets": upload.metadata.get(TARGETS, ",".join(self._settings.target_languages)),
            "source": upload.metadata.get(SOURCE, self._settings.source_language),
        }
        canonical = json.dumps(decisive, sort_keys=True, default=str)
        return hashlib.sha256(canonical.encode()).hexdigest()[:16]

    def process(self, upload: Upload, *, deadline: float, timings: Timings) -> Outcome:
        """Makes the outcome; `deadline` is a reading of `time.monotonic()`.

        Raises:
            PermanentError: the upload's own fault.
            TransientError: the next delivery may succeed.
            ObjectGoneError: that generation is not there any more.
        """
        source = upload.metadata.get(SOURCE, self._settings.source_language)
        source_language = None if source == AUTO else parse_language(source)
        targets = self._settings.target_languages
        if TARGETS in upload.metadata:
            targets = parse_languages(upload.metadata[TARGETS])
        self._check_size(upload)
        patience = time.monotonic() + (deadline - time.monotonic()) * _PATIENCE_SHARE
        # Uploads that wait for a slot are held in memory: they have a budget of their own.
        give_back = self._intake.admit(upload.size, until=patience)
        try:
            recognized, skipped = self._read(upload, patience, deadline, timings)
        finally:
            give_back()
        with timings.measure("layout"):
            pages = tuple(
                PageText(p.index, p.width, p.height, p.frames_skipped, paragraphs(p.lines))
                for p in recognized
            )
        with timings.measure("translate"):
            translated = self._translation.translate_pages(
                pages, source_language=source_language, target_languages=targets, deadline=deadline
            )
        found = any(page.paragraphs for page in pages)
        return Outcome(
            upload=upload,
            status=Status.TRANSLATED if found else Status.NO_TEXT,
            fingerprint=self.fingerprint(upload),
            pages=translated.pages,
            target_languages=targets,
            engine=self.describe(),
            timings_ms=timings.snapshot(),
            characters_translated=translated.characters_translated,
            characters_billed=translated.characters_billed,
            warnings=(*self._warnings(skipped, recognized), *translated.warnings),
        )

    def _read(
        self, upload: Upload, patience: float, deadline: float, timings: Timings
    ) -> tuple[list[_Recognized], int]:
        """The lines of every page, and how many pages were skipped; no pixel outlives this."""
        with timings.measure("download"):
            content = self._store.download(upload.ref)
        image = open_image(
            content,
            max_pixels=self._settings.max_image_pixels,
            max_pages=self._settings.max_pages,
        )
        recognized = [
            self._recognize(
                upload.ref, image, index, patience=patience, deadline=deadline, timings=timings
            )
            for index in range(image.page_count)
        ]
        return recognized, image.pages_skipped

    def close(self) -> None:
        """Ends the translator's processes."""
        self._translation.close()

    def _check_size(self, upload: Upload) -> None:
        if upload.size > self._settings.max_image_bytes:
            raise ImageTooLargeError(
                f"{upload.size} bytes are more than MAX_IMAGE_BYTES="
                f"{self._settings.max_image_bytes}"
            )

    def _check_memory(self, decoding: int, capacity: int, width: int, height: int) -> None:
        """Some decoders (WebP, AVIF) need so much that the instance would not survive it."""
        needed = f"decoding {width} x {height} pixels of this format takes {decoding >> 20} MiB"
        if decoding > self._most_bytes:
            raise ImageTooLargeError(
                f"{needed}, and {self._most_bytes >> 20} MiB are there: upload it as JPEG, or"
                " give the service more memory"
            )
        if decoding > capacity:
            raise OverloadedError(f"{needed}, and {capacity >> 20} MiB are there for the moment")

    def _recognize(
        self,
        ref: ObjectRef,
        image: ImageFile,
        index: int,
        *,
        patience: float,
        deadline: float,
        timings: Timings,
    ) -> _Recognized:
        is_suspect = self._casualties.deaths(ref, index) > 0
        enough = enough_pixels(*image.page_size(index))
        width, height = image.decoded_size(index, enough=enough)
        decoding = image.decode_peak_bytes(index, enough=enough)
        capacity = self._threads.budget.capacity
        self._check_memory(decoding, capacity, *image.page_size(index))
        # The best look at the page that fits alone; the leanest where none does.
        for side in self._engine.sides:
            size = max(decoding, self._engine.peak_bytes(width, height, side=side))
            if size <= capacity:
                break
        asked = time.monotonic()

        def work() -> _Recognized:
            timings.add("slot_wait", (time.monotonic() - asked) * 1000)
            with self._casualties.under_way(ref, index):
                with timings.measure("decode"):
                    page = image.page(index, enough=enough)
                with timings.measure("ocr"):
                    lines = self._engine.recognize(page.pixels, side=side)
            give_back()
            height, width, _ = page.pixels.shape
            scale = page.width / width, page.height / height
            return _Recognized(
                page.index,
                page.width,
                page.height,
                page.frames_skipped,
                [_scaled(line, *scale) for line in checked_lines(lines, width, height)],
                reduced_to=None if side == self._engine.sides[0] else side,
            )

        try:
            return self._threads.run(
                work, size=size, patience=patience, deadline=deadline, alone=is_suspect
            )
        except DeadlineExceededError:
            # What hangs kills nobody, and alone it would keep everybody else out.
            self._casualties.spare(ref, index)
            raise

    def _warnings(self, skipped: int, pages: Sequence[_Recognized]) -> Iterator[OutcomeWarning]:
        if skipped:
            yield OutcomeWarning(
                "pages_skipped",
                f"{skipped} pages beyond MAX_PAGES={self._settings.max_pages} were not read",
            )
        for page in pages:
            if page.reduced_to:
                yield OutcomeWarning(
                    "detection_reduced",
                    f"page {page.index} was looked at with {page.reduced_to} instead of"
                    f" {self._engine.sides[0]} pixels a side, for want of memory: small text may"
                    " be missing; a larger memory limit reads it",
                )

    def describe(self) -> Mapping[str, Any]:
        """The engine and the translator, as every document names them."""
        return self._description


def enough_pixels(width: int, height: int) -> int:
    """Of how many pixels along its longer side a page is decoded, where it has more."""
    shorter, longer = sorted((width, height))
    return ceil(_ENOUGH_ACROSS * longer / shorter)


def _scaled(line: Line, across: float, down: float) -> Line:
    if across == 1 and down == 1:
        return line
    a, b, c, d = ((round(x * across, 1), round(y * down, 1)) for x, y in line.polygon)
    return Line(line.text, line.confidence, (a, b, c, d))
