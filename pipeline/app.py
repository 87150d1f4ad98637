"""The composition root: every part is made here, once, and passed to the parts above it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from pipeline.capacity import process_memory
from pipeline.capacity.admission import Budget, OcrThreads, slots_for
from pipeline.capacity.cpu import available_cores
from pipeline.config import AUTO, Settings
from pipeline.delivery.crash_journal import CrashJournal
from pipeline.delivery.processor import Processor
from pipeline.delivery.subscriber import Subscriber
from pipeline.images.library_messages import silence_decoders
from pipeline.ocr import memory_estimate
from pipeline.ocr.factory import check_engine_reads, make_engine
from pipeline.ocr.model_files import ENGINES
from pipeline.outcomes.results_bucket import ResultsBucket
from pipeline.stores.base import Store
from pipeline.translation.factory import make_translation

# Beyond its deadline: a recognition that is only slow ends in that time.
_GRACE_SECONDS = 60.0


@dataclass(frozen=True, slots=True)
class Application:
    """A subscriber, what was derived for it, and a look at its memory."""

    subscriber: Subscriber
    derived: Mapping[str, Any]
    budget: Budget


def compose(
    settings: Settings, store: Store, *, on_stuck: Callable[[], None], crash_journal: CrashJournal
) -> Application:
    """The subscriber, ready; `on_stuck` as `OcrThreads` has it.

    Raises:
        ConfigurationError: something it needs is not there; says what to do.
    """
    before = process_memory.resident_bytes()
    threads, processor = make_processor(
        settings, store, on_stuck=on_stuck, crash_journal=crash_journal
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
        derived["proven"] = memory_estimate.proven(
            process_memory.limit_bytes(settings.memory_limit_mb)
        )
    results = ResultsBucket(store, settings.results_bucket)
    subscriber = Subscriber(settings, processor=processor, results=results)
    return Application(subscriber, derived, threads.budget)


def make_processor(
    settings: Settings,
    store: Store,
    *,
    on_stuck: Callable[[], None] = lambda: None,
    crash_journal: CrashJournal | None = None,
) -> tuple[OcrThreads, Processor]:
    """A processor, and the OCR threads it enters; each has recognised a picture.

    Raises:
        ConfigurationError: the engine or the translator cannot do its work.
    """
    process_memory.keep_heap_small()
    silence_decoders()
    limit = process_memory.limit_bytes(settings.memory_limit_mb)
    slots = _slots(settings, limit)
    engine = make_engine(settings, slots)
    translation = make_translation(settings, store)
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
    # Half of the headroom is for what was downloaded and waits.
    waiting = process_memory.headroom_bytes(limit) // 2
    processor = Processor(
        settings,
        store=store,
        engine=engine,
        threads=threads,
        intake=Budget(settings.max_concurrent_requests, lambda: waiting),
        translation=translation,
        crash_journal=crash_journal or CrashJournal(),
    )
    return threads, processor


def _slots(settings: Settings, limit: int) -> int:
    if isinstance(settings.max_concurrent_ocr, int):
        return settings.max_concurrent_ocr
    room = process_memory.spare_bytes(limit) - memory_estimate.MODEL_BYTES
    slots = slots_for(available_cores(), room, memory_estimate.RECOGNITION_BYTES)
    return min(slots, settings.max_concurrent_requests)
