"""The composition root: every part is made here, once, and passed to the parts above it."""

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib import import_module
from typing import Any

import cv2
import numpy as np

from pipeline import memory
from pipeline.config import Settings
from pipeline.errors import ConfigurationError
from pipeline.identification import LanguageIdentifier
from pipeline.limits import Budget, OcrThreads
from pipeline.ocr.base import OcrEngine
from pipeline.ocr.models import ENGINES
from pipeline.outcomes import Outcomes
from pipeline.processor import Processor
from pipeline.stores.base import Store
from pipeline.stores.gcs import GcsStore
from pipeline.subscriber import DeadLetters, Subscriber
from pipeline.translation import TranslationStep
from pipeline.translators.apertium import ApertiumTranslator
from pipeline.translators.base import Translator
from pipeline.translators.none import NoTranslator


@dataclass(frozen=True, slots=True)
class Composed:
    """A target with what the endpoint needs beside it."""

    target: Subscriber | DeadLetters
    derived: Mapping[str, Any]
    memory: Callable[[], Mapping[str, Any]]


def compose(settings: Settings, target: str) -> Composed:
    """Makes the target `push` or `dead_letter` against Google Cloud Storage.

    Raises:
        ConfigurationError: something it needs is not there; says what to do.
    """
    store = GcsStore.from_environment()
    store.verify(settings.uploads_bucket, settings.results_bucket)
    outcomes = Outcomes(store, settings.results_bucket)
    limit = memory.limit_bytes(settings.memory_limit_mb)
    if target == "dead_letter":
        return Composed(
            DeadLetters(settings, outcomes=outcomes), {}, lambda: memory_state(limit, None)
        )
    if target != "push":
        raise ConfigurationError(f"FUNCTION_TARGET={target!r}: name push or dead_letter")
    threads = make_threads(settings, limit)
    processor = make_processor(settings, store, threads)
    derived = {
        "ocr_slots": settings.max_concurrent_ocr,
        "engine": settings.ocr_engine,
        "translator": settings.translator,
    }
    return Composed(
        Subscriber(settings, processor=processor, outcomes=outcomes),
        derived,
        lambda: memory_state(limit, threads.budget),
    )


def make_threads(settings: Settings, limit: int) -> OcrThreads:
    """The OCR threads behind a budget of what the limit leaves after start-up."""
    capacity = limit - memory.resident_bytes()
    return OcrThreads(settings.max_worker_threads, Budget(settings.max_concurrent_ocr, capacity))


def make_processor(settings: Settings, store: Store, threads: OcrThreads) -> Processor:
    """A processor whose engine has recognised a picture on every OCR thread.

    Raises:
        ConfigurationError: the engine or the translator cannot do its work.
    """
    engine = make_engine(settings)
    threads.on_every_thread(lambda: prove(engine))
    return Processor(
        settings,
        store=store,
        engine=engine,
        threads=threads,
        translation=make_translation(settings),
    )


def make_engine(settings: Settings) -> OcrEngine:
    """The engine OCR_ENGINE names.

    Raises:
        ConfigurationError: there is no such engine, or it cannot be loaded.
    """
    if settings.ocr_engine not in ENGINES:
        engine: OcrEngine = _named_class("OCR_ENGINE", settings.ocr_engine)()
        return engine
    from pipeline.ocr.paddle import PaddleOcrEngine  # noqa: PLC0415 - the dead letters need none

    # Slots that run together share the cores; one that runs alone may use them all.
    cores = len(os.sched_getaffinity(0))
    return PaddleOcrEngine(
        settings.ocr_engine,
        settings.ocr_model_dir,
        max_side=settings.ocr_max_side,
        threads=max(1, cores // settings.max_concurrent_ocr),
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


def memory_state(limit: int, budget: Budget | None) -> Mapping[str, Any]:
    """What a log line says of memory."""
    state: dict[str, Any] = {
        "memory_mb": memory.resident_bytes() // memory.MEBIBYTE,
        "memory_limit_mb": limit // memory.MEBIBYTE,
    }
    if budget:
        slots, taken = budget.admitted
        state |= {
            "slots_taken": slots,
            "budget_taken_mb": taken // memory.MEBIBYTE,
            "waiting": budget.waiting,
        }
    return state


def make_translation(settings: Settings) -> TranslationStep:
    """The translation step with the translator TRANSLATOR names.

    Raises:
        ConfigurationError: there is no such translator, or it cannot do its work.
    """
    return TranslationStep(make_translator(settings), LanguageIdentifier.load())


def make_translator(settings: Settings) -> Translator:
    """The translator TRANSLATOR names.

    Raises:
        ConfigurationError: there is no such translator, or it cannot do its work.
    """
    match settings.translator:
        case "apertium":
            return ApertiumTranslator.from_installation()
        case "none":
            return NoTranslator()
        case name:
            translator: Translator = _named_class("TRANSLATOR", name)()
            return translator


def _named_class(setting: str, name: str) -> Any:
    """The class `package.module:Class`."""
    module, _, attribute = name.partition(":")
    try:
        return getattr(import_module(module), attribute)
    except (ImportError, AttributeError, ValueError) as error:
        raise ConfigurationError(
            f"{setting}={name!r} is neither built in nor a package.module:Class: {error}"
        ) from error
