"""The selection of the translator and the glossary by the settings."""

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from pipeline.config import Settings, load_settings
from pipeline.errors import ConfigurationError
from pipeline.stores.in_memory import InMemoryStore
from pipeline.translation.engines.glossary_terms import TermKeepingTranslator
from pipeline.translation.engines.google_fake import FakeCloudTranslation
from pipeline.translation.factory import load_glossary, make_translator
from pipeline.translation.glossary import parse_glossary
from tests.support.tiny_translation_models import convert_tiny_models


def settings(**values: object) -> Settings:
    return load_settings(_env_file=None, uploads_bucket="a", results_bucket="b", **values)


@pytest.fixture(scope="session")
def model_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return convert_tiny_models(tmp_path_factory.mktemp("models"), "es-en", "en-fr")


@pytest.fixture
def no_apertium(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))


@pytest.fixture
def server() -> Iterator[FakeCloudTranslation]:
    server = FakeCloudTranslation()
    server.start()
    yield server
    server.shutdown()
    server.server_close()


def test_none_imports_no_vendor_library() -> None:
    """Given TRANSLATOR=none, when made, then no library of a vendor is imported."""
    assert make_translator(settings(translator="none")).name == "none"


def test_auto_with_a_project_is_cloud_translation(server: FakeCloudTranslation) -> None:
    """Given a project, when `auto` is made, then Cloud Translation is the only translator."""
    translator = make_translator(
        settings(
            translator="auto",
            translator_project="p",
            google_translate_endpoint=server.endpoint,
        )
    )
    assert [each["name"] for each in translator.describe()["engines"]] == ["google"]
    translator.close()


@pytest.mark.usefixtures("no_apertium")
def test_auto_never_pays_without_a_project(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Given credentials but no project, when `auto` is made, then Cloud Translation is not used."""
    monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", "key.json")
    monkeypatch.setenv("GOOGLE_CLOUD_PROJECT", "p")
    with pytest.raises(ConfigurationError, match="nothing to translate with"):
        make_translator(settings(translator="auto", translation_model_dir=tmp_path))


@pytest.mark.usefixtures("no_apertium")
def test_auto_without_a_translator_names_all_remedies(tmp_path: Path) -> None:
    """Given no installed translator, when `auto` is made, then the error names all remedies."""
    with pytest.raises(ConfigurationError) as caught:
        make_translator(settings(translator="auto", translation_model_dir=tmp_path))
    for remedy in ("TRANSLATOR_PROJECT", "models install --translation", "apt-get install", "none"):
        assert remedy in str(caught.value)


@pytest.mark.usefixtures("no_apertium")
def test_auto_prefers_models(model_dir: Path) -> None:
    """Given a model and no Apertium, when `auto` is made, then the model translates."""
    translator = make_translator(settings(translator="auto", translation_model_dir=model_dir))
    assert translator.route("es", "en") == ("es", "en")
    assert translator.route("es", "fr") == ("es", "en", "fr")
    assert translator.route("ja", "en") is None
    answers = translator.translate(["El perro"], source="es", target="en", deadline=9e9)
    assert [(answer.text, answer.engine) for answer in answers] == [("The dog", "ctranslate2")]
    with pytest.raises(ValueError, match="no route from ja to en in ctranslate2"):
        translator.translate(["x"], source="ja", target="en", deadline=9e9)
    translator.close()


def test_models_above_the_memory_limit_are_refused(model_dir: Path) -> None:
    """Given less memory than the models need, when made, then the error has both numbers."""
    chosen = settings(translator="ctranslate2", translation_model_dir=model_dir)
    with pytest.raises(ConfigurationError, match=r"models en-fr, es-en take about .* MiB, more"):
        make_translator(chosen, memory_bytes=1000)


def test_files_that_are_not_a_model_are_refused(tmp_path: Path) -> None:
    """Given files that are not a model, when made, then the error names the folder."""
    (tmp_path / "es-en").mkdir()
    for name in ("model.bin", "config.json", "source.spm", "target.spm"):
        (tmp_path / "es-en" / name).write_bytes(b"nothing")
    with pytest.raises(ConfigurationError, match=r"cannot load the translation model in .*es-en"):
        make_translator(settings(translator="ctranslate2", translation_model_dir=tmp_path))
    with pytest.raises(ConfigurationError, match="models install --translation es-en"):
        make_translator(settings(translator="ctranslate2", translation_model_dir=tmp_path / "no"))


def test_a_missing_client_library_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    """Given no client library, when `google` is made, then the error says how to install it."""
    monkeypatch.setitem(sys.modules, "pipeline.translation.engines.google", None)
    with pytest.raises(ConfigurationError, match=r"pip install 'image-translation\[google\]'"):
        make_translator(settings(translator="google", translator_project="p"))


@pytest.mark.parametrize("name", ["deepl", "nowhere:Class", "pipeline.config:Nothing", ":", ""])
def test_an_unknown_translator_is_an_error(name: str) -> None:
    """Given an unknown name, when made, then the error lists the allowed names."""
    with pytest.raises(ConfigurationError, match=r"TRANSLATOR=.*nor a package\.module:Class"):
        make_translator(settings(translator=name))


def test_a_custom_translator_is_made() -> None:
    """Given a package.module:Class, when made, then the translator is of that class."""
    chosen = settings(translator="pipeline.translation.engines.fake:FakeTranslator")
    assert make_translator(chosen).name == "fake"


def test_glossary_terms_are_kept(model_dir: Path) -> None:
    """Given a glossary, when a local engine translates, then the terms of the glossary are used."""
    glossary = parse_glossary(b"es,en,queso,Manchego cheese\n", "g.csv")
    chosen = settings(translator="ctranslate2", translation_model_dir=model_dir)
    translator = make_translator(chosen, glossary)
    assert isinstance(translator, TermKeepingTranslator)
    texts = ["La mesa Zqxa", "El perro y el gato", "La mesa, queso"]
    answers = translator.translate(texts, source="es", target="en", deadline=9e9)
    assert [answer.glossary for answer in answers] == [False, False, True]
    assert "Manchego cheese" in answers[2].text
    translator.close()


def test_a_glossary_is_read_from_a_bucket_or_a_disk(tmp_path: Path) -> None:
    """Given a glossary in a bucket or on disk, when read, then both are equal;
    otherwise it is an error.
    """
    store = InMemoryStore()
    content = b"es,en,queso,cheese\n"
    store.write(
        "b", "terms/g.csv", content, content_type="text/csv", metadata={}, if_generation_match=0
    )
    (tmp_path / "g.csv").write_bytes(content)
    found = [
        load_glossary(place, store) for place in ("gs://b/terms/g.csv", str(tmp_path / "g.csv"))
    ]
    assert [glossary.whole("Queso", "es", "en") for glossary in found] == ["Cheese", "Cheese"]
    for missing in ("gs://b/none.csv", "gs://b", str(tmp_path / "none.csv"), str(tmp_path)):
        with pytest.raises(ConfigurationError, match="GLOSSARY="):
            load_glossary(missing, store)
