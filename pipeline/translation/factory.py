"""Which translator the settings mean; a vendor's library is loaded only for its own."""

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
from pipeline.translation.engines.glossary_terms import TermKeepingTranslator
from pipeline.translation.engines.model_files import installed
from pipeline.translation.engines.none import NoTranslator
from pipeline.translation.glossary import Glossary, parse_glossary
from pipeline.translation.step import TranslationStep


def make_translator(
    settings: Settings, glossary: Glossary | None = None, *, memory_bytes: int | None = None
) -> Translator:
    """The translator TRANSLATOR names, ready to work.

    The engines on this machine keep the terms of `glossary` inside texts; Cloud
    Translation has glossaries of its own. `memory_bytes` is what neural models may take.

    Raises:
        ConfigurationError: there is no such translator, or it cannot do its work.
    """
    makers: dict[str, Callable[[], Translator]] = {
        "none": NoTranslator,
        "google": lambda: _google(settings),
        "ctranslate2": lambda: _keeping(_ctranslate2(settings, memory_bytes), glossary),
        "apertium": lambda: _keeping(ApertiumTranslator.from_installation(), glossary),
        "auto": lambda: _auto(settings, glossary, memory_bytes),
    }
    make = makers.get(settings.translator)
    if make:
        return make()
    translator: Translator = load_class("TRANSLATOR", settings.translator)()
    return translator


def _auto(settings: Settings, glossary: Glossary | None, memory_bytes: int | None) -> Translator:
    # Credentials that lie about are no leave to send text away and spend money: the
    # project must be named.
    if settings.translator_project:
        return AutoTranslator([_google(settings)])
    engines: list[Translator] = []
    if installed(settings.translation_model_dir):
        engines.append(_keeping(_ctranslate2(settings, memory_bytes), glossary))
    try:
        engines.append(_keeping(ApertiumTranslator.from_installation(), glossary))
    except ConfigurationError as error:
        if not engines:
            raise ConfigurationError(
                "there is nothing to translate with. Set TRANSLATOR_PROJECT to use Cloud"
                " Translation, or type: image-translation models install --translation es-en"
                f" --dir {settings.translation_model_dir}\nor type: {INSTALL}\nor set"
                " TRANSLATOR=none"
            ) from error
    return AutoTranslator(engines)


def _keeping(translator: Translator, glossary: Glossary | None) -> Translator:
    return TermKeepingTranslator(translator, glossary) if glossary else translator


def _google(settings: Settings) -> Translator:
    adapter = _adapter("google")
    assert settings.translator_project is not None
    translator: Translator = adapter.GoogleTranslator.connect(
        adapter.GoogleOptions(
            settings.translator_project,
            location=settings.google_translate_location,
            model=settings.google_translate_model,
            glossary=settings.google_translate_glossary,
            endpoint=settings.google_translate_endpoint,
        )
    )
    return translator


def _ctranslate2(settings: Settings, memory_bytes: int | None) -> Translator:
    translator: Translator = _adapter("ctranslate2").CTranslate2Translator(
        settings.translation_model_dir, memory_bytes=memory_bytes
    )
    return translator


def _adapter(name: str) -> Any:
    try:
        return import_module(f"pipeline.translation.engines.{name}")
    except ImportError as error:
        raise ConfigurationError(
            f"TRANSLATOR={name} needs a library that is not installed ({error}). Type:"
            f" pip install 'image-translation[{name}]'"
        ) from error


def make_translation(settings: Settings, store: Store) -> TranslationStep:
    """The translation step with the translator TRANSLATOR names and the glossary.

    Raises:
        ConfigurationError: there is no such translator, it cannot do its work, or the
            glossary cannot be read.
    """
    glossary = load_glossary(settings.glossary, store) if settings.glossary else Glossary()
    spare = process_memory.limit_bytes(settings.memory_limit_mb) - process_memory.resident_bytes()
    return TranslationStep(
        # Models may have half of what is left; the rest is for pictures.
        make_translator(settings, glossary, memory_bytes=spare // 2),
        LanguageIdentifier.load(),
        glossary=glossary,
        max_characters_per_image=settings.max_characters_per_image,
        max_characters_per_day=settings.max_characters_per_day,
    )


def load_glossary(place: str, store: Store) -> Glossary:
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
