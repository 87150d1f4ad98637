"""The settings of translation: which values are refused and which are accepted."""

import pytest

from pipeline.config import load_settings
from pipeline.errors import ConfigurationError

GLOSSARY = "projects/p/locations/us-central1/glossaries/g"
MODEL = "projects/p/locations/us-central1/models/TRL123"


def settings(**values: object) -> object:
    return load_settings(
        _env_file=None, uploads_bucket="uploads", results_bucket="results", **values
    )


@pytest.mark.parametrize(
    ("values", "problem"),
    [
        ({"translator": "google"}, "needs TRANSLATOR_PROJECT"),
        ({"translator": "google", "translator_project": " "}, "needs TRANSLATOR_PROJECT"),
        ({"google_translate_glossary": GLOSSARY}, "now 'global'.* to us-central1"),
        ({"google_translate_glossary": GLOSSARY.replace("us-central1", "global")}, "never for gl"),
        ({"google_translate_glossary": "terms"}, "not a full name"),
        ({"google_translate_model": MODEL}, "GOOGLE_TRANSLATE_MODEL=.* to us-central1"),
        ({"google_translate_model": "nmt"}, "not a full name"),
        ({"google_translate_endpoint": "http://example.com"}, "unencrypted"),
        ({"google_translate_endpoint": "http://127.0.0.1.example.com"}, "unencrypted"),
        ({"max_characters_per_image": 0}, "MAX_CHARACTERS_PER_IMAGE"),
        ({"max_characters_per_day": "many"}, "MAX_CHARACTERS_PER_DAY"),
        ({"translation_memory": "memory/texts"}, "name gs://BUCKET/PREFIX"),
        ({"translation_memory": "gs://"}, "name gs://BUCKET/PREFIX"),
        (
            {"translation_memory": "gs://uploads/texts"},
            "every translation would count as an upload",
        ),
        ({"translation_memory": "gs://uploads"}, "every translation would count as an upload"),
    ],
)
def test_settings_that_cannot_work_are_refused(values: dict[str, object], problem: str) -> None:
    """Given settings that cannot work, when loaded, then the error names the problem
    and the remedy.
    """
    with pytest.raises(ConfigurationError, match=problem):
        settings(**values)


@pytest.mark.parametrize(
    "values",
    [
        {},
        {"translator": "google", "translator_project": "p"},
        {"google_translate_model": "general/translation-llm"},
        {"google_translate_model": "projects/p/locations/global/models/general/nmt"},
        {"google_translate_model": MODEL, "google_translate_location": "us-central1"},
        {"google_translate_glossary": GLOSSARY, "google_translate_location": "us-central1"},
        {"max_characters_per_day": "", "glossary": "", "translation_memory": ""},
        {"translation_memory": "gs://results/translations/2026"},
        {"translation_memory": "gs://uploads-memory"},
        {"google_translate_endpoint": "http://127.0.0.1:8099"},
        {"google_translate_endpoint": "translate-eu.googleapis.com"},
    ],
)
def test_valid_settings_are_accepted(values: dict[str, object]) -> None:
    """Given valid settings, when loaded, then they are accepted."""
    assert settings(**values) is not None
