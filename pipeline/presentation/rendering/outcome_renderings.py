"""The translated pictures of one outcome, within the memory of a service: RENDER."""

from collections.abc import Iterator
from dataclasses import dataclass

from pipeline.capacity.admission import Budget, OcrThreads, latest_admission
from pipeline.capacity.process_memory import trim_heap
from pipeline.delivery.opening import UploadOpener
from pipeline.images.encoding import ENCODINGS, Format
from pipeline.images.page_file import PageFile
from pipeline.models import Outcome, OutcomeWarning, PageText, WarningCode
from pipeline.outcomes.renderings import PictureFile, RenderedPage
from pipeline.presentation.rendering.fonts import Fonts
from pipeline.presentation.rendering.page import new_text, render_page, scaled_page
from pipeline.stores.base import Store

_REDUCTIONS = (1, 2, 3, 4, 8)
"""Whole factors by which a page is made smaller until it fits into the memory and the format."""
_LINE_BYTES_A_PIXEL = 40
"""Working copies of a line with its surroundings, for each pixel of the widest one."""
_SURROUNDINGS = 3
"""A line with its surroundings has so many times the pixels of the line."""
_FONT_BYTES = 16 << 20


@dataclass(frozen=True, slots=True)
class _Plan:
    """A page in one language: the size at which it is drawn, and the peak memory of that."""

    index: int
    language: str
    min_long_side: int | None
    width: int
    height: int
    peak_bytes: int


class OutcomeRenderings:
    """Draws outcomes; a page is decoded and drawn on the OCR threads, admitted by its bytes."""

    def __init__(
        self,
        picture_format: Format,
        *,
        store: Store,
        threads: OcrThreads,
        intake: Budget,
        fonts: Fonts,
        opener: UploadOpener,
    ) -> None:
        """`intake` bounds the bytes of downloaded pictures and of finished ones."""
        self._encoding = ENCODINGS[picture_format]
        self._store = store
        self._threads = threads
        self._intake = intake
        self._fonts = fonts
        self._opener = opener

    def render(self, outcome: Outcome, *, deadline: float) -> Iterator[RenderedPage]:
        """See `Renderer.render`; a page that keeps all its text has no picture."""
        wanted = [
            (page, language)
            for language in outcome.target_languages
            for page in outcome.pages
            if any(new_text(paragraph, language) for paragraph in page.paragraphs)
        ]
        if not wanted:
            return
        admit_by = latest_admission(deadline)
        largest = max(page.width * page.height for page, _ in wanted)
        held = outcome.upload.size + int(self._encoding.file_bytes * largest)
        release = self._intake.admit(held, admit_by=admit_by)
        try:
            content = self._store.download(outcome.upload.ref)
            pages = len(outcome.pages)
            with self._opener.open(content, admit_by=admit_by, max_pages=pages) as image:
                for page, language in wanted:
                    yield self._rendered(image, page, language, admit_by, deadline)
        finally:
            release()

    def _rendered(
        self, image: PageFile, page: PageText, language: str, admit_by: float, deadline: float
    ) -> RenderedPage:
        plan = self._plan(image, page, language)
        if plan is None:
            return RenderedPage(language, page.index, None, (_skipped(page, language),))

        def work() -> RenderedPage:
            drawn = self._draw(image, page, plan)
            trim_heap()
            return drawn

        return self._threads.run(work, size=plan.peak_bytes, admit_by=admit_by, deadline=deadline)

    def _plan(self, image: PageFile, page: PageText, language: str) -> _Plan | None:
        """The largest size that fits the budget and the format; None if none does."""
        longer = max(page.width, page.height)
        for factor in _REDUCTIONS:
            min_long_side = None if factor == 1 else max(1, longer // factor)
            width, height = image.decoded_size(page.index, min_long_side=min_long_side)
            decoding = image.decode_peak_bytes(page.index, min_long_side=min_long_side)
            drawing = (3 + self._encoding.peak_bytes) * width * height
            line = _widest_line(scaled_page(page, width, height))
            peak = max(decoding, int(drawing), 3 * width * height + line) + _FONT_BYTES
            fits = peak <= self._threads.budget.capacity
            if fits and max(width, height) <= self._encoding.max_side:
                return _Plan(page.index, language, min_long_side, width, height, peak)
        return None

    def _draw(self, image: PageFile, page: PageText, plan: _Plan) -> RenderedPage:
        pixels = image.page(plan.index, min_long_side=plan.min_long_side).pixels
        drawn = scaled_page(page, plan.width, plan.height)
        warnings = list(render_page(pixels, drawn, plan.language, self._fonts))
        if plan.min_long_side:
            warnings.append(_reduced(page, plan))
        # The first page has the object's name alone, as a picture of one page has.
        number = f".{plan.index + 1}" if plan.index else ""
        file = PictureFile(
            f".{plan.language}{number}{self._encoding.suffix}",
            self._encoding.content_type,
            self._encoding.encode(pixels),
        )
        return RenderedPage(plan.language, plan.index, file, tuple(warnings))


def _widest_line(page: PageText) -> int:
    """Bytes that removing and drawing the largest line takes beside the page."""
    pixels = 0.0
    for paragraph in page.paragraphs:
        for line in paragraph.lines:
            xs, ys = zip(*line.polygon, strict=True)
            pixels = max(pixels, (max(xs) - min(xs)) * (max(ys) - min(ys)))
    return int(_LINE_BYTES_A_PIXEL * _SURROUNDINGS * min(pixels, page.width * page.height))


def _reduced(page: PageText, plan: _Plan) -> OutcomeWarning:
    return OutcomeWarning(
        WarningCode.RENDERING_REDUCED,
        f"page {page.index} in {plan.language} has {plan.width} x {plan.height} pixels instead of"
        f" {page.width} x {page.height}: set a larger memory limit, or RENDER=png",
    )


def _skipped(page: PageText, language: str) -> OutcomeWarning:
    return OutcomeWarning(
        WarningCode.RENDERING_SKIPPED,
        f"page {page.index} in {language} was not drawn, because that takes more memory than there"
        " is: set a larger memory limit",
    )
