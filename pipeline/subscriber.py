"""One delivery -> one disposition; the only place that catches for flow."""

import time
from dataclasses import dataclass

from pipeline.config import Settings
from pipeline.errors import AttemptsExhaustedError, ObjectGoneError, PermanentError
from pipeline.events import FINALIZED
from pipeline.models import Delivery, Disposition, Failure, Outcome, Status, Upload
from pipeline.outcomes import Outcomes
from pipeline.processor import Processor
from pipeline.telemetry import Timings


@dataclass(frozen=True, slots=True)
class Handled:
    """What a delivery came to; `code` of a failure, counts of a success."""

    disposition: Disposition
    code: str = ""
    lines: int = 0
    characters_translated: int = 0
    characters_billed: int = 0


class Subscriber:
    """Takes deliveries of the uploads bucket's notifications."""

    def __init__(self, settings: Settings, *, processor: Processor, outcomes: Outcomes) -> None:
        self._settings = settings
        self._processor = processor
        self._outcomes = outcomes

    def handle(self, delivery: Delivery, timings: Timings) -> Handled:
        """Brings the upload to its outcome document.

        Raises:
            TransientError: to be delivered again.
        """
        if is_ignored(delivery, self._settings.uploads_bucket):
            return Handled(Disposition.IGNORED)
        if delivery.published_at:
            timings.add("queued", (time.time() - delivery.published_at.timestamp()) * 1000)
        return self.settle(delivery.upload, timings, attempt=delivery.attempt)

    def settle(self, upload: Upload, timings: Timings, *, attempt: int | None = None) -> Handled:
        """The same for an upload that no notification told of.

        Raises:
            TransientError: to be tried again.
        """
        deadline = time.monotonic() + self._settings.delivery_deadline_seconds
        fingerprint = self._processor.fingerprint(upload)
        settled = self._outcomes.settled(upload.ref, fingerprint)
        if settled:
            return Handled(settled)
        try:
            outcome = self._processor.process(upload, deadline=deadline, timings=timings)
        except ObjectGoneError as error:
            return Handled(Disposition.GONE, error.code)
        except PermanentError as error:
            outcome = failed(upload, error, fingerprint, timings, attempt)
        with timings.measure("write"):
            disposition = self._outcomes.file(outcome)
        return Handled(
            disposition,
            outcome.error.code if outcome.error else "",
            sum(len(p.lines) for page in outcome.pages for p in page.paragraphs),
            outcome.characters_translated,
            outcome.characters_billed,
        )


class DeadLetters:
    """Takes deliveries that Pub/Sub gave up: the promise of one document still holds.

    Needs no engine and no translator, so it works where the subscriber cannot start.
    """

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
            " this object say why. To try again, upload the image again."
        )
        # No fingerprint: whenever a delivery succeeds after all, its document replaces this.
        outcome = failed(delivery.upload, error, "", timings, delivery.attempt)
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
    upload: Upload,
    error: PermanentError,
    fingerprint: str,
    timings: Timings,
    attempts: int | None,
) -> Outcome:
    """The outcome of an upload that cannot be processed."""
    return Outcome(
        upload=upload,
        status=Status.FAILED,
        fingerprint=fingerprint,
        timings_ms=timings.snapshot(),
        error=Failure(error.code, error.message, attempts),
    )
