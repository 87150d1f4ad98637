"""Brings one delivery to one disposition; the only module that catches errors to decide it."""

import time
from dataclasses import replace

from pipeline.config import Settings
from pipeline.delivery.processor import Processor
from pipeline.delivery.result import DeliveryResult, failed, is_ignored
from pipeline.errors import ObjectGoneError, PermanentError
from pipeline.models import Delivery, Disposition, Outcome, Rendering, Upload
from pipeline.outcomes.announcer import Announcer
from pipeline.outcomes.exports import Exporter
from pipeline.outcomes.renderings import Renderer
from pipeline.outcomes.results_bucket import ResultsBucket, disposition_if_settled
from pipeline.redaction import redact_exceptions
from pipeline.telemetry import Timings


class Subscriber:
    """Takes deliveries of the uploads topic.

    Threading: may be shared.
    """

    def __init__(
        self,
        settings: Settings,
        *,
        processor: Processor,
        results: ResultsBucket,
        announcer: Announcer,
        exporter: Exporter | None = None,
        renderer: Renderer | None = None,
    ) -> None:
        self._settings = settings
        self._processor = processor
        self._results = results
        self._announcer = announcer
        self._exporter = exporter
        self._renderer = renderer

    def handle(self, delivery: Delivery, timings: Timings) -> DeliveryResult:
        """Makes, writes and announces the upload's outcome document, unless it exists.

        Raises:
            TransientError: the message must be delivered again.
        """
        if is_ignored(delivery, self._settings.uploads_bucket):
            return DeliveryResult(Disposition.IGNORED)
        if delivery.published_at:
            timings.add("queued", (time.time() - delivery.published_at.timestamp()) * 1000)
        with redact_exceptions(log_text=self._settings.log_text):
            return self.handle_upload(delivery.upload, timings, attempt=delivery.attempt)

    def handle_upload(
        self, upload: Upload, timings: Timings, *, attempt: int | None = None
    ) -> DeliveryResult:
        """As `handle`, for `image-translation run`: without a notification or redaction.

        Raises:
            TransientError: another attempt may succeed.
        """
        deadline = time.monotonic() + self._settings.delivery_deadline_seconds
        fingerprint = self._processor.fingerprint(upload)
        existing = self._results.find(upload.ref)
        settled = disposition_if_settled(existing, upload.ref, fingerprint)
        if settled:
            self._announcer.announce(upload.ref, settled, timings)
            return DeliveryResult(settled)
        try:
            outcome = self._processor.process(
                upload, deadline=deadline, timings=timings, attempt=attempt
            )
            if self._exporter:
                with timings.measure("export"):
                    outcome = self._export(self._exporter, outcome, deadline)
            if self._renderer:
                with timings.measure("render"):
                    outcome = self._render(self._renderer, outcome, deadline)
            outcome = replace(outcome, timings_ms=timings.snapshot())
        except ObjectGoneError as error:
            return DeliveryResult(Disposition.GONE, error.code)
        except PermanentError as error:
            outcome = failed(upload, error, timings, attempt)
        with timings.measure("write"):
            disposition = self._results.write(outcome, existing)
        self._announcer.announce(upload.ref, disposition, timings, outcome)
        return DeliveryResult(
            disposition,
            outcome.error.code if outcome.error else "",
            sum(len(p.lines) for page in outcome.pages for p in page.paragraphs),
            outcome.characters_translated,
            outcome.characters_billed,
            _text(outcome) if self._settings.log_text else "",
        )

    def _export(self, exporter: Exporter, outcome: Outcome, deadline: float) -> Outcome:
        """Writes the exports, and names them in the outcome.

        The document is written last, so every file that it names exists. A delivery that ends
        in between is done again.
        """
        names = {
            export.format: self._results.write_file(
                outcome, export.suffix, export.content, content_type=export.content_type
            ).name
            for export in exporter.export(outcome, deadline=deadline)
        }
        return replace(outcome, exports=names)

    def _render(self, renderer: Renderer, outcome: Outcome, deadline: float) -> Outcome:
        """Writes the translated pictures and names them in the outcome, as `_export` does."""
        renderings, warnings = [], list(outcome.warnings)
        for page in renderer.render(outcome, deadline=deadline):
            warnings += page.warnings
            if page.file:
                place = self._results.write_file(
                    outcome,
                    page.file.suffix,
                    page.file.content,
                    content_type=page.file.content_type,
                )
                renderings.append(Rendering(page.language, page.index, place.uri))
        return replace(outcome, renderings=tuple(renderings), warnings=tuple(warnings))


def _text(outcome: Outcome) -> str:
    return "\n".join(p.text for page in outcome.pages for p in page.paragraphs)
