"""One delivery -> one disposition; the only place that catches for flow."""

import time

from pipeline.config import Settings
from pipeline.delivery.processor import Processor
from pipeline.delivery.result import DeliveryResult, failed, is_ignored
from pipeline.errors import ObjectGoneError, PermanentError
from pipeline.models import Delivery, Disposition, Outcome, Upload
from pipeline.outcomes.results_bucket import ResultsBucket, disposition_if_settled
from pipeline.redaction import redact_exceptions
from pipeline.telemetry import Timings


class Subscriber:
    """Takes deliveries of the uploads bucket's notifications."""

    def __init__(self, settings: Settings, *, processor: Processor, results: ResultsBucket) -> None:
        self._settings = settings
        self._processor = processor
        self._results = results

    def handle(self, delivery: Delivery, timings: Timings) -> DeliveryResult:
        """Brings the upload to its outcome document.

        Raises:
            TransientError: to be delivered again.
        """
        if is_ignored(delivery, self._settings.uploads_bucket):
            return DeliveryResult(Disposition.IGNORED)
        if delivery.published_at:
            timings.add("queued", (time.time() - delivery.published_at.timestamp()) * 1000)
        with redact_exceptions(unless=self._settings.log_text):
            return self.settle(delivery.upload, timings, attempt=delivery.attempt)

    def settle(
        self, upload: Upload, timings: Timings, *, attempt: int | None = None
    ) -> DeliveryResult:
        """The same for an upload that no notification told of.

        Raises:
            TransientError: to be tried again.
        """
        deadline = time.monotonic() + self._settings.delivery_deadline_seconds
        fingerprint = self._processor.fingerprint(upload)
        seen = self._results.find(upload.ref)
        nothing_to_do = disposition_if_settled(seen, upload.ref, fingerprint)
        if nothing_to_do:
            return DeliveryResult(nothing_to_do)
        try:
            outcome = self._processor.process(upload, deadline=deadline, timings=timings)
        except ObjectGoneError as error:
            return DeliveryResult(Disposition.GONE, error.code)
        except PermanentError as error:
            outcome = failed(upload, error, timings, attempt)
        with timings.measure("write"):
            disposition = self._results.write(outcome, seen)
        return DeliveryResult(
            disposition,
            outcome.error.code if outcome.error else "",
            sum(len(p.lines) for page in outcome.pages for p in page.paragraphs),
            outcome.characters_translated,
            outcome.characters_billed,
            _text(outcome) if self._settings.log_text else "",
        )


def _text(outcome: Outcome) -> str:
    return "\n".join(p.text for page in outcome.pages for p in page.paragraphs)
