"""The Cloud Translation client against a fake server: batches, errors, retries and glossaries."""

import time
from collections.abc import Callable, Iterator

import pytest

from pipeline.errors import (
    ConfigurationError,
    DeadlineExceededError,
    ImageTranslationError,
    QuotaExceededError,
    TranslatorUnavailableError,
)
from pipeline.models import Translation
from pipeline.translation.engines.google import GoogleOptions, GoogleTranslator
from pipeline.translation.engines.google_fake import FakeCloudTranslation, Trouble

Connect = Callable[..., GoogleTranslator]
GLOSSARY = "projects/p/locations/us-central1/glossaries/terms"


@pytest.fixture
def server() -> Iterator[FakeCloudTranslation]:
    server = FakeCloudTranslation()
    server.start()
    yield server
    server.shutdown()
    server.server_close()


@pytest.fixture
def connect(server: FakeCloudTranslation) -> Iterator[Connect]:
    made: list[GoogleTranslator] = []

    def connect(**options: object) -> GoogleTranslator:
        defaults = {"project": "p", "endpoint": server.endpoint, "backoff": 0.01}
        made.append(GoogleTranslator.connect(GoogleOptions(**(defaults | options))))  # type: ignore[arg-type]
        return made[-1]

    yield connect
    for translator in made:
        translator.close()


def translate(
    translator: GoogleTranslator, *texts: str, source: str = "es", seconds: float = 30
) -> list[Translation]:
    return translator.translate(
        texts, source=source, target="en", deadline=time.monotonic() + seconds
    )


def test_plain_text_is_not_escaped(connect: Connect, server: FakeCloudTranslation) -> None:
    """Given a text that looks like HTML, when translated, then no character of it is escaped."""
    (answer,) = translate(connect(), 'Fish & Chips <new> it\'s "5"')
    assert answer.text == '[es>en] Fish & Chips <new> it\'s "5"'
    (request,) = server.requests
    assert request["mimeType"] == "text/plain"
    assert request["model"] == "projects/p/locations/global/models/general/nmt"


def test_three_hundred_lines_in_one_request(connect: Connect, server: FakeCloudTranslation) -> None:
    """Given an image of 300 lines, when translated, then one request is sent and its characters are
    billed once.
    """
    answers = translate(connect(), *(f"Línea número {number} \U0001f600" for number in range(300)))
    assert len(server.requests) == 1
    assert sum(answer.billed for answer in answers) == server.billed > 0


def test_a_request_has_at_most_1024_texts(connect: Connect, server: FakeCloudTranslation) -> None:
    """Given 2,100 texts, when translated, then each request holds at most 1,024 and
    the order stays.
    """
    answers = translate(connect(), *(f"texto {number}" for number in range(2100)))
    assert [len(request["contents"]) for request in server.requests] == [1024, 1024, 52]
    assert answers[2099].text == "[es>en] texto 2099"


def test_a_request_has_at_most_30000_code_points(
    connect: Connect, server: FakeCloudTranslation
) -> None:
    """Given long texts, when translated, then no request holds more than 30,000 code points."""
    answers = translate(connect(), "a" * 20_000, "b" * 10_000, "c", "d" * 29_999)
    sizes = [sum(map(len, request["contents"])) for request in server.requests]
    assert sizes == [30_000, 30_000]
    assert [answer.text[8] for answer in answers] == list("abcd")


def test_a_long_text_is_split_at_sentence_ends(
    connect: Connect, server: FakeCloudTranslation
) -> None:
    """Given a text too long for one request, when translated, then it is split after sentences."""
    text = "Una frase entera. " * 4_000
    (answer,) = translate(connect(), text)
    contents = [each for request in server.requests for each in request["contents"]]
    assert len(contents) == 3
    assert all(each.endswith("entera.") for each in contents)
    assert answer.text.replace("[es>en] ", "") == text
    assert answer.billed == server.billed


def test_white_space_is_not_sent(connect: Connect, server: FakeCloudTranslation) -> None:
    """Given white space around and between texts, when translated, then it is kept but not sent."""
    answers = translate(connect(), "  hola\n", "   ", "")
    assert [answer.text for answer in answers] == ["  [es>en] hola\n", "   ", ""]
    assert server.requests[0]["contents"] == ["hola"]


def test_the_detected_language_is_returned(connect: Connect, server: FakeCloudTranslation) -> None:
    """Given the language `und`, when translated, then the answer has the language
    that the service detected.
    """
    (answer,) = translate(connect(), "hola", source="und")
    assert "sourceLanguageCode" not in server.requests[0]
    assert answer.detected_language == "es"
    assert translate(connect(), "hola")[0].detected_language is None


@pytest.mark.parametrize(
    ("source", "target", "codes"),
    [
        ("zh", "en", ("zh-CN", "en")),
        ("es-MX", "zh-Hant", ("es", "zh-TW")),
        ("he", "nb", ("iw", "no")),
        ("en-GB", "pt-BR", ("en", "pt")),
    ],
)
def test_tags_become_the_codes_of_the_service(
    connect: Connect, server: FakeCloudTranslation, source: str, target: str, codes: tuple[str, str]
) -> None:
    """Given BCP-47 tags, when translated, then the service gets the codes that it uses for them."""
    translator = connect()
    assert translator.route(source, target) == (source, target)
    translator.translate(["x"], source=source, target=target, deadline=time.monotonic() + 9)
    request = server.requests[0]
    assert (request["sourceLanguageCode"], request["targetLanguageCode"]) == codes


def test_unknown_languages_have_no_route(connect: Connect) -> None:
    """Given languages that the model does not know, when a route is asked for, then
    there is none.
    """
    translator = connect()
    assert translator.route("es", "tlh") is None
    assert translator.route("tlh", "es") is None
    assert translator.route("und", "tlh") is None


@pytest.mark.parametrize(
    "trouble",
    [
        Trouble(429, "Resource has been exhausted"),
        Trouble(403, "User Rate Limit Exceeded"),
        Trouble(403, "Quota exceeded for quota metric", "RATE_LIMIT_EXCEEDED"),
        Trouble(500, "Internal error"),
        Trouble(502, "Bad gateway"),
        Trouble(503, "The service is currently unavailable"),
        Trouble(0),
        Trouble(200, keep=1),
    ],
    ids=lambda trouble: f"{trouble.status} {trouble.message}",
)
def test_temporary_errors_are_retried(
    connect: Connect, server: FakeCloudTranslation, trouble: Trouble
) -> None:
    """Given two temporary errors, when translated, then the third attempt answers in full."""
    server.troubles += [trouble, trouble]
    answers = translate(connect(), "uno", "dos")
    assert [answer.text for answer in answers] == ["[es>en] uno", "[es>en] dos"]
    assert len(server.requests) == 3


@pytest.mark.parametrize(
    ("trouble", "error", "message"),
    [
        (Trouble(403, "Daily Limit Exceeded"), QuotaExceededError, "quota of p"),
        (Trouble(429, "spent"), QuotaExceededError, "quota of p"),
        (Trouble(503, "away"), TranslatorUnavailableError, "away"),
        (Trouble(200, keep=1), TranslatorUnavailableError, "1 translations of 2 texts"),
    ],
    ids=lambda each: str(getattr(each, "status", "")),
)
def test_lasting_errors_are_reported(
    connect: Connect,
    server: FakeCloudTranslation,
    trouble: Trouble,
    error: type[ImageTranslationError],
    message: str,
) -> None:
    """Given errors that do not stop, when the retries are used up, then the exception
    names the cause.
    """
    server.troubles += [trouble] * 200
    with pytest.raises(error, match=message):
        translate(connect(retry_seconds=0.3), "uno", "dos")
    assert len(server.requests) > 2


@pytest.mark.parametrize(
    ("trouble", "message"),
    [
        (Trouble(403, "API has not been used", "SERVICE_DISABLED"), "gcloud services enable"),
        (Trouble(403, "billing is disabled", "BILLING_DISABLED"), "needs billing"),
        (Trouble(401, "no credentials"), "gcloud auth application-default login"),
        (Trouble(400, "Target language is invalid"), "Target language is invalid"),
    ],
    ids=lambda each: str(getattr(each, "reason", "")),
)
def test_refusals_are_not_retried(
    connect: Connect, server: FakeCloudTranslation, trouble: Trouble, message: str
) -> None:
    """Given a refusal, when translated, then the request is not retried and the
    message says what to do.
    """
    server.troubles.append(trouble)
    with pytest.raises(TranslatorUnavailableError, match=message):
        translate(connect(), "uno")
    assert len(server.requests) == 1


def test_a_silent_service_ends_at_the_deadline(
    connect: Connect, server: FakeCloudTranslation
) -> None:
    """Given a service that does not answer, when the deadline passes, then the error
    is raised in time.
    """
    server.troubles += [Trouble(200, seconds=3)] * 9
    started = time.monotonic()
    with pytest.raises(DeadlineExceededError):
        translate(connect(), "uno", seconds=0.5)
    assert time.monotonic() - started < 2.5


def test_the_terms_of_a_cloud_glossary_are_used(
    connect: Connect, server: FakeCloudTranslation
) -> None:
    """Given a Cloud glossary, when a pair of it is translated, then its terms are used."""
    translator = connect(location="us-central1", glossary=GLOSSARY)
    answers = translate(translator, "sin gluten", "con leche")
    assert [answer.text for answer in answers] == ["[es>en] SIN GLUTEN", "[es>en] con leche"]
    assert [answer.glossary for answer in answers] == [True, False]
    assert server.requests[0]["glossaryConfig"]["glossary"] == GLOSSARY
    translate(translator, "sans gluten", source="fr")
    assert "glossaryConfig" not in server.requests[1]


def test_no_server_is_a_configuration_error(server: FakeCloudTranslation) -> None:
    """Given no server at the endpoint, when connecting, then the error is a ConfigurationError."""
    server.shutdown()
    server.server_close()
    with pytest.raises(ConfigurationError, match="Cloud Translation"):
        GoogleTranslator.connect(GoogleOptions("p", endpoint=server.endpoint))


def test_missing_credentials_are_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    """Given no credentials, when connecting to Google, then the error says what to type."""
    monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", "missing.json")
    with pytest.raises(ConfigurationError, match="gcloud auth application-default login"):
        GoogleTranslator.connect(GoogleOptions("p"))
