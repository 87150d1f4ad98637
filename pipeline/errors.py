"""The tree of declared errors, and the answer that each gives to a delivery.

    ImageTranslationError
    ├── PermanentError                the upload is at fault: outcome "failed", 204
    │   ├── InvalidEventError         invalid_event (names no object: logged and acknowledged)
    │   ├── UnsupportedImageError     unsupported_image
    │   ├── CorruptImageError         corrupt_image
    │   ├── ImageTooLargeError        image_too_large
    │   ├── UnsupportedLanguageError  unsupported_language
    │   └── AttemptsExhaustedError    attempts_exhausted (only from the dead-letter target)
    ├── TransientError                may pass: 503 or 429 with Retry-After, delivered again
    │   ├── StoreUnavailableError     store_unavailable
    │   │   └── StoreForbiddenError   store_forbidden
    │   ├── TopicUnavailableError     topic_unavailable
    │   ├── TranslatorUnavailableError translator_unavailable
    │   ├── QuotaExceededError        quota_exceeded (429)
    │   ├── EngineUnavailableError    engine_unavailable
    │   ├── KeysUnavailableError      keys_unavailable
    │   ├── OverloadedError           overloaded (429)
    │   └── DeadlineExceededError     deadline_exceeded
    ├── RefusedPushError              not from our subscription: refused before it is read
    │   ├── UnauthenticatedPushError  unauthenticated (401)
    │   └── ForbiddenPushError        forbidden (403)
    ├── ConfigurationError            a setting or the installation: the process does not start
    ├── UsageError                    the arguments of a command are wrong
    ├── InvalidDocumentError          a file is not an outcome document of a version read here
    ├── DocumentMissingError          no document came in time (the local chain and `run`)
    ├── ObjectGoneError               that generation is no longer there: acknowledged
    └── PreconditionFailedError       another writer came first: read the object again

Only a declared error is permanent. Every exception outside this tree is a bug: it is
answered 500 and delivered again.
"""

from typing import ClassVar


class ImageTranslationError(Exception):
    """Base of every declared error; `code` is stable, the message is for people."""

    code: ClassVar[str] = "internal"

    @property
    def message(self) -> str:
        """The problem and the thing that has it."""
        return str(self)


class PermanentError(ImageTranslationError):
    """The upload itself is at fault, so another delivery cannot succeed."""


def meaning(code: str) -> str:
    """The meaning of the code of a failed outcome; empty for a code of another release."""
    kinds = {kind.code: kind for kind in PermanentError.__subclasses__()}
    return (kinds[code].__doc__ or "").partition("\n")[0] if code in kinds else ""


class InvalidEventError(PermanentError):
    """The push body is not a storage notification."""

    code = "invalid_event"


class UnsupportedImageError(PermanentError):
    """The bytes are not an image in a supported format."""

    code = "unsupported_image"


class CorruptImageError(PermanentError):
    """The bytes begin like an image, but cannot be decoded."""

    code = "corrupt_image"


class ImageTooLargeError(PermanentError):
    """The image has more bytes or pixels than the settings allow, or needs too much memory."""

    code = "image_too_large"


class UnsupportedLanguageError(PermanentError):
    """The upload's metadata names a language that is not a BCP-47 tag."""

    code = "unsupported_language"


class AttemptsExhaustedError(PermanentError):
    """Every delivery failed, and Pub/Sub sent the message to the dead letters."""

    code = "attempts_exhausted"


class TransientError(ImageTranslationError):
    """The next delivery may succeed.

    `status` is the HTTP status; `retry_after` is the Retry-After header in seconds.
    """

    status: ClassVar[int] = 503
    retry_after: ClassVar[int] = 10


class StoreUnavailableError(TransientError):
    """The object store did not answer, or refused the request."""

    code = "store_unavailable"


class StoreForbiddenError(StoreUnavailableError):
    """The account may not read or write there; a new grant takes minutes to take effect."""

    code = "store_forbidden"


class TopicUnavailableError(TransientError):
    """Pub/Sub does not accept messages for a topic."""

    code = "topic_unavailable"


class TranslatorUnavailableError(TransientError):
    """The translator did not answer, or refused the request."""

    code = "translator_unavailable"


class QuotaExceededError(TransientError):
    """The translator's quota is used up for now."""

    code = "quota_exceeded"
    status = 429
    retry_after = 60


class EngineUnavailableError(TransientError):
    """The OCR engine failed on an image that it should read."""

    code = "engine_unavailable"


class KeysUnavailableError(TransientError):
    """Google's keys cannot be fetched, so no token can be verified."""

    code = "keys_unavailable"


class OverloadedError(TransientError):
    """No OCR slot or not enough memory became free while the delivery could wait."""

    code = "overloaded"
    status = 429


class DeadlineExceededError(TransientError):
    """The delivery took longer than DELIVERY_DEADLINE_SECONDS."""

    code = "deadline_exceeded"


class RefusedPushError(ImageTranslationError):
    """The caller may not push; `status` is the HTTP status."""

    status: ClassVar[int] = 401


class UnauthenticatedPushError(RefusedPushError):
    """The request has no token that Google signed for this audience."""

    code = "unauthenticated"


class ForbiddenPushError(RefusedPushError):
    """The token belongs to another account than REQUIRE_PUSH_ACCOUNT."""

    code = "forbidden"
    status = 403


class ConfigurationError(ImageTranslationError):
    """A setting or the installation is wrong; the message says what to type."""

    code = "configuration"


def no_credentials(emulator: str) -> ConfigurationError:
    """The error of a cloud client without credentials; `emulator` is the variable of its host."""
    return ConfigurationError(
        "no Google Cloud credentials: run `gcloud auth application-default login`,"
        f" or set {emulator}"
    )


class UsageError(ImageTranslationError):
    """The arguments of a command are wrong; the message says what to type instead."""

    code = "usage"


class InvalidDocumentError(ImageTranslationError):
    """A file is not an outcome document of a version that is read here."""

    code = "invalid_document"


class DocumentMissingError(ImageTranslationError):
    """No outcome document came before the time limit."""

    code = "document_missing"


class ObjectGoneError(ImageTranslationError):
    """The bucket does not hold that generation of the object."""

    code = "object_gone"


class PreconditionFailedError(ImageTranslationError):
    """The object has another generation than the write expects."""

    code = "precondition_failed"
