"""Turns one upload into one outcome: download, decode, recognise, lay out, translate."""

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pipeline.capacity.admission import Budget, OcrThreads, latest_admission
from pipeline.config import AUTO, Settings
from pipeline.delivery.crash_journal import CrashJournal
from pipeline.delivery.opening import UploadOpener
from pipeline.delivery.page_reading import read_pages
from pipeline.delivery.recognition import PageRecognizer, RecognizedPage
from pipeline.errors import ImageTooLargeError
from pipeline.language.tags import parse_language, parse_languages
from pipeline.layout.paragraphs import paragraphs
from pipeline.models import Outcome, OutcomeWarning, PageText, Status, Upload, WarningCode
from pipeline.ocr.base import OcrEngine
from pipeline.ocr.scripts.unread import unread_warnings
from pipeline.outcomes.document import SCHEMA_VERSION
from pipeline.stores.base import Store
from pipeline.telemetry import Timings
from pipeline.translation.step import TranslationStep

TARGETS, SOURCE = "target-languages", "source-language"
"""Keys of object metadata that override the settings."""


@dataclass(frozen=True, slots=True)
class _Read:
    """The pages of an upload that were read, and the numbers of the other pages."""

    pages: list[RecognizedPage]
    beyond_limit: int
    too_late: int
    warnings: Sequence[OutcomeWarning]


class Processor:
    """Makes outcomes with one OCR engine and one translation step.

    Threading: may be shared.
    """

    def __init__(
        self,
        settings: Settings,
        *,
        store: Store,
        engine: OcrEngine,
        threads: OcrThreads,
        intake: Budget,
        opener: UploadOpener,
        translation: TranslationStep,
        crash_journal: CrashJournal,
    ) -> None:
        """`intake` limits the bytes of downloaded uploads that wait for a slot."""
        self._settings = settings
        self._store = store
        self._engine = engine
        self._recognizer = PageRecognizer(
            engine,
            threads,
            crash_journal,
            translation.reserve_bytes,
            checks_text_layer=settings.pdf_text == AUTO,
        )
        self._intake = intake
        self._opener = opener
        self._translation = translation
        # Once, because some engines read package and language files to describe themselves.
        self._description = {
            "ocr": dict(engine.describe()),
            "translator": dict(translation.describe()),
        }

    def fingerprint(self, upload: Upload) -> str:
        """A digest of everything except the image that determines the document's content."""
        decisive = {
            "schema": SCHEMA_VERSION,
            "engine": self.describe(),
            "pages": self._settings.max_pages,
            "pdf": [self._settings.pdf_dpi, self._settings.pdf_text],
            # Unparsed, because invalid metadata determines the content too.
            "targets": upload.metadata.get(TARGETS, ",".join(self._settings.target_languages)),
            "source": upload.metadata.get(SOURCE, self._settings.source_language),
        }
        if self._settings.exports:
            # A document without the exports that are asked for now does not settle an upload.
            decisive["exports"] = self._settings.exports
        if self._settings.render != "none":
            decisive["render"] = self._settings.render
        canonical = json.dumps(decisive, sort_keys=True, default=str)
        return hashlib.sha256(canonical.encode()).hexdigest()[:16]

    def process(
        self, upload: Upload, *, deadline: float, timings: Timings, attempt: int | None = None
    ) -> Outcome:
        """Makes the outcome; `deadline` is a reading of `time.monotonic()`.

        `attempt` is the number of the delivery, where Pub/Sub counts them.

        Raises:
            PermanentError: the upload is at fault.
            TransientError: the next delivery may succeed.
            ObjectGoneError: the bucket no longer holds that generation.
        """
        source = upload.metadata.get(SOURCE, self._settings.source_language)
        source_language = None if source == AUTO else parse_language(source)
        targets = self._settings.target_languages
        if TARGETS in upload.metadata:
            targets = parse_languages(upload.metadata[TARGETS])
        self._check_size(upload)
        admit_by = latest_admission(deadline)
        # Uploads that wait for a slot occupy memory too.
        release = self._intake.admit(upload.size, admit_by=admit_by)
        try:
            read = self._read(
                upload,
                admit_by,
                deadline,
                timings,
                attempt=attempt,
                source_language=source_language,
            )
        finally:
            release()
        with timings.measure("layout"):
            pages = tuple(map(_laid_out, read.pages))
        with timings.measure("translate"):
            translated = self._translation.translate_pages(
                pages, source_language=source_language, target_languages=targets, deadline=deadline
            )
        has_text = any(page.paragraphs for page in pages)
        return Outcome(
            upload=upload,
            status=Status.TRANSLATED if has_text else Status.NO_TEXT,
            fingerprint=self.fingerprint(upload),
            pages=translated.pages,
            target_languages=targets,
            engine=self.describe(),
            timings_ms=timings.snapshot(),
            characters_translated=translated.characters_translated,
            characters_billed=translated.characters_billed,
            characters_remembered=translated.characters_remembered,
            warnings=(*self._warnings(read), *translated.warnings),
        )

    def _read(
        self,
        upload: Upload,
        admit_by: float,
        deadline: float,
        timings: Timings,
        *,
        attempt: int | None,
        source_language: str | None,
    ) -> _Read:
        """Downloads the upload and reads its pages; pixels are freed here."""
        with timings.measure("download"):
            content = self._store.download(upload.ref)
        with self._opener.open(content, admit_by=admit_by) as image:

            def recognize(index: int, admit_by: float) -> RecognizedPage:
                return self._recognizer.recognize(
                    upload.ref,
                    image,
                    index,
                    admit_by=admit_by,
                    deadline=deadline,
                    timings=timings,
                    attempt=attempt,
                    source_language=source_language,
                )

            pages = read_pages(recognize, image.page_count, admit_by=admit_by, deadline=deadline)
            too_late = image.page_count - len(pages)
            return _Read(pages, image.pages_skipped, too_late, image.warnings)

    def close(self) -> None:
        """Ends the translator's processes."""
        self._translation.close()

    def _check_size(self, upload: Upload) -> None:
        if upload.size > self._settings.max_image_bytes:
            raise ImageTooLargeError(
                f"{upload.size} bytes are more than MAX_IMAGE_BYTES="
                f"{self._settings.max_image_bytes}"
            )

    def _warnings(self, read: _Read) -> Iterator[OutcomeWarning]:
        if read.beyond_limit:
            yield OutcomeWarning(
                WarningCode.PAGES_SKIPPED,
                f"{read.beyond_limit} pages beyond MAX_PAGES={self._settings.max_pages} were not"
                " read",
            )
        if read.too_late:
            yield OutcomeWarning(
                WarningCode.PAGES_SKIPPED,
                f"the last {read.too_late} of {len(read.pages) + read.too_late} pages were not"
                " read: they would not have ended within DELIVERY_DEADLINE_SECONDS="
                f"{self._settings.delivery_deadline_seconds:g}; upload them as a file of their own",
            )
        yield from read.warnings
        yield from unread_warnings(code for page in read.pages for code in page.unread_scripts)
        for page in read.pages:
            if page.reduced_to:
                yield OutcomeWarning(
                    WarningCode.DETECTION_REDUCED,
                    f"page {page.index} was searched at {page.reduced_to} instead of"
                    f" {self._engine.detector_sizes[0]} pixels a side, because there was too"
                    " little memory: small text may be missing; set a larger memory limit",
                )

    def ocr_runtime(self) -> Mapping[str, Any]:
        """How the OCR engine runs on this machine."""
        return self._engine.runtime()

    def describe(self) -> Mapping[str, Any]:
        """The engine and the translator, as documents describe them."""
        return self._description


def _laid_out(page: RecognizedPage) -> PageText:
    return PageText(
        page.index,
        page.width,
        page.height,
        page.frames_skipped,
        paragraphs(page.lines, page.styles),
        page.points,
        page.is_text_layer,
    )
