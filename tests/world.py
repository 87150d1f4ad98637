"""A subscriber in memory, with a fake engine and a fake translator."""

import json
from collections.abc import Mapping
from typing import Any

from jsonschema import Draft202012Validator

from pipeline.casualties import Casualties
from pipeline.config import Settings
from pipeline.document import document_name, schema
from pipeline.events import parse_push
from pipeline.failures import DeadLetters, Handled
from pipeline.identification import LanguageIdentifier
from pipeline.limits import Budget, OcrThreads
from pipeline.models import Upload
from pipeline.ocr.base import OcrEngine
from pipeline.ocr.fake import FakeOcrEngine
from pipeline.outcomes import Outcomes
from pipeline.processor import Processor
from pipeline.stores.memory import MemoryStore
from pipeline.subscriber import Subscriber
from pipeline.telemetry import Timings
from pipeline.translation import TranslationStep
from pipeline.translators.base import Translator
from pipeline.translators.fake import FakeTranslator

UPLOADS, RESULTS = "uploads", "results"
VALIDATOR = Draft202012Validator(schema())


class World:
    """A subscriber and everything below it."""

    def __init__(
        self,
        identifier: LanguageIdentifier,
        spare: int = 2**30,
        *,
        engine: OcrEngine | None = None,
        store: MemoryStore | None = None,
        translator: Translator | None = None,
        **changes: Any,
    ) -> None:
        settings = Settings(uploads_bucket=UPLOADS, results_bucket=RESULTS, **changes)
        self.spare = spare
        self.store = store or MemoryStore()
        self.translator = translator or FakeTranslator()
        self.outcomes = Outcomes(self.store, RESULTS)
        self.processor = Processor(
            settings,
            store=self.store,
            engine=engine or FakeOcrEngine(["Prohibido el paso", "12,50 EUR"]),
            threads=OcrThreads(2, Budget(2, lambda: self.spare)),
            intake=Budget(8, lambda: 2**26),
            translation=TranslationStep(self.translator, identifier),
            casualties=Casualties(),
        )
        self.subscriber = Subscriber(settings, processor=self.processor, outcomes=self.outcomes)
        self.dead_letters = DeadLetters(settings, outcomes=self.outcomes)

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

    def deliver(self, body: bytes) -> Handled:
        return self.subscriber.handle(parse_push(body), Timings())

    def document(self, name: str = "a.png") -> dict[str, Any]:
        stored = self.store.stat(RESULTS, document_name(name))
        assert stored is not None, f"{name} has no document"
        document: dict[str, Any] = json.loads(self.store.download(stored.ref))
        VALIDATOR.validate(document)
        return document
