"""Redaction: no log line and no answer repeats recognised text or credentials."""

import io
import json
from collections.abc import Sequence

import functions_framework
import pytest
from flask import Flask

from functions import main
from functions.endpoint import EXTENSION, Endpoint
from pipeline.errors import (
    CorruptImageError,
    EngineUnavailableError,
    ImageTranslationError,
    ObjectGoneError,
    QuotaExceededError,
    TranslatorUnavailableError,
)
from pipeline.language.identification import LanguageIdentifier
from pipeline.models import Line, ObjectRef, Pixels, Translation
from pipeline.ocr.fake import FakeOcrEngine
from pipeline.redaction import redact_credentials, redact_exceptions, redact_text
from pipeline.stores.in_memory import InMemoryStore
from pipeline.telemetry import Event, make_logger
from pipeline.translation.engines.fake import FakeTranslator
from pipeline.translation.engines.google import GoogleOptions, GoogleTranslator
from pipeline.translation.engines.google_fake import FakeCloudTranslation, Trouble
from tests.support.in_memory_service import InMemoryService
from tests.support.push_bodies import push_of
from tests.support.text_pictures import encoded, picture_of

CANARY = "Prohibido el kanarienvogel"
SECRETS = {
    "access token": "ya29.a0AfH6SMBx_Yv-3kq.Zz",
    "identity token": "eyJhbGciOiJSUzI1NiIsImtpZCI6IjEifQ.eyJhdWQiOiJ4In0.c2lnbmF0dXJl",
    "private key": "-----BEGIN RSA PRIVATE KEY-----\nMIIEpAIBAA\n-----END RSA PRIVATE KEY-----",
    "half a private key": "-----BEGIN PRIVATE KEY-----\nMIIEvQIBADANBgkqhkiG9w0BAQEFAASC",
    "password in a URL": "https://operator:hunter2@proxy.example:3128",
    "API key": "AIzaSyD-9tSrke72PouQMnMX-a7eZSW0jkFMBWY",
    "signed URL": "https://storage.example/b/o?X-Goog-Signature=7ab3c4d5e6f7&x=1",
    "header": "Authorization: Bearer abcdefghijklmnop",
}
KEPT = {"password in a URL": "proxy.example:3128", "signed URL": "storage.example/b/o"}


class RaisingEngine(FakeOcrEngine):
    """Reads the canary text, or raises an error."""

    def __init__(self, error: Exception | None = None) -> None:
        super().__init__([CANARY])
        self.error = error

    def recognize(
        self,
        pixels: Pixels,
        *,
        detector_size: int | None = None,
        source_language: str | None = None,
    ) -> list[Line]:
        if self.error:
            raise self.error
        return super().recognize(pixels, detector_size=detector_size)


class RaisingTranslator(FakeTranslator):
    """Translates, or raises an error."""

    def __init__(self, error: Exception | None = None) -> None:
        super().__init__()
        self.error = error

    def translate(
        self, texts: Sequence[str], *, source: str, target: str, deadline: float
    ) -> list[Translation]:
        if self.error:
            raise self.error
        return super().translate(texts, source=source, target=target, deadline=deadline)


def logged(service: InMemoryService) -> tuple[int, str, str]:
    """Pushes a picture; returns the status and body of the answer, and the log."""
    output = io.StringIO()
    flask: Flask = functions_framework.create_app("push", main.__file__, "http")
    flask.extensions[EXTENSION] = Endpoint(
        service.subscriber,
        event=Event.DELIVERY,
        logger=make_logger(output),
        max_requests=8,
        memory=lambda: {"memory_mb": 1, "memory_limit_mb": 100},
    )
    upload = service.upload(encoded(picture_of("a sign")))
    response = flask.test_client().post("/", data=push_of(upload))
    return response.status_code, response.get_data(as_text=True), output.getvalue()


ERRORS = [
    RuntimeError(CANARY),
    KeyError(("es", CANARY)),
    UnicodeEncodeError("ascii", CANARY, 1, 2, CANARY),
    EngineUnavailableError(f"cannot read {CANARY}"),
    TranslatorUnavailableError(f"cannot translate {CANARY}"),
    QuotaExceededError(CANARY),
    CorruptImageError(CANARY),
]


@pytest.mark.parametrize("error", ERRORS, ids=lambda error: type(error).__name__)
@pytest.mark.parametrize("where", ["engine", "translator"])
def test_an_error_with_the_text_is_logged_without_it(
    identifier: LanguageIdentifier, error: Exception, where: str
) -> None:
    """Given an engine or translator that raises with the text, when pushed, then neither log nor
    answer has the text.
    """
    engine = RaisingEngine(error if where == "engine" else None)
    translator = RaisingTranslator(error if where == "translator" else None)
    status, body, lines = logged(InMemoryService(identifier, engine=engine, translator=translator))
    assert status in {204, 429, 500, 503}
    assert CANARY not in lines + body
    assert "kanarienvogel" not in lines + body
    line = json.loads(lines)
    assert line["code"] in {"internal", getattr(error, "code", "")}
    if line["code"] == "internal":
        # The message still names the function that failed and the type of the error.
        assert type(error).__name__ in line["message"]
        assert "in recognize" in line["message"] or "in translate" in line["message"]


@pytest.mark.parametrize("error", ERRORS[:4], ids=lambda error: type(error).__name__)
def test_log_text_keeps_the_error_message(identifier: LanguageIdentifier, error: Exception) -> None:
    """Given LOG_TEXT=1, when an engine raises, then the log has the full message."""
    _, _, lines = logged(InMemoryService(identifier, engine=RaisingEngine(error), log_text=True))
    assert "kanarienvogel" in lines


@pytest.mark.parametrize("log_text", [False, True])
def test_the_canonical_line_has_the_text_only_with_log_text(
    identifier: LanguageIdentifier, log_text: bool
) -> None:
    """Given a picture, when it is read, then the log has its text only with LOG_TEXT=1."""
    status, _, lines = logged(
        InMemoryService(identifier, engine=RaisingEngine(), log_text=log_text)
    )
    assert status == 204
    line = json.loads(lines)
    assert line.get("text") == (CANARY if log_text else None)
    assert ("kanarienvogel" in lines) == log_text


def test_our_own_errors_keep_their_message() -> None:
    """Given an error that this package raises, when redacted, then its message stays."""
    with (
        pytest.raises(ObjectGoneError, match="has no generation 7"),
        redact_exceptions(log_text=False),
    ):
        InMemoryStore().download(ObjectRef("uploads", "a.png", 7))


ECHOES = [CANARY, CANARY.upper(), CANARY[:14], CANARY[5:], "Prohibido\\u0020el\\u0020kanarienvogel"]


@pytest.mark.parametrize("status", [400, 403, 429, 503])
@pytest.mark.parametrize("echo", ECHOES)
def test_an_error_of_cloud_translation_with_the_text_is_redacted(
    identifier: LanguageIdentifier, status: int, echo: str
) -> None:
    """Given an answer that repeats a part of the text, when pushed, then neither log
    nor answer repeats it.
    """
    server = FakeCloudTranslation()
    server.start()
    options = GoogleOptions("p", endpoint=server.endpoint, retry_seconds=0.2, backoff=0.05)
    translator = GoogleTranslator.connect(options)
    server.troubles += [Trouble(status, f"Invalid text: {echo}", "ECHOED")] * 50
    answered, body, lines = logged(
        InMemoryService(identifier, engine=RaisingEngine(), translator=translator)
    )
    assert answered in {429, 503}
    assert json.loads(lines)["disposition"] == "retry"
    for piece in (echo, "Prohibido", "kanarien"):
        assert piece.casefold() not in (body + lines).casefold()
    translator.close()
    server.shutdown()
    server.server_close()


@pytest.mark.parametrize("error", [TranslatorUnavailableError(CANARY), QuotaExceededError(CANARY)])
def test_an_error_of_our_translators_with_the_text_is_redacted(
    identifier: LanguageIdentifier, error: ImageTranslationError
) -> None:
    """Given a translator of this package whose error quotes the text, when pushed,
    then the log does not.
    """
    translator = FakeTranslator(failures=[error])
    _, body, lines = logged(
        InMemoryService(identifier, engine=RaisingEngine(), translator=translator)
    )
    assert CANARY not in body + lines
    assert json.loads(lines)["code"] == error.code


def test_an_error_without_the_text_stays() -> None:
    """Given an error that does not repeat a text, when redacted, then its message stays."""
    error = ValueError("Target language is invalid: \\u0041")
    assert redact_text(error, []) == str(error)
    assert redact_text(ValueError("Target language is invalid"), [CANARY, "", "a"]) == (
        "Target language is invalid"
    )


@pytest.mark.parametrize("name", SECRETS)
def test_no_credentials_in_logs(name: str) -> None:
    """Given an error with a credential, when logged, then neither the line nor its
    traceback has it.
    """
    secret = SECRETS[name]
    hidden = redact_credentials(f"before {secret} after")
    kept = KEPT.get(name, "")
    assert hidden.startswith("before ")
    assert kept in hidden
    for piece in secret.replace("\n", " ").split():
        assert piece not in hidden or piece in {"Authorization:", "Bearer"}
    output = io.StringIO()
    make_logger(output).warning(Event.DELIVERY, reason=f"refused {secret}", code="x")
    assert secret not in json.loads(output.getvalue())["reason"]
    try:
        int(secret)
    except ValueError:
        make_logger(output).error(Event.DELIVERY, exc_info=True)
    message = json.loads(output.getvalue().splitlines()[1])["message"]
    assert "Traceback" in message
    assert secret not in message


@pytest.mark.parametrize(
    "text",
    [
        "https://storage.example/bucket/a@b.png",
        "the JPEG is damaged: image file is truncated (6 bytes not processed)",
        "gs://uploads/eyJ.png",
        "mail a@b.example, or call 1//2",
    ],
)
def test_text_without_credentials_stays(text: str) -> None:
    """Given a text without credentials, when redacted, then nothing is removed."""
    assert redact_credentials(text) == text


def test_a_failed_document_has_no_credentials(identifier: LanguageIdentifier) -> None:
    """Given a permanent error with a token in its message, when filed, then only the rest of it is
    in the document.
    """
    service = InMemoryService(
        identifier, engine=RaisingEngine(CorruptImageError(SECRETS["access token"]))
    )
    service.upload(encoded(picture_of("a sign")))
    logged(service)
    assert SECRETS["access token"] not in json.dumps(service.document())
