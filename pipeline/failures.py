"""Deliveries that Pub/Sub gave up, and what every kind of delivery has in common.

Nothing here needs an engine or a translator: failures are filed where the subscriber
cannot even start.
"""

from dataclasses import dataclass

from pipeline.config import Settings
from pipeline.discretion import without_credentials
from pipeline.errors import AttemptsExhaustedError, PermanentError
from pipeline.events import FINALIZED
from pipeline.models import Delivery, Disposition, Failure, Outcome, Status, Upload
from pipeline.outcomes import Outcomes
from pipeline.telemetry import Timings


@dataclass(frozen=True, slots=True)
class Handled:
    """What a delivery came to; `code` of a failure, counts of a success.

    `text` is what was read, where LOG_TEXT asks for it.
    """

    disposition: Disposition
    code: str = ""
    lines: int = 0
    characters_translated: int = 0
    characters_billed: int = 0
    text: str = ""


class DeadLetters:
    """Takes deliveries that Pub/Sub gave up: the promise of one document still holds."""

    def __init__(self, settings: Settings, *, outcomes: Outcomes) -> None:
        self._settings = settings
        self._outcomes = outcomes

    def handle(self, delivery: Delivery, timings: Timings) -> Handled:
        """Files the failed outcome, unless a good document of that generation exists.

        Raises:
            TransientError: to be delivered again.
        """
        if is_ignored(delivery, self._settings.uploads_bucket):
            return Handled(Disposition.IGNORED)
        times = f"{delivery.attempt} deliveries" if delivery.attempt else "every delivery"
        error = AttemptsExhaustedError(
            f"{times} failed; the log lines of message {delivery.message_id or '(no id)'} and of"
            " this object say why. To try again, upload the image again, or type"
            " `image-translation redeliver --failed`."
        )
        outcome = failed(delivery.upload, error, timings, delivery.attempt)
        with timings.measure("write"):
            disposition = self._outcomes.file(outcome)
        return Handled(disposition, error.code)


def is_ignored(delivery: Delivery, uploads_bucket: str) -> bool:
    """Whether a delivery is of no image: another event, another bucket, a "folder"."""
    ref = delivery.upload.ref
    return (
        delivery.event_type != FINALIZED or ref.bucket != uploads_bucket or ref.name.endswith("/")
    )


def failed(
    upload: Upload, error: PermanentError, timings: Timings, attempts: int | None
) -> Outcome:
    """The outcome of an upload that cannot be processed.

    It has no fingerprint: whatever is delivered later, with higher limits, may do better.
    """
    return Outcome(
        upload=upload,
        status=Status.FAILED,
        fingerprint="",
        timings_ms=timings.snapshot(),
        error=Failure(error.code, without_credentials(error.message), attempts),
    )
