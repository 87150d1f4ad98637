"""The composition root: makes every part of the subscriber once and passes it to its users."""

from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

from pipeline.capacity import process_memory
from pipeline.capacity.admission import Budget, OcrThreads, slots_for
from pipeline.capacity.cpu import available_cores
from pipeline.config import AUTO, Settings
from pipeline.delivery.crash_journal import CrashJournal
from pipeline.delivery.opening import UploadOpener
from pipeline.delivery.processor import Processor
from pipeline.delivery.subscriber import Subscriber
from pipeline.images.library_messages import silence_decoders
from pipeline.images.page_file import OpeningLimits
from pipeline.ocr import memory_estimate
from pipeline.ocr.factory import check_engine_reads, make_engine
from pipeline.ocr.model_files import ENGINES
from pipeline.outcomes.announcer import Announcer, Topic
from pipeline.outcomes.exports import Exporter
from pipeline.outcomes.renderings import Renderer
from pipeline.outcomes.results_bucket import ResultsBucket
from pipeline.presentation.exports.outcome_exports import OutcomeExports
from pipeline.presentation.rendering.fonts import Fonts
from pipeline.presentation.rendering.outcome_renderings import OutcomeRenderings
from pipeline.stores.base import Store
from pipeline.translation.factory import make_translation

_OPEN_PDFS_SHARE = 1 / 8
"""Share of the memory for open PDFs.

Their processes are measured with this one, so recognitions have the rest.
"""

_UPLOADS_SHARE = 1 / 2
"""Share of the headroom for downloaded uploads that wait for a slot or are read."""

_FILES_SHARE = 1 / 4
"""Share of the headroom for exports and renderings: the upload again, and the finished files.

It is a budget apart from that of the uploads, so that a delivery that was read does not wait
behind those that begin. The last quarter is for everything that no budget counts.
"""

_GRACE_SECONDS = 60.0
"""Time after its deadline in which a slow recognition still ends; a longer one is stuck."""


@dataclass(frozen=True, slots=True)
class Application:
    """A subscriber and the parts of it that its caller logs or closes.

    `derived` holds the values computed from the settings and the machine.
    """

    subscriber: Subscriber
    derived: Mapping[str, Any]
    threads: OcrThreads
    processor: Processor

    @property
    def budget(self) -> Budget:
        """The slots and bytes of the recognitions."""
        return self.threads.budget

    def close(self) -> None:
        """Waits for running recognitions, then ends the OCR threads and the translator."""
        self.threads.close()
        self.processor.close()


def compose(
    settings: Settings,
    store: Store,
    *,
    topic: Topic | None = None,
    on_stuck: Callable[[], None] = lambda: None,
    crash_journal: CrashJournal | None = None,
    count_only: bool = False,
) -> Application:
    """Makes the subscriber; every OCR thread has read a test picture when this returns.

    Args:
        settings: the settings of this process.
        store: holds the uploads and the results.
        topic: where outcomes are announced, if anywhere.
        on_stuck: see `OcrThreads`.
        crash_journal: without one no crash is recorded.
        count_only: see `make_translation`.

    Raises:
        ConfigurationError: the engine or the translator cannot do its work.
    """
    before = process_memory.resident_bytes()
    limit = process_memory.limit_bytes(settings.memory_limit_mb)
    opener = _make_opener(settings, limit)
    threads, processor = _make_processor(
        settings,
        store,
        opener,
        on_stuck=on_stuck,
        crash_journal=crash_journal or CrashJournal(),
        count_only=count_only,
    )
    loaded = process_memory.resident_bytes() - before
    derived = {
        "ocr_slots": threads.budget.slots,
        "budget_mb": threads.budget.capacity // process_memory.MEBIBYTE,
        "models_mb": loaded // process_memory.MEBIBYTE,
        **processor.describe(),
        **processor.ocr_runtime(),
    }
    if settings.ocr_engine in ENGINES:
        derived["proven"] = memory_estimate.proven(limit)
    results = ResultsBucket(store, settings.results_bucket)
    files = _request_budget(settings, process_memory.headroom_bytes(limit) * _FILES_SHARE)
    subscriber = Subscriber(
        settings,
        processor=processor,
        results=results,
        announcer=Announcer(results, topic),
        exporter=_make_exporter(settings, store, threads, files, opener),
        renderer=_make_renderer(settings, store, threads, files, opener),
    )
    return Application(subscriber, derived, threads, processor)


def _make_processor(
    settings: Settings,
    store: Store,
    opener: UploadOpener,
    *,
    on_stuck: Callable[[], None],
    crash_journal: CrashJournal,
    count_only: bool,
) -> tuple[OcrThreads, Processor]:
    process_memory.keep_heap_small()
    silence_decoders()
    limit = process_memory.limit_bytes(settings.memory_limit_mb)
    slots = _slots(settings, limit)
    # The models are compiled outside the interpreter's lock, while the word lists are read.
    with ThreadPoolExecutor(1) as beside:
        compiled = beside.submit(make_engine, settings, slots)
        translation = make_translation(settings, store, count_only=count_only)
        engine = compiled.result()
    budget = Budget(
        slots,
        lambda: (
            process_memory.spare_bytes(limit) - engine.reserve_bytes() - translation.reserve_bytes()
        ),
    )
    threads = OcrThreads(
        slots if settings.max_concurrent_ocr == AUTO else settings.max_worker_threads,
        budget,
        grace_seconds=min(_GRACE_SECONDS, settings.delivery_deadline_seconds),
        on_stuck=on_stuck,
    )
    threads.on_every_thread(lambda: check_engine_reads(engine))
    processor = Processor(
        settings,
        store=store,
        engine=engine,
        threads=threads,
        intake=_request_budget(settings, process_memory.headroom_bytes(limit) * _UPLOADS_SHARE),
        opener=opener,
        translation=translation,
        crash_journal=crash_journal,
    )
    return threads, processor


def _request_budget(settings: Settings, size: float) -> Budget:
    """A fixed number of bytes, for all requests inside the process together."""
    return Budget(settings.max_concurrent_requests, lambda: int(size))


def _make_opener(settings: Settings, limit: int) -> UploadOpener:
    limits = OpeningLimits(
        settings.max_image_pixels,
        settings.max_pages,
        settings.pdf_dpi,
        pdf_text_layer=settings.pdf_text != "ocr",
    )
    return UploadOpener(limits, _request_budget(settings, limit * _OPEN_PDFS_SHARE))


def _make_exporter(
    settings: Settings, store: Store, threads: OcrThreads, intake: Budget, opener: UploadOpener
) -> Exporter | None:
    """The exporter of EXPORTS, or None where nothing is to be exported.

    Raises:
        ConfigurationError: a format is unknown, or its libraries are not installed.
    """
    if not settings.exports:
        return None
    return OutcomeExports(
        settings.exports,
        store=store,
        threads=threads,
        intake=intake,
        opener=opener,
    )


def _make_renderer(
    settings: Settings, store: Store, threads: OcrThreads, intake: Budget, opener: UploadOpener
) -> Renderer | None:
    """The renderer of RENDER, or None where no translated picture is asked for.

    Raises:
        ConfigurationError: a library or a font is not installed.
    """
    if settings.render == "none":
        return None
    fonts = Fonts()
    fonts.check(settings.target_languages)
    return OutcomeRenderings(
        settings.render,
        store=store,
        threads=threads,
        intake=intake,
        fonts=fonts,
        opener=opener,
    )


def _slots(settings: Settings, limit: int) -> int:
    if isinstance(settings.max_concurrent_ocr, int):
        return settings.max_concurrent_ocr
    fixed, page = memory_estimate.fixed_and_page_bytes(settings.ocr_engine, available_cores())
    slots = slots_for(available_cores(), process_memory.spare_bytes(limit) - fixed, page)
    return min(slots, settings.max_concurrent_requests)
