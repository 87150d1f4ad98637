"""Cloud Translation, API v3, over REST: text goes to Google, and it costs money."""

import re
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from google.api_core import exceptions
from google.api_core.retry import Retry
from google.auth.credentials import AnonymousCredentials
from google.auth.exceptions import GoogleAuthError
from google.cloud.translate_v3 import TranslateTextResponse, TranslationServiceClient

from pipeline.errors import (
    ConfigurationError,
    DeadlineExceededError,
    ImageTranslationError,
    QuotaExceededError,
    TranslatorUnavailableError,
)
from pipeline.language.tags import UNDETERMINED, primary
from pipeline.models import Translation
from pipeline.translation.segmentation import Piece, cut, join, pack

MAX_STRINGS = 1_024
MAX_CODE_POINTS = 30_000
"""Of one request; https://cloud.google.com/translate/quotas#content-limit."""

_START_SECONDS = 15.0
_REQUEST_SECONDS = 30.0
_UNSENDABLE = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")
# Cloud Translation answers 403 for its quotas, the per-minute and the daily one.
_QUOTA = re.compile(r"(limit|quota)[ _]?exceeded", re.IGNORECASE)
# BCP-47 tags that the service knows by another code.
_CHINESE = {"zh": "zh-CN", "zh-Hans": "zh-CN", "zh-Hant": "zh-TW"}
_OTHER_CODES = {**_CHINESE, "nb": "no", "he": "iw", "fil": "tl", "jv": "jw"}


class IncompleteAnswerError(Exception):
    """Fewer or more translations than texts."""


@dataclass(frozen=True, slots=True)
class GoogleOptions:
    """What the settings say of Cloud Translation.

    A request that may pass is made again for `retry_seconds` seconds; `backoff` is the first
    wait between two attempts.
    """

    project: str
    location: str = "global"
    model: str = "general/nmt"
    glossary: str | None = None
    endpoint: str | None = None
    backoff: float = 0.5
    retry_seconds: float = 60.0

    @property
    def parent(self) -> str:
        """The resource every request is made to."""
        return f"projects/{self.project}/locations/{self.location}"

    @property
    def model_name(self) -> str:
        """The model's full name."""
        if self.model.startswith("projects/"):
            return self.model
        return f"{self.parent}/models/{self.model}"


@dataclass(frozen=True, slots=True)
class _Languages:
    """The service's own codes for what the model reads and writes, and the glossary's pairs."""

    sources: frozenset[str]
    targets: frozenset[str]
    glossary: frozenset[tuple[str, str]]


class GoogleTranslator:
    """Asks Cloud Translation, in requests as full as it allows."""

    name = "google"

    def __init__(
        self, client: TranslationServiceClient, options: GoogleOptions, languages: _Languages
    ) -> None:
        self._client = client
        self._options = options
        self._languages = languages

    @classmethod
    def connect(cls, options: GoogleOptions) -> "GoogleTranslator":
        """Makes the client and asks, free of charge, which languages the model has.

        An endpoint that begins with `http://` is a fake on this machine: it is asked
        without credentials.

        Raises:
            ConfigurationError: no credentials, or the service refuses; says what to type.
        """
        client_options = {"api_endpoint": options.endpoint} if options.endpoint else {}
        local = (options.endpoint or "").startswith("http://")
        try:
            with _named_errors(options, time.monotonic() + _START_SECONDS):
                client = TranslationServiceClient(
                    transport="rest",
                    client_options=client_options,
                    credentials=AnonymousCredentials() if local else None,  # type: ignore[no-untyped-call]  # google-auth's
                )
                return cls(client, options, _languages(client, options))
        except ImageTranslationError as error:
            raise ConfigurationError(str(error)) from error

    def route(self, source: str, target: str) -> tuple[str, ...] | None:
        """See `Translator.route`; from `und` the service identifies the language itself."""
        if (
            primary(source) == primary(target)
            or self._code(target, self._languages.targets) is None
        ):
            return None
        if source != UNDETERMINED and self._code(source, self._languages.sources) is None:
            return None
        return (source, target)

    def translate(
        self, texts: Sequence[str], *, source: str, target: str, deadline: float
    ) -> list[Translation]:
        """See `Translator.translate`."""
        if self.route(source, target) is None:
            raise ValueError(f"Cloud Translation has no way from {source} to {target}")
        pieces = cut((_UNSENDABLE.sub(" ", text) for text in texts), MAX_CODE_POINTS)
        cores = [piece.core for piece in pieces if piece.core]
        answers: list[Translation] = []
        for batch in pack(cores, strings=MAX_STRINGS, code_points=MAX_CODE_POINTS):
            answers += self._ask(batch, source, target, deadline)
        return self._whole(texts, pieces, answers)

    def describe(self) -> Mapping[str, Any]:
        """See `Translator.describe`."""
        return {
            "name": self.name,
            "model": self._options.model_name,
            "cloud_glossary": self._options.glossary,
        }

    def reserve_bytes(self) -> int:
        """See `Translator.reserve_bytes`."""
        return 0

    def close(self) -> None:
        """See `Translator.close`."""
        self._client.transport.close()  # type: ignore[no-untyped-call]  # the client's

    def _code(self, tag: str, supported: frozenset[str]) -> str | None:
        candidates = (tag, _OTHER_CODES.get(tag), primary(tag), _OTHER_CODES.get(primary(tag)))
        return next((each for each in candidates if each in supported), None)

    def _ask(
        self, contents: Sequence[str], source: str, target: str, deadline: float
    ) -> list[Translation]:
        source_code = self._code(source, self._languages.sources)
        target_code = self._code(target, self._languages.targets)
        request: dict[str, Any] = {
            "parent": self._options.parent,
            "contents": contents,
            "mime_type": "text/plain",  # text/html, the default, escapes what it returns
            "target_language_code": target_code,
            "model": self._options.model_name,
        }
        if source != UNDETERMINED:
            request["source_language_code"] = source_code
        if (source_code, target_code) in self._languages.glossary:
            request["glossary_config"] = {"glossary": self._options.glossary, "ignore_case": True}
        with _named_errors(self._options, deadline):
            retry = Retry(
                predicate=_may_pass,
                initial=self._options.backoff,
                multiplier=2.0,
                maximum=8.0,
                timeout=min(self._options.retry_seconds, deadline - time.monotonic()),
            )
            return retry(self._attempt)(request, deadline)

    def _attempt(self, request: dict[str, Any], deadline: float) -> list[Translation]:
        remaining = deadline - time.monotonic()
        if remaining <= 0:
            raise DeadlineExceededError("the deadline passed before Cloud Translation answered")
        response = self._client.translate_text(
            request=request, timeout=min(_REQUEST_SECONDS, remaining), retry=None
        )
        contents: Sequence[str] = request["contents"]
        if len(response.translations) != len(contents):
            raise IncompleteAnswerError(
                f"{len(response.translations)} translations of {len(contents)} texts"
            )
        return self._translations(contents, response)

    def _translations(
        self, contents: Sequence[str], response: TranslateTextResponse
    ) -> list[Translation]:
        plain = response.translations
        # Beside the plain translations stand those with the glossary applied, if it was asked.
        decided = response.glossary_translations
        chosen = decided if len(decided) == len(plain) else plain
        return [
            Translation(
                best.translated_text,
                self.name,
                glossary=best.translated_text != each.translated_text,
                billed=len(text),
                detected_language=each.detected_language_code or None,
            )
            for text, each, best in zip(contents, plain, chosen, strict=True)
        ]

    def _whole(
        self, texts: Sequence[str], pieces: Sequence[Piece], answers: Sequence[Translation]
    ) -> list[Translation]:
        parts: list[list[Translation]] = [[] for _ in texts]
        for piece, answer in zip((each for each in pieces if each.core), answers, strict=True):
            parts[piece.index].append(answer)
        joined = join(len(texts), pieces, (answer.text for answer in answers))
        return [
            Translation(
                text,
                self.name,
                glossary=any(part.glossary for part in own),
                billed=sum(part.billed for part in own),
                detected_language=own[0].detected_language if own else None,
            )
            for text, own in zip(joined, parts, strict=True)
        ]


def _languages(client: TranslationServiceClient, options: GoogleOptions) -> _Languages:
    request = {"parent": options.parent, "model": options.model_name}
    known = client.get_supported_languages(request=request, timeout=_START_SECONDS).languages
    pairs: set[tuple[str, str]] = set()
    if options.glossary:
        glossary = client.get_glossary(name=options.glossary, timeout=_START_SECONDS)
        one, codes = glossary.language_pair, glossary.language_codes_set.language_codes
        pairs = {(a, b) for a in codes for b in codes if a != b}
        if one.source_language_code:
            pairs.add((one.source_language_code, one.target_language_code))
    return _Languages(
        frozenset(each.language_code for each in known if each.support_source),
        frozenset(each.language_code for each in known if each.support_target),
        frozenset(pairs),
    )


def _is_quota(error: Exception) -> bool:
    if isinstance(error, exceptions.TooManyRequests):
        return True
    return isinstance(error, exceptions.Forbidden) and bool(_QUOTA.search(str(error)))


def _may_pass(error: Exception) -> bool:
    # requests' own errors, a dropped connection or a timeout, are OSErrors.
    passing = (exceptions.ServerError, IncompleteAnswerError, OSError)
    return isinstance(error, passing) or _is_quota(error)


@contextmanager
def _named_errors(options: GoogleOptions, deadline: float) -> Iterator[None]:
    try:
        yield
    except exceptions.RetryError as error:
        raise _named(error.cause or error, options, deadline) from error
    except (
        exceptions.GoogleAPICallError, GoogleAuthError, IncompleteAnswerError, OSError
    ) as error:  # fmt: skip
        raise _named(error, options, deadline) from error


def _named(error: Exception, options: GoogleOptions, deadline: float) -> ImageTranslationError:
    if time.monotonic() >= deadline:
        return DeadlineExceededError("the deadline passed before Cloud Translation answered")
    if _is_quota(error):
        return QuotaExceededError(f"Cloud Translation's quota of {options.project}: {error}")
    if isinstance(error, exceptions.Forbidden):
        return TranslatorUnavailableError(
            f"Cloud Translation refuses {options.project}: {error}\nIt needs billing, the API"
            f" (gcloud services enable translate.googleapis.com --project {options.project})"
            " and the role roles/cloudtranslate.user"
        )
    if isinstance(error, exceptions.Unauthorized | GoogleAuthError):
        return TranslatorUnavailableError(
            f"no credentials for Cloud Translation: {error}\nType: gcloud auth"
            " application-default login, or run as a service account"
        )
    return TranslatorUnavailableError(f"Cloud Translation: {error}")
