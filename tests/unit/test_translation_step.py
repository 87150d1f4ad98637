"""The translation step: which texts are sent, kept, cached and counted."""

import time
from collections.abc import Iterator
from datetime import date

import pytest

from pipeline.errors import QuotaExceededError, TranslatorUnavailableError
from pipeline.language.identification import LanguageIdentifier
from pipeline.models import Line, PageText, Paragraph
from pipeline.translation.engines.fake import FakeTranslator
from pipeline.translation.engines.google import GoogleOptions, GoogleTranslator
from pipeline.translation.engines.google_fake import FakeCloudTranslation
from pipeline.translation.glossary import parse_glossary
from pipeline.translation.step import UNCHANGED, TranslatedPages, TranslationStep

SQUARE = ((0.0, 0.0), (9.0, 0.0), (9.0, 9.0), (0.0, 9.0))


class StepFixture:
    """Makes translation steps over a fake translator and keeps the fake for assertions."""

    def __init__(self, identifier: LanguageIdentifier) -> None:
        self.identifier = identifier
        self.fake = FakeTranslator()
        self.steps: list[TranslationStep] = []

    def step(self, fake: FakeTranslator | None = None, **options: object) -> TranslationStep:
        """A step over `fake` that is closed at the end."""
        self.fake = fake or self.fake
        self.steps.append(TranslationStep(self.fake, self.identifier, **options))  # type: ignore[arg-type]
        return self.steps[-1]


@pytest.fixture
def bench(identifier: LanguageIdentifier) -> Iterator[StepFixture]:
    bench = StepFixture(identifier)
    yield bench
    for step in bench.steps:
        step.close()


def page(*texts: str) -> PageText:
    paragraphs = (Paragraph(text, SQUARE, (Line(text, 0.9, SQUARE),)) for text in texts)
    return PageText(0, 10, 10, 0, tuple(paragraphs))


def run(
    step: TranslationStep,
    *texts: str,
    source: str | None = None,
    targets: tuple[str, ...] = ("en",),
) -> TranslatedPages:
    return step.translate_pages(
        (page(*texts),),
        source_language=source,
        target_languages=targets,
        deadline=time.monotonic() + 30,
    )


def english(translated: TranslatedPages) -> list[str | None]:
    found = [each.translations.get("en") for each in translated.pages[0].paragraphs]
    return [each.text if each else None for each in found]


def test_each_distinct_text_is_sent_once(bench: StepFixture) -> None:
    """Given a text three times, when translated, then it is sent once and all three get the
    translation.
    """
    translated = run(bench.step(), "La puerta", "El perro", "La puerta", "La puerta", source="es")
    assert bench.fake.calls == [(("La puerta", "El perro"), "es", "en")]
    assert english(translated)[0] == english(translated)[3] == "es>en:La puerta"
    assert translated.characters_translated == len("La puertaEl perro")


def test_lines_and_polygons_are_kept(bench: StepFixture) -> None:
    """Given two pages, when translated, then their lines and polygons do not change."""
    pages = (page("La puerta"), page("El perro", "12"))
    translated = bench.step().translate_pages(
        pages, source_language="es", target_languages=("en",), deadline=time.monotonic() + 9
    )
    assert [[each.lines for each in one.paragraphs] for one in translated.pages] == [
        [each.lines for each in one.paragraphs] for one in pages
    ]


@pytest.mark.parametrize(
    "text",
    [
        "12,50 \u20ac",
        "EUR 12.50",
        "31/12/2026",
        "2026-12-31 23:59",
        "https://example.com/men\u00fa?x=1",
        "www.ejemplo.es",
        "hola@ejemplo.es",
        "(hola@ejemplo.es),",
        "ejemplo.es/men\u00fa",
        "XJ-900/B",
        "8 410100 123456",
        "+34 91 123 45 67",
        "250 g",
        "8 h - 19 h",
        "1,5 L",
        "A",
        "50%",
        "\u2192 \u2603",
        "",
    ],
)
def test_untranslatable_texts_are_not_sent(bench: StepFixture, text: str) -> None:
    """Given a number, price, date, address or code, when translated, then it is not sent."""
    translated = run(bench.step(), "La puerta cerrada", text)
    assert [call[0] for call in bench.fake.calls] == [("La puerta cerrada",)]
    paragraph = translated.pages[0].paragraphs[1]
    assert (paragraph.language, paragraph.language_confidence) == ("und", 0.0)
    assert paragraph.translations["en"].text == text
    assert paragraph.translations["en"].engine == UNCHANGED
    assert translated.warnings == ()


@pytest.mark.parametrize(
    "text",
    ["Calle 5", "Sopa 12,50 \u20ac", "9\u6642\u304b\u308918\u6642", "2 perros", "Cerrado.No"],
)
def test_words_beside_numbers_are_sent(bench: StepFixture, text: str) -> None:
    """Given words with numbers, when translated, then they are sent."""
    run(bench.step(), text, source="es")
    assert [call[0] for call in bench.fake.calls] == [(text,)]


def test_texts_in_the_target_language_are_not_sent(bench: StepFixture) -> None:
    """Given an image in two languages, when translated to English, then its English is not sent."""
    texts = ("Sopa de pescado", "Pollo asado con patatas", "Thank you for your visit")
    translated = run(bench.step(), *texts)
    assert bench.fake.calls == [(texts[:2], "es", "en")]
    paragraph = translated.pages[0].paragraphs[2]
    assert paragraph.language == "en"
    assert paragraph.translations["en"].text == texts[2]


def test_a_source_language_replaces_identification(bench: StepFixture) -> None:
    """Given a source language, when translated, then no language is identified."""
    translated = run(bench.step(), "Thank you for your visit", source="nl")
    assert bench.fake.calls[0][1] == "nl"
    assert translated.pages[0].paragraphs[0].language_confidence == 1.0


def test_an_unsupported_pair_is_one_warning(bench: StepFixture) -> None:
    """Given a pair without a route, when translated, then there is no translation
    and one warning.
    """
    step = bench.step(FakeTranslator(unsupported=[("es", "en")]))
    translated = run(step, "La puerta", "El perro", source="es", targets=("en", "fr"))
    assert english(translated) == [None, None]
    assert "fr" in translated.pages[0].paragraphs[0].translations
    (warning,) = translated.warnings
    assert warning.code == "unsupported_pair"
    assert "from es to en" in warning.message
    assert "2 texts" in warning.message


def test_a_language_that_the_engine_detects_is_used(bench: StepFixture) -> None:
    """Given a text of unknown language, when the engine detects it, then the
    paragraph has that language.
    """
    translated = run(bench.step(FakeTranslator(detects="nl")), "WC")
    assert bench.fake.calls[0][1] == "und"
    assert translated.pages[0].paragraphs[0].language == "nl"


def test_an_unidentified_language_is_a_warning(bench: StepFixture) -> None:
    """Given a text of unknown language, when the engine cannot detect it, then
    there is a warning.
    """
    translated = run(bench.step(FakeTranslator(unsupported=[("und", "en")])), "WC")
    assert english(translated) == [None]
    assert "cannot be identified: 1 text left as read" in translated.warnings[0].message


def test_every_paragraph_has_all_targets(bench: StepFixture) -> None:
    """Given three targets, when translated, then every paragraph has all three."""
    translated = run(bench.step(), "La puerta", source="es", targets=("en", "fr", "de"))
    assert {target: each.text for target, each in _first(translated).items()} == {
        "en": "es>en:La puerta",
        "fr": "es>fr:La puerta",
        "de": "es>de:La puerta",
    }


def _first(translated: TranslatedPages) -> dict[str, object]:
    return dict(translated.pages[0].paragraphs[0].translations)


@pytest.mark.parametrize("error", [QuotaExceededError("spent"), TranslatorUnavailableError("gone")])
def test_only_a_failed_target_is_sent_again(bench: StepFixture, error: Exception) -> None:
    """Given one failing target, when delivered again, then only that target is sent again."""
    step = bench.step(FakeTranslator(failures=[error]))  # type: ignore[list-item]
    with pytest.raises(type(error)):
        run(step, "La puerta", source="es", targets=("en", "fr", "de"))
    first = {call[2] for call in bench.fake.calls}
    failed = bench.fake.calls[0][2]
    translated = run(step, "La puerta", source="es", targets=("en", "fr", "de"))
    assert first == {"en", "fr", "de"}
    assert [call[2] for call in bench.fake.calls[3:]] == [failed]
    assert set(translated.pages[0].paragraphs[0].translations) == {"en", "fr", "de"}


def test_texts_of_an_earlier_image_are_not_sent(bench: StepFixture) -> None:
    """Given a text of an earlier image, when it appears again, then it is not sent or counted."""
    step = bench.step()
    before = run(step, "La puerta", source="es")
    again = run(step, "La puerta", source="es")
    assert len(bench.fake.calls) == 1
    assert english(again) == english(before)
    assert again.characters_translated == 0


def test_an_image_above_its_limit_sends_no_text(bench: StepFixture) -> None:
    """Given more characters than an image may send, when translated, then no text is sent."""
    translated = run(bench.step(max_characters_per_image=17), "La puerta", "El perros", source="es")
    assert bench.fake.calls == []
    assert english(translated) == [None, None]
    assert [warning.code for warning in translated.warnings] == ["image_characters_capped"]
    assert "MAX_CHARACTERS_PER_IMAGE is 17" in translated.warnings[0].message


def test_the_limit_of_an_image_counts_every_target(bench: StepFixture) -> None:
    """Given two targets, when the texts fit only once, then no text is sent."""
    step = bench.step(max_characters_per_image=17)
    translated = run(step, "La puerta", source="es", targets=("en", "fr"))
    assert bench.fake.calls == []
    assert translated.characters_translated == 0


def test_a_used_daily_quota_sends_no_text(bench: StepFixture) -> None:
    """Given a used daily quota, when translated, then no text is sent until the next day."""
    days = [date(2026, 1, 1)]
    step = bench.step(max_characters_per_day=10, today=lambda: days[-1])
    assert run(step, "La puerta", source="es").warnings == ()
    capped = run(step, "El perro", source="es")
    assert [warning.code for warning in capped.warnings] == ["daily_characters_capped"]
    days.append(date(2026, 1, 2))
    assert english(run(step, "El perro", source="es")) == ["es>en:El perro"]


def test_failures_do_not_use_the_daily_quota(bench: StepFixture) -> None:
    """Given a translator that failed, when it works again, then the daily quota is
    still available.
    """
    fake = FakeTranslator(failures=[TranslatorUnavailableError("away")] * 5)
    step = bench.step(fake, max_characters_per_day=10)
    for _ in range(5):
        with pytest.raises(TranslatorUnavailableError):
            run(step, "La puerta", source="es")
    assert run(step, "La puerta", source="es").warnings == ()


def test_billed_characters_equal_those_of_the_service(identifier: LanguageIdentifier) -> None:
    """Given an image of 300 lines, when Cloud Translation translates it, then each language takes
    one request and the billed characters are those that the service counted.
    """
    server = FakeCloudTranslation()
    server.start()
    translator = GoogleTranslator.connect(GoogleOptions("p", endpoint=server.endpoint))
    step = TranslationStep(translator, identifier)
    lines = [f"Salida n\u00famero {number} \U0001f600" for number in range(298)]
    translated = run(step, *lines, "12,50 \u20ac", lines[0])
    step.close()
    server.shutdown()
    server.server_close()
    assert len(server.requests) == 1
    assert translated.characters_billed == server.billed == sum(map(len, lines))
    assert translated.characters_translated == translated.characters_billed


def test_a_glossary_entry_has_priority(bench: StepFixture) -> None:
    """Given a glossary entry, when its text appears, then its translation is used and
    no text is sent.
    """
    glossary = parse_glossary(b"es,en,salida de emergencia,Emergency exit\n", "g.csv")
    translated = run(bench.step(glossary=glossary), "SALIDA  DE EMERGENCIA", source="es")
    entry = translated.pages[0].paragraphs[0].translations["en"]
    assert (entry.text, entry.glossary) == ("EMERGENCY EXIT", True)
    assert bench.fake.calls == []


def test_no_paragraphs_send_no_text(bench: StepFixture) -> None:
    """Given no paragraphs, when translated, then no text is sent and there is no warning."""
    assert run(bench.step()) == TranslatedPages((page(),))
