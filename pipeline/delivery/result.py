"""The result of a delivery, the outcome of a failed upload, and the rule for ignored events."""

from dataclasses import dataclass

from pipeline.delivery.notification import FINALIZED
from pipeline.errors import PermanentError
from pipeline.models import Delivery, Disposition, Failure, Outcome, Status, Upload
from pipeline.redaction import redact_credentials
from pipeline.telemetry import Timings


@dataclass(frozen=True, slots=True)
class DeliveryResult:
    """A disposition, with the code of a failure or the counts of a success.

    `text` is the recognised text if LOG_TEXT is set.
    """

    disposition: Disposition
    code: str = ""
    lines: int = 0
    characters_translated: int = 0
    characters_billed: int = 0
    text: str = ""


def is_ignored(delivery: Delivery, uploads_bucket: str) -> bool:
    """Whether a delivery concerns no upload: another event or bucket, or a "folder"."""
    ref = delivery.upload.ref
    return (
        delivery.event_type != FINALIZED or ref.bucket != uploads_bucket or ref.name.endswith("/")
    )


def failed(
    upload: Upload, error: PermanentError, timings: Timings, attempts: int | None
) -> Outcome:
    """The outcome of an upload that cannot be processed.

    It has no fingerprint, so a later delivery, perhaps with higher limits, tries again.
    """
    return Outcome(
        upload=upload,
        status=Status.FAILED,
        fingerprint="",
        timings_ms=timings.snapshot(),
        error=Failure(error.code, redact_credentials(error.message), attempts),
    )
