"""What a delivery came to, and the outcome of an upload that failed for good."""

from dataclasses import dataclass

from pipeline.delivery.notification import FINALIZED
from pipeline.errors import PermanentError
from pipeline.models import Delivery, Disposition, Failure, Outcome, Status, Upload
from pipeline.redaction import redact_credentials
from pipeline.telemetry import Timings


@dataclass(frozen=True, slots=True)
class DeliveryResult:
    """What a delivery came to; `code` of a failure, counts of a success.

    `text` is what was read, where LOG_TEXT asks for it.
    """

    disposition: Disposition
    code: str = ""
    lines: int = 0
    characters_translated: int = 0
    characters_billed: int = 0
    text: str = ""


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
        error=Failure(error.code, redact_credentials(error.message), attempts),
    )
