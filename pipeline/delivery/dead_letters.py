"""Dead letters: a message that Pub/Sub no longer delivers gets a failed outcome document.

This module needs no OCR engine and no translator, so it works where the subscriber
cannot start.
"""

from pipeline.config import Settings
from pipeline.delivery.result import DeliveryResult, failed, is_ignored
from pipeline.errors import AttemptsExhaustedError
from pipeline.models import Delivery, Disposition
from pipeline.outcomes.results_bucket import ResultsBucket
from pipeline.stores.base import Store
from pipeline.telemetry import Timings


def make_dead_letters(settings: Settings, store: Store) -> "DeadLetters":
    """The dead-letter target, which is made here and not in app.py, because that loads OCR."""
    return DeadLetters(settings, results=ResultsBucket(store, settings.results_bucket))


class DeadLetters:
    """Takes deliveries of the dead-letter topic."""

    def __init__(self, settings: Settings, *, results: ResultsBucket) -> None:
        self._settings = settings
        self._results = results

    def handle(self, delivery: Delivery, timings: Timings) -> DeliveryResult:
        """Writes the failed outcome, unless a good document of that generation exists.

        Raises:
            TransientError: the dead letter must be delivered again.
        """
        if is_ignored(delivery, self._settings.uploads_bucket):
            return DeliveryResult(Disposition.IGNORED)
        deliveries = f"{delivery.attempt} deliveries" if delivery.attempt else "every delivery"
        error = AttemptsExhaustedError(
            f"{deliveries} failed; the log lines of message {delivery.message_id or '(no id)'} and"
            " of this object say why. To try again, type `image-translation redeliver --failed`."
        )
        outcome = failed(delivery.upload, error, timings, delivery.attempt)
        with timings.measure("write"):
            disposition = self._results.write(outcome)
        return DeliveryResult(disposition, error.code)
