"""One delivery -> one disposition; the only place that catches for flow."""

import time

from pipeline.config import Settings
from pipeline.discretion import withholding
from pipeline.errors import ObjectGoneError, PermanentError
from pipeline.failures import Handled, failed, is_ignored
from pipeline.models import Delivery, Disposition, Outcome, Upload
from pipeline.outcomes import Outcomes, settled
from pipeline.processor import Processor
from pipeline.telemetry import Timings


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
        with withholding(unless=self._settings.log_text):
            return self.settle(delivery.upload, timings, attempt=delivery.attempt)

    def settle(self, upload: Upload, timings: Timings, *, attempt: int | None = None) -> Handled:
        """The same for an upload that no notification told of.

        Raises:
            TransientError: to be tried again.
        """
        deadline = time.monotonic() + self._settings.delivery_deadline_seconds
        fingerprint = self._processor.fingerprint(upload)
        seen = self._outcomes.look(upload.ref)
        nothing_to_do = settled(seen, upload.ref, fingerprint)
        if nothing_to_do:
            return Handled(nothing_to_do)
        try:
            outcome = self._processor.process(upload, deadline=deadline, timings=timings)
        except ObjectGoneError as error:
            return Handled(Disposition.GONE, error.code)
        except PermanentError as error:
            outcome = failed(upload, error, timings, attempt)
        with timings.measure("write"):
            disposition = self._outcomes.file(outcome, seen)
        return Handled(
            disposition,
            outcome.error.code if outcome.error else "",
            sum(len(p.lines) for page in outcome.pages for p in page.paragraphs),
            outcome.characters_translated,
            outcome.characters_billed,
            _text(outcome) if self._settings.log_text else "",
        )


def _text(outcome: Outcome) -> str:
    return "\n".join(p.text for page in outcome.pages for p in page.paragraphs)
