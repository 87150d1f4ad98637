"""The composition root: every part is made here, once, and passed to the parts above it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from pipeline import memory, tiff
from pipeline.casualties import Casualties
from pipeline.choice import make_translator, named_class
from pipeline.config import AUTO, Settings
from pipeline.cores import available_cores
from pipeline.errors import ConfigurationError, ObjectGoneError, StoreUnavailableError
from pipeline.glossary import Glossary, parse_glossary
from pipeline.identification import LanguageIdentifier
from pipeline.limits import Budget, OcrThreads, slots_for
from pipeline.ocr import footprint
from pipeline.ocr.base import OcrEngine
from pipeline.ocr.models import ENGINES
from pipeline.outcomes import Outcomes
from pipeline.processor import Processor
from pipeline.stores.base import Store
from pipeline.subscriber import Subscriber
from pipeline.translation import TranslationStep

# Beyond its deadline: a recognition that is only slow ends in that time.
_GRACE_SECONDS = 60.0


@dataclass(frozen=True, slots=True)
class Composed:
    """A subscriber, what was derived for it, and a look at its memory."""

    subscriber: Subscriber
    derived: Mapping[str, Any]
    budget: Budget


def compose(
    settings: Settings, store: Store, *, on_stuck: Callable[[], None], casualties: Casualties
) -> Composed:
    """The subscriber, ready; `on_stuck` as `OcrThreads` has it.

    Raises:
        ConfigurationError: something it needs is not there; says what to do.
    """
    before = memory.resident_bytes()
    threads, processor = make_processor(settings, store, on_stuck=on_stuck, casualties=casualties)
    loaded = memory.resident_bytes() - before
    outcomes = Outcomes(store, settings.results_bucket)
    derived = {
        "ocr_slots": threads.budget.slots,
        "budget_mb": threads.budget.capacity // memory.MEBIBYTE,
        "models_mb": loaded // memory.MEBIBYTE,
        **processor.describe(),
    }
    if settings.ocr_engine in ENGINES:
        derived["proven"] = footprint.proven(memory.limit_bytes(settings.memory_limit_mb))
    subscriber = Subscriber(settings, processor=processor, outcomes=outcomes)
    return Composed(subscriber, derived, threads.budget)


def make_processor(
    settings: Settings,
    store: Store,
    *,
    on_stuck: Callable[[], None] = lambda: None,
    casualties: Casualties | None = None,
) -> tuple[OcrThreads, Processor]:
    """A processor, and the OCR threads it enters; each has recognised a picture.

    Raises:
        ConfigurationError: the engine or the translator cannot do its work.
    """
    memory.keep_heap_small()
    tiff.keep_quiet()
    limit = memory.limit_bytes(settings.memory_limit_mb)
    slots = _slots(settings, limit)
    engine = make_engine(settings, slots)
    translation = make_translation(settings, store)
    budget = Budget(slots, lambda: memory.spare_bytes(limit) - translation.reserve_bytes())
    threads = OcrThreads(
        slots if settings.max_concurrent_ocr == AUTO else settings.max_worker_threads,
        budget,
        grace_seconds=min(_GRACE_SECONDS, settings.delivery_deadline_seconds),
        on_stuck=on_stuck,
    )
    threads.on_every_thread(lambda: prove(engine))
    # Half of the headroom is for what was downloaded and waits.
    waiting = memory.headroom_bytes(limit) // 2
    processor = Processor(
        settings,
        store=store,
        engine=engine,
        threads=threads,
        intake=Budget(settings.max_concurrent_requests, lambda: waiting),
        translation=translation,
        casualties=casualties or Casualties(),
    )
    return threads, processor


def _slots(settings: Settings, limit: int) -> int:
    if isinstance(settings.max_concurrent_ocr, int):
        return settings.max_concurrent_ocr
    room = memory.spare_bytes(limit) - footprint.MODEL_BYTES
    slots = slots_for(available_cores(), room, footprint.RECOGNITION_BYTES)
    return min(slots, settings.max_concurrent_requests)


def make_engine(settings: Settings, slots: int) -> OcrEngine:
    """The engine OCR_ENGINE names, for so many recognitions at the same time.

    Raises:
        ConfigurationError: there is no such engine, or it cannot be loaded.
    """
    if settings.ocr_engine not in ENGINES:
        engine: OcrEngine = named_class("OCR_ENGINE", settings.ocr_engine)()
        return engine
    from pipeline.ocr.paddle import PaddleOcrEngine  # noqa: PLC0415 - the dead letters need none

    # Slots that run together share the cores; one that runs alone may use them all.
    return PaddleOcrEngine(
        settings.ocr_engine,
        settings.ocr_model_dir,
        max_side=settings.ocr_max_side,
        threads=max(1, available_cores() // slots),
    )


def prove(engine: OcrEngine) -> None:
    """Has the engine recognise a tiny picture, which also warms it up.

    Raises:
        ConfigurationError: it found nothing in it.
    """
    picture = np.full((64, 256, 3), 255, np.uint8)
    cv2.putText(picture, "READY 123", (12, 44), cv2.FONT_HERSHEY_SIMPLEX, 1.3, (0, 0, 0), 3)
    if not engine.recognize(picture):
        raise ConfigurationError(f"the OCR engine read nothing in a test picture: {engine}")


def make_translation(settings: Settings, store: Store) -> TranslationStep:
    """The translation step with the translator TRANSLATOR names and the glossary.

    Raises:
        ConfigurationError: there is no such translator, it cannot do its work, or the
            glossary cannot be read.
    """
    glossary = read_glossary(settings.glossary, store) if settings.glossary else Glossary()
    spare = memory.limit_bytes(settings.memory_limit_mb) - memory.resident_bytes()
    return TranslationStep(
        # Models may have half of what is left; the rest is for pictures.
        make_translator(settings, glossary, memory_bytes=spare // 2),
        LanguageIdentifier.load(),
        glossary=glossary,
        max_characters_per_image=settings.max_characters_per_image,
        max_characters_per_day=settings.max_characters_per_day,
    )


def read_glossary(place: str, store: Store) -> Glossary:
    """The glossary at `place`, on disk or `gs://bucket/name`.

    Raises:
        ConfigurationError: it is not there, or not a glossary.
    """
    bucket, _, name = place.removeprefix("gs://").partition("/")
    try:
        if not place.startswith("gs://"):
            return parse_glossary(Path(place).read_bytes(), place)
        stored = store.stat(bucket, name)
        if stored is None:
            raise ConfigurationError(f"GLOSSARY={place!r}: there is no such object")
        return parse_glossary(store.download(stored.ref), place)
    except (OSError, ObjectGoneError, StoreUnavailableError) as error:
        raise ConfigurationError(f"GLOSSARY={place!r} cannot be read: {error}") from error
