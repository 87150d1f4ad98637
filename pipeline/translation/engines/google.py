"""Google Cloud Translation, API v3, over REST: sends texts to Google, which bills them."""

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
from pipeline.translation.segmentation import Segment, pack, reassemble, segment_texts

MAX_STRINGS = 1_024
MAX_CODE_POINTS = 30_000
"""Limits of one request: https://cloud.google.com/translate/quotas#content-limit."""

_START_SECONDS = 15.0
_REQUEST_SECONDS = 30.0
_UNSENDABLE = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")
# Cloud Translation may answer 403 for an exceeded quota, per minute or per day.
_QUOTA = re.compile(r"(limit|quota)[ _]?exceeded", re.IGNORECASE)
# BCP-47 tags for which the service has other codes.
_CHINESE = {"zh": "zh-CN", "zh-Hans": "zh-CN", "zh-Hant": "zh-TW"}
_OTHER_CODES = {**_CHINESE, "nb": "no", "he": "iw", "fil": "tl", "jv": "jw"}


class IncompleteAnswerError(Exception):
    """The answer has another number of translations than the request has texts."""


@dataclass(frozen=True, slots=True)
class GoogleOptions:
    """The settings of Cloud Translation.

    After a temporary error, a request is repeated for `retry_seconds`; `backoff` is the first
    wait in seconds.
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
        """The parent resource of every request."""
        return f"projects/{self.project}/locations/{self.location}"

    @property
    def model_name(self) -> str:
        """The model's full name."""
        if self.model.startswith("projects/"):
            return self.model
        return f"{self.parent}/models/{self.model}"


@dataclass(frozen=True, slots=True)
class _Languages:
    """The model's source and target languages and the glossary's pairs, in the service's codes."""

    sources: frozenset[str]
    targets: frozenset[str]
    glossary: frozenset[tuple[str, str]]


class GoogleTranslator:
    """Translates with Cloud Translation, in batches as large as its limits allow."""

    name = "google"

    def __init__(
        self, client: TranslationServiceClient, options: GoogleOptions, languages: _Languages
    ) -> None:
        self._client = client
        self._options = options
        self._languages = languages

    @classmethod
    def connect(cls, options: GoogleOptions) -> "GoogleTranslator":
        """Makes the client and requests the model's languages, which is free of charge.

        An endpoint that begins with `http://` is a fake and gets no credentials.

        Raises:
            ConfigurationError: no credentials, or the service refuses; the message says what to
                type.
        """
        client_options = {"api_endpoint": options.endpoint} if options.endpoint else {}
        local = (options.endpoint or "").startswith("http://")
        try:
            with _map_service_errors(options, time.monotonic() + _START_SECONDS):
                client = TranslationServiceClient(
                    transport="rest",
                    client_options=client_options,
                    credentials=AnonymousCredentials() if local else None,  # type: ignore[no-untyped-call]  # google-auth's
                )
                return cls(client, options, _languages(client, options))
        except ImageTranslationError as error:
            raise ConfigurationError(str(error)) from error

    def route(self, source: str, target: str) -> tuple[str, ...] | None:
        """See `Translator.route`; for `und` the service detects the language."""
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
            raise ValueError(f"Cloud Translation has no route from {source} to {target}")
        segments = segment_texts((_UNSENDABLE.sub(" ", text) for text in texts), MAX_CODE_POINTS)
        cores = [segment.core for segment in segments if segment.core]
        answers: list[Translation] = []
        for batch in pack(cores, strings=MAX_STRINGS, code_points=MAX_CODE_POINTS):
            answers += self._request(batch, source, target, deadline)
        return self._reassembled(texts, segments, answers)

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
        return next((code for code in candidates if code in supported), None)

    def _request(
        self, contents: Sequence[str], source: str, target: str, deadline: float
    ) -> list[Translation]:
        source_code = self._code(source, self._languages.sources)
        target_code = self._code(target, self._languages.targets)
        request: dict[str, Any] = {
            "parent": self._options.parent,
            "contents": contents,
            "mime_type": "text/plain",  # the default, text/html, escapes the translations
            "target_language_code": target_code,
            "model": self._options.model_name,
        }
        if source != UNDETERMINED:
            request["source_language_code"] = source_code
        if (source_code, target_code) in self._languages.glossary:
            request["glossary_config"] = {"glossary": self._options.glossary, "ignore_case": True}
        with _map_service_errors(self._options, deadline):
            retry = Retry(
                predicate=_is_temporary,
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
        # A request with a glossary returns both plain translations and those with the glossary.
        with_glossary = response.glossary_translations
        chosen = with_glossary if len(with_glossary) == len(plain) else plain
        return [
            Translation(
                best.translated_text,
                self.name,
                glossary=best.translated_text != without.translated_text,
                billed=len(text),
                detected_language=without.detected_language_code or None,
            )
            for text, without, best in zip(contents, plain, chosen, strict=True)
        ]

    def _reassembled(
        self, texts: Sequence[str], segments: Sequence[Segment], answers: Sequence[Translation]
    ) -> list[Translation]:
        answers_by_text: list[list[Translation]] = [[] for _ in texts]
        with_core = (segment for segment in segments if segment.core)
        for segment, answer in zip(with_core, answers, strict=True):
            answers_by_text[segment.index].append(answer)
        translated = reassemble(len(texts), segments, (answer.text for answer in answers))
        return [
            Translation(
                text,
                self.name,
                glossary=any(part.glossary for part in parts),
                billed=sum(part.billed for part in parts),
                detected_language=parts[0].detected_language if parts else None,
            )
            for text, parts in zip(translated, answers_by_text, strict=True)
        ]


def _languages(client: TranslationServiceClient, options: GoogleOptions) -> _Languages:
    request = {"parent": options.parent, "model": options.model_name}
    known = client.get_supported_languages(request=request, timeout=_START_SECONDS).languages
    pairs: set[tuple[str, str]] = set()
    if options.glossary:
        glossary = client.get_glossary(name=options.glossary, timeout=_START_SECONDS)
        pair, codes = glossary.language_pair, glossary.language_codes_set.language_codes
        pairs = {(source, target) for source in codes for target in codes if source != target}
        if pair.source_language_code:
            pairs.add((pair.source_language_code, pair.target_language_code))
    return _Languages(
        frozenset(language.language_code for language in known if language.support_source),
        frozenset(language.language_code for language in known if language.support_target),
        frozenset(pairs),
    )


def _is_quota(error: Exception) -> bool:
    if isinstance(error, exceptions.TooManyRequests):
        return True
    return isinstance(error, exceptions.Forbidden) and bool(_QUOTA.search(str(error)))


def _is_temporary(error: Exception) -> bool:
    # The errors of requests (dropped connections, timeouts) are OSErrors.
    temporary = (exceptions.ServerError, IncompleteAnswerError, OSError)
    return isinstance(error, temporary) or _is_quota(error)


@contextmanager
def _map_service_errors(options: GoogleOptions, deadline: float) -> Iterator[None]:
    try:
        yield
    except exceptions.RetryError as error:
        raise _declared_error(error.cause or error, options, deadline) from error
    except (
        exceptions.GoogleAPICallError, GoogleAuthError, IncompleteAnswerError, OSError
    ) as error:  # fmt: skip
        raise _declared_error(error, options, deadline) from error


def _declared_error(
    error: Exception, options: GoogleOptions, deadline: float
) -> ImageTranslationError:
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
