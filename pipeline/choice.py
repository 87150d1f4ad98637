"""Which translator the settings mean; a vendor's library is loaded only for its own."""

from collections.abc import Callable
from importlib import import_module
from typing import Any

from pipeline.config import Settings
from pipeline.errors import ConfigurationError
from pipeline.glossary import Glossary
from pipeline.translators.apertium import INSTALL, ApertiumTranslator
from pipeline.translators.auto import AutoTranslator
from pipeline.translators.base import Translator
from pipeline.translators.models import installed
from pipeline.translators.none import NoTranslator
from pipeline.translators.terms import TermKeepingTranslator


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
    translator: Translator = named_class("TRANSLATOR", settings.translator)()
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
        return import_module(f"pipeline.translators.{name}")
    except ImportError as error:
        raise ConfigurationError(
            f"TRANSLATOR={name} needs a library that is not installed ({error}). Type:"
            f" pip install 'image-translation[{name}]'"
        ) from error


def named_class(setting: str, name: str) -> Any:
    """The class `package.module:Class` that `setting` names.

    Raises:
        ConfigurationError: there is none.
    """
    module, _, attribute = name.partition(":")
    try:
        return getattr(import_module(module), attribute)
    except (ImportError, AttributeError, ValueError) as error:
        raise ConfigurationError(
            f"{setting}={name!r} is neither built in nor a package.module:Class: {error}"
        ) from error
