"""Makes the translation step: the translator that TRANSLATOR names, and the glossary."""

from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Any

from pipeline.capacity import process_memory
from pipeline.config import Settings, load_class
from pipeline.errors import ConfigurationError, ObjectGoneError, StoreUnavailableError
from pipeline.language.identification import LanguageIdentifier
from pipeline.stores.base import Store
from pipeline.translation.engines.apertium import INSTALL, ApertiumTranslator
from pipeline.translation.engines.auto import AutoTranslator
from pipeline.translation.engines.base import Translator
from pipeline.translation.engines.counting import CountingTranslator
from pipeline.translation.engines.glossary_terms import TermKeepingTranslator
from pipeline.translation.engines.model_files import installed
from pipeline.translation.engines.none import NoTranslator
from pipeline.translation.glossary import Glossary, parse_glossary
from pipeline.translation.step import TranslationStep
from pipeline.translation.stored_translations import Place, StoredTranslations


def make_translator(
    settings: Settings, glossary: Glossary | None = None, *, memory_bytes: int | None = None
) -> Translator:
    """The translator that TRANSLATOR names, ready for use.

    Args:
        settings: the translator's name and options.
        glossary: its terms are kept inside texts by the engines on this machine; Cloud
            Translation uses its own glossaries instead.
        memory_bytes: limit for neural models.

    Raises:
        ConfigurationError: there is no such translator, or it cannot start.
    """
    makers: dict[str, Callable[[], Translator]] = {
        "none": NoTranslator,
        "google": lambda: _google(settings),
        "ctranslate2": lambda: _with_terms(_ctranslate2(settings, memory_bytes), glossary),
        "apertium": lambda: _with_terms(ApertiumTranslator.from_installation(), glossary),
        "auto": lambda: _auto(settings, glossary, memory_bytes),
    }
    make = makers.get(settings.translator)
    if make:
        return make()
    translator: Translator = load_class("TRANSLATOR", settings.translator)()
    return translator


def _auto(settings: Settings, glossary: Glossary | None, memory_bytes: int | None) -> Translator:
    # Finding credentials is not consent to send text and pay: the project must be named.
    if settings.translator_project:
        return AutoTranslator([_google(settings)])
    engines: list[Translator] = []
    if installed(settings.translation_model_dir):
        engines.append(_with_terms(_ctranslate2(settings, memory_bytes), glossary))
    try:
        engines.append(_with_terms(ApertiumTranslator.from_installation(), glossary))
    except ConfigurationError as error:
        if not engines:
            raise ConfigurationError(
                "there is nothing to translate with. Set TRANSLATOR_PROJECT to use Cloud"
                " Translation, or type: image-translation models install --translation es-en"
                f" --dir {settings.translation_model_dir}\nor type: {INSTALL}\nor set"
                " TRANSLATOR=none"
            ) from error
    return AutoTranslator(engines)


def _with_terms(translator: Translator, glossary: Glossary | None) -> Translator:
    return TermKeepingTranslator(translator, glossary) if glossary else translator


def _google(settings: Settings) -> Translator:
    google = _engine_module("google")
    assert settings.translator_project is not None
    translator: Translator = google.GoogleTranslator.connect(
        google.GoogleOptions(
            settings.translator_project,
            location=settings.google_translate_location,
            model=settings.google_translate_model,
            glossary=settings.google_translate_glossary,
            endpoint=settings.google_translate_endpoint,
        )
    )
    return translator


def _ctranslate2(settings: Settings, memory_bytes: int | None) -> Translator:
    translator: Translator = _engine_module("ctranslate2").CTranslate2Translator(
        settings.translation_model_dir, memory_bytes=memory_bytes
    )
    return translator


def _engine_module(name: str) -> Any:
    # Imported late, so that the library of an unused engine may be missing.
    try:
        return import_module(f"pipeline.translation.engines.{name}")
    except ImportError as error:
        raise ConfigurationError(
            f"TRANSLATOR={name} needs a library that is not installed ({error}). Type:"
            f" pip install 'image-translation[{name}]'"
        ) from error


def make_translation(
    settings: Settings, store: Store, *, count_only: bool = False
) -> TranslationStep:
    """The translation step with the translator that TRANSLATOR names and the glossary.

    Args:
        settings: the translator's name and options.
        store: holds the glossary.
        count_only: count the characters to send instead of sending them.

    Raises:
        ConfigurationError: there is no such translator, it cannot start, or the glossary
            cannot be read.
    """
    glossary = load_glossary(settings.glossary, store) if settings.glossary else Glossary()
    spare = process_memory.limit_bytes(settings.memory_limit_mb) - process_memory.resident_bytes()
    # Half of the spare memory is for models, half for pictures.
    translator = make_translator(settings, glossary, memory_bytes=spare // 2)
    return TranslationStep(
        CountingTranslator(translator) if count_only else translator,
        LanguageIdentifier.load(),
        glossary=glossary,
        max_characters_per_image=settings.max_characters_per_image,
        max_characters_per_day=settings.max_characters_per_day,
        stored=_stored_translations(settings.translation_memory),
    )


def _stored_translations(place: str | None) -> StoredTranslations | None:
    if place is None:
        return None
    from pipeline.stores.gcs import GcsStore  # noqa: PLC0415 - `run` needs no cloud client

    return StoredTranslations(GcsStore.from_environment(), Place.parse(place))


def load_glossary(place: str, store: Store) -> Glossary:
    """Reads the glossary from a file or from `gs://bucket/name`.

    Raises:
        ConfigurationError: it is missing, cannot be read, or is not a glossary.
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
