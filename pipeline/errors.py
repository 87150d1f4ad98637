"""What can go wrong, and what each failure does to the delivery that met it.

    ImageTranslationError
    ├── PermanentError                the upload's own fault: outcome "failed", 204
    │   ├── InvalidEventError         invalid_event (names no object: logged and acknowledged)
    │   ├── UnsupportedImageError     unsupported_image
    │   ├── CorruptImageError         corrupt_image
    │   ├── ImageTooLargeError        image_too_large
    │   ├── UnsupportedLanguageError  unsupported_language
    │   └── AttemptsExhaustedError    attempts_exhausted (filed by the dead-letter target only)
    ├── TransientError                may pass: 503 or 429 with Retry-After, delivered again
    │   ├── StoreUnavailableError     store_unavailable
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
    ├── ConfigurationError            the operator's: the process refuses to start
    ├── UsageError                    a command cannot do what was typed
    ├── DocumentMissingError          no document came in time (the local chain and `run`)
    ├── ObjectGoneError               that generation is no longer there: acknowledged
    └── PreconditionFailedError       somebody else wrote first: look again

Permanence is declared, never guessed: whatever is not in this tree is a bug and
is delivered again.
"""

from typing import ClassVar


class ImageTranslationError(Exception):
    """Base of every declared failure; `code` is stable, the message is for people."""

    code: ClassVar[str] = "internal"

    @property
    def message(self) -> str:
        """What was wrong, with what."""
        return str(self)


class PermanentError(ImageTranslationError):
    """Trying again cannot help: the upload itself is at fault."""


class InvalidEventError(PermanentError):
    """The push body is not a storage notification."""

    code = "invalid_event"


class UnsupportedImageError(PermanentError):
    """The bytes are not an image in a format read here."""

    code = "unsupported_image"


class CorruptImageError(PermanentError):
    """The bytes begin as an image and do not hold one."""

    code = "corrupt_image"


class ImageTooLargeError(PermanentError):
    """More bytes or pixels than the settings allow."""

    code = "image_too_large"


class UnsupportedLanguageError(PermanentError):
    """A language that is not a BCP-47 tag."""

    code = "unsupported_language"


class AttemptsExhaustedError(PermanentError):
    """Every delivery failed and Pub/Sub gave the message up."""

    code = "attempts_exhausted"


class TransientError(ImageTranslationError):
    """The next delivery may succeed.

    `status` is the HTTP answer, `retry_after` seconds are offered with it.
    """

    status: ClassVar[int] = 503
    retry_after: ClassVar[int] = 10


class StoreUnavailableError(TransientError):
    """The object store did not answer, or refused."""

    code = "store_unavailable"


class TopicUnavailableError(TransientError):
    """Pub/Sub does not take messages for a topic."""

    code = "topic_unavailable"


class TranslatorUnavailableError(TransientError):
    """The translator did not answer, or refused."""

    code = "translator_unavailable"


class QuotaExceededError(TransientError):
    """The translator's quota is spent for now."""

    code = "quota_exceeded"
    status = 429
    retry_after = 60


class EngineUnavailableError(TransientError):
    """The OCR engine failed on an image it should read."""

    code = "engine_unavailable"


class KeysUnavailableError(TransientError):
    """Google's keys cannot be fetched, so no token can be verified."""

    code = "keys_unavailable"


class OverloadedError(TransientError):
    """No OCR slot, or not enough memory, in the time a delivery may wait."""

    code = "overloaded"
    status = 429


class DeadlineExceededError(TransientError):
    """The delivery took longer than DELIVERY_DEADLINE_SECONDS."""

    code = "deadline_exceeded"


class RefusedPushError(ImageTranslationError):
    """Whoever pushes is not who may; `status` is the HTTP answer."""

    status: ClassVar[int] = 401


class UnauthenticatedPushError(RefusedPushError):
    """Without a token that Google signed for us."""

    code = "unauthenticated"


class ForbiddenPushError(RefusedPushError):
    """With the token of an account that may not."""

    code = "forbidden"
    status = 403


class ConfigurationError(ImageTranslationError):
    """The process cannot start as it is set up; the message says what to type."""

    code = "configuration"


class UsageError(ImageTranslationError):
    """A command cannot do what was typed; the message says what to type instead."""

    code = "usage"


class DocumentMissingError(ImageTranslationError):
    """No outcome document came within the time that was waited for it."""

    code = "document_missing"


class ObjectGoneError(ImageTranslationError):
    """The object, or that generation of it, is not in the bucket."""

    code = "object_gone"


class PreconditionFailedError(ImageTranslationError):
    """The object's generation is not the one the write was made for."""

    code = "precondition_failed"
