"""A subscriber in memory, with a fake engine and a fake translator."""

import json
from collections.abc import Mapping
from typing import Any

from jsonschema import Draft202012Validator

from pipeline.capacity.admission import Budget, OcrThreads
from pipeline.config import Settings
from pipeline.delivery.crash_journal import CrashJournal
from pipeline.delivery.dead_letters import DeadLetters
from pipeline.delivery.notification import parse_push
from pipeline.delivery.processor import Processor
from pipeline.delivery.result import DeliveryResult
from pipeline.delivery.subscriber import Subscriber
from pipeline.errors import TopicUnavailableError
from pipeline.language.identification import LanguageIdentifier
from pipeline.models import Upload
from pipeline.ocr.base import OcrEngine
from pipeline.ocr.fake import FakeOcrEngine
from pipeline.outcomes.announcer import Announcement, Announcer, Topic
from pipeline.outcomes.document import document_name, schema
from pipeline.outcomes.results_bucket import ResultsBucket
from pipeline.presentation.rendering.fonts import Fonts
from pipeline.presentation.rendering.outcome_renderings import OutcomeRenderings
from pipeline.stores.in_memory import InMemoryStore
from pipeline.telemetry import Timings
from pipeline.translation.engines.base import Translator
from pipeline.translation.engines.fake import FakeTranslator
from pipeline.translation.step import TranslationStep

UPLOADS, RESULTS = "uploads", "results"
VALIDATOR = Draft202012Validator(schema())


class InMemoryTopic:
    """Keeps every announcement, and refuses the next `failures`."""

    def __init__(self) -> None:
        self.announcements: list[Announcement] = []
        self.failures = 0

    def publish(self, announcement: Announcement) -> None:
        if self.failures:
            self.failures -= 1
            raise TopicUnavailableError("the topic is gone for a moment")
        self.announcements.append(announcement)


class InMemoryService:
    """A subscriber and all parts that it uses."""

    def __init__(
        self,
        identifier: LanguageIdentifier,
        spare: int = 2**30,
        *,
        engine: OcrEngine | None = None,
        store: InMemoryStore | None = None,
        translator: Translator | None = None,
        topic: Topic | None = None,
        **changes: Any,
    ) -> None:
        settings = Settings(uploads_bucket=UPLOADS, results_bucket=RESULTS, **changes)
        self.spare = spare
        self.store = store or InMemoryStore()
        self.translator = translator or FakeTranslator()
        self.results = ResultsBucket(self.store, RESULTS)
        self.budget = Budget(2, lambda: self.spare)
        threads, intake = OcrThreads(2, self.budget), Budget(8, lambda: 2**26)
        self.processor = Processor(
            settings,
            store=self.store,
            engine=engine or FakeOcrEngine(["Prohibido el paso", "12,50 EUR"]),
            threads=threads,
            intake=intake,
            translation=TranslationStep(self.translator, identifier),
            crash_journal=CrashJournal(),
        )
        announcer = Announcer(self.results, topic)
        self.renderer = settings.render != "none" and OutcomeRenderings(
            settings.render,
            store=self.store,
            threads=threads,
            intake=intake,
            fonts=Fonts(),
            max_pixels=settings.max_image_pixels,
            max_pages=settings.max_pages,
        )
        self.subscriber = Subscriber(
            settings,
            processor=self.processor,
            results=self.results,
            announcer=announcer,
            renderer=self.renderer or None,
        )
        self.dead_letters = DeadLetters(settings, results=self.results, announcer=announcer)

    def upload(
        self, content: bytes, name: str = "a.png", metadata: Mapping[str, str] | None = None
    ) -> Upload:
        found = self.store.stat(UPLOADS, name)
        ref = self.store.write(
            UPLOADS,
            name,
            content,
            content_type="",
            metadata=metadata or {},
            if_generation_match=found.ref.generation if found else 0,
        )
        return Upload(ref, len(content), metadata=metadata or {})

    def deliver(self, body: bytes) -> DeliveryResult:
        return self.subscriber.handle(parse_push(body), Timings())

    def document(self, name: str = "a.png") -> dict[str, Any]:
        stored = self.store.stat(RESULTS, document_name(name))
        assert stored is not None, f"{name} has no document"
        document: dict[str, Any] = json.loads(self.store.download(stored.ref))
        VALIDATOR.validate(document)
        return document
