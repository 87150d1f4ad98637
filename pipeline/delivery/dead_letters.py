"""Dead letters: a message that Pub/Sub no longer delivers gets a failed outcome document.

This module needs no OCR engine and no translator, so it works where the subscriber
cannot start.
"""

from pipeline.config import Settings
from pipeline.delivery.result import DeliveryResult, failed, is_ignored
from pipeline.errors import AttemptsExhaustedError
from pipeline.models import Delivery, Disposition
from pipeline.outcomes.announcer import Announcer, Topic
from pipeline.outcomes.results_bucket import ResultsBucket
from pipeline.stores.base import Store
from pipeline.telemetry import Timings


def make_dead_letters(
    settings: Settings, store: Store, topic: Topic | None = None
) -> "DeadLetters":
    """The dead-letter target, which is made here and not in app.py, because that loads OCR."""
    results = ResultsBucket(store, settings.results_bucket)
    return DeadLetters(settings, results=results, announcer=Announcer(results, topic))


class DeadLetters:
    """Takes deliveries of the dead-letter topic."""

    def __init__(self, settings: Settings, *, results: ResultsBucket, announcer: Announcer) -> None:
        self._settings = settings
        self._results = results
        self._announcer = announcer

    def handle(self, delivery: Delivery, timings: Timings) -> DeliveryResult:
        """Writes and announces the failed outcome, unless a good document of it exists.

        A good document is announced again: Pub/Sub may have given up because nothing else failed.

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
        self._announcer.announce(delivery.upload.ref, disposition, timings, outcome)
        return DeliveryResult(disposition, error.code)
