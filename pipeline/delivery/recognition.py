"""Recognition of one page: estimate its memory, admit it, decode it, run the OCR engine."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from math import ceil

from pipeline.capacity.admission import OcrThreads
from pipeline.capacity.process_memory import trim_heap
from pipeline.delivery.crash_journal import CrashJournal
from pipeline.delivery.text_layer import lines_that_agree
from pipeline.errors import DeadlineExceededError, ImageTooLargeError, OverloadedError
from pipeline.images.line_style import line_styles
from pipeline.images.page_file import PageFile
from pipeline.models import Line, LineStyle, ObjectRef, Page
from pipeline.ocr.base import OcrEngine
from pipeline.ocr.validation import validate_lines
from pipeline.telemetry import Timings

SUSPECT_ATTEMPT = 20
"""From this delivery on, the pages of an upload are recognised alone.

An instance that is ended for memory loses its crash journal, so only the attempts remain as a
sign. Deliveries that Cloud Run turned away count as attempts too, and an instance with one page
works at half its rate. Therefore the number is one that an ordinary burst does not reach.
"""

_SHORT_SIDE = 2400
"""Pixels across A4 at 300 dpi; decoders halve a page that has at least twice as many."""


@dataclass(frozen=True, slots=True)
class RecognizedPage:
    """The recognised lines of a page, in pixels of the full page.

    `styles` has the evidence that layout needs from the pixels, for each line.
    `reduced_to` is the detector size in pixels if memory did not allow the largest one.
    `points` is the width and height of a PDF's page; `is_text_layer` says that the lines are
    those of its text layer.
    `unread_scripts` has an ISO 15924 code for each line that nothing installed reads.
    """

    index: int
    width: int
    height: int
    frames_skipped: int
    lines: list[Line]
    styles: list[LineStyle]
    reduced_to: int | None
    points: tuple[float, float] | None = None
    is_text_layer: bool = False
    unread_scripts: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _PagePlan:
    """The sizes at which a page is decoded and searched, and the peak memory of both."""

    index: int
    min_long_side: int
    detector_size: int
    peak_bytes: int


class PageRecognizer:
    """Recognises pages on the OCR threads; each takes one slot and its bytes.

    Threading: may be shared.
    """

    def __init__(
        self,
        engine: OcrEngine,
        threads: OcrThreads,
        crash_journal: CrashJournal,
        translation_reserve: Callable[[], int],
        *,
        checks_text_layer: bool = True,
    ) -> None:
        """Measures the memory, so nothing may be admitted yet.

        Args:
            engine: reads the pages.
            threads: run the engine.
            crash_journal: records the recognitions in progress.
            translation_reserve: measures the bytes that the budget keeps for the translator. A
                page that is decoded alone may use them: it is translated when its pixels are
                gone.
            checks_text_layer: whether a text layer must agree with the text that the engine sees.
        """
        self._engine = engine
        self._threads = threads
        self._crash_journal = crash_journal
        self._checks_text_layer = checks_text_layer
        self._translation_reserve = translation_reserve
        # A page that needs more can never be decoded here.
        self._max_bytes = threads.budget.capacity + translation_reserve()

    def recognize(
        self,
        ref: ObjectRef,
        image: PageFile,
        index: int,
        *,
        admit_by: float,
        deadline: float,
        timings: Timings,
        attempt: int | None = None,
        source_language: str | None = None,
    ) -> RecognizedPage:
        """Reads page `index`; `admit_by` and `deadline` are readings of `time.monotonic()`.

        `attempt` is the number of the delivery, where Pub/Sub counts them.

        Raises:
            ImageTooLargeError: decoding takes more memory than the instance has.
            TransientError: no slot or memory became free in time, or the engine failed.
        """
        # A page that hangs is never alone, because it would block every other page.
        is_suspect = not self._crash_journal.hangs(ref, index) and (attempt or 0) >= SUSPECT_ATTEMPT
        alone = self._crash_journal.crash_count(ref, index) > 0 or is_suspect
        plan = self._plan(image, index)
        queued_at = time.monotonic()

        def work() -> RecognizedPage:
            timings.add("slot_wait", (time.monotonic() - queued_at) * 1000)
            with self._crash_journal.recording(ref, index):
                page = self._read(image, plan, timings, source_language)
            trim_heap()
            return page

        try:
            return self._threads.run(
                work,
                size=plan.peak_bytes,
                admit_by=admit_by,
                deadline=deadline,
                alone=alone,
            )
        except DeadlineExceededError:
            self._crash_journal.record_hang(ref, index)
            raise

    def _plan(self, image: PageFile, index: int) -> _PagePlan:
        """The largest detector size whose recognition fits the budget, else the smallest."""
        min_long_side = target_long_side(*image.page_size(index))
        decoding = image.decode_peak_bytes(index, min_long_side=min_long_side)
        self._check_decode_memory(decoding, *image.page_size(index))
        capacity = self._threads.budget.capacity
        width, height = image.decoded_size(index, min_long_side=min_long_side)
        # The check of a text layer paints on a copy of the page.
        copy = 3 * width * height if image.format == "PDF" else 0
        peaks = {
            size: copy + self._engine.peak_bytes(width, height, detector_size=size)
            for size in self._engine.detector_sizes
        }
        size = next((size for size, peak in peaks.items() if peak <= capacity), min(peaks))
        return _PagePlan(index, min_long_side, size, max(decoding, peaks[size]))

    def _check_decode_memory(self, decoding: int, width: int, height: int) -> None:
        """Refuses a page whose decoding alone (WebP, AVIF) exceeds the memory."""
        needed = f"decoding {width} x {height} pixels of this format takes {decoding >> 20} MiB"
        if decoding > self._max_bytes:
            raise ImageTooLargeError(
                f"{needed}, but only {self._max_bytes >> 20} MiB are available: upload it as"
                " JPEG, or give the service more memory"
            )
        available = self._threads.budget.capacity + self._translation_reserve()
        if decoding > available:
            raise OverloadedError(
                f"{needed}, but only {available >> 20} MiB are available for the moment"
            )

    def _read(
        self, image: PageFile, plan: _PagePlan, timings: Timings, source_language: str | None
    ) -> RecognizedPage:
        with timings.measure("decode"):
            page = image.page(plan.index, min_long_side=plan.min_long_side)
        with timings.measure("ocr"):
            layer = self._text_layer(page, plan.detector_size)
            lines = layer or self._engine.recognize(
                page.pixels, detector_size=plan.detector_size, source_language=source_language
            )
        height, width, _ = page.pixels.shape
        found = lines
        lines = validate_lines(found, width, height)
        unread = tuple(line.unread_script for line in found if line.unread_script)
        with timings.measure("layout"):
            styles = line_styles(page.pixels, lines)
        scale = page.width / width, page.height / height
        is_reduced = plan.detector_size != self._engine.detector_sizes[0]
        return RecognizedPage(
            page.index,
            page.width,
            page.height,
            page.frames_skipped,
            [_scaled(line, *scale) for line in lines],
            [style.scaled(*scale) for style in styles],
            reduced_to=plan.detector_size if is_reduced else None,
            points=page.points,
            is_text_layer=bool(layer),
            unread_scripts=unread,
        )

    def _text_layer(self, page: Page, detector_size: int) -> list[Line]:
        """The lines of the page's text layer; none where it has none or it is wrong."""
        height, width, _ = page.pixels.shape
        layer = validate_lines(page.text_layer, width, height)
        if not layer or not self._checks_text_layer:
            return layer
        agreed = lines_that_agree(page.pixels, layer, self._engine, detector_size=detector_size)
        return agreed or []


def target_long_side(width: int, height: int) -> int:
    """The fewest pixels along the longer side to which a decoder may shrink such a page."""
    shorter, longer = sorted((width, height))
    return ceil(_SHORT_SIDE * longer / shorter)


def _scaled(line: Line, across: float, down: float) -> Line:
    if across == 1 and down == 1:
        return line
    a, b, c, d = ((round(x * across, 1), round(y * down, 1)) for x, y in line.polygon)
    return Line(line.text, line.confidence, (a, b, c, d))
