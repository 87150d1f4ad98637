"""The chain in memory, from the push to the document, with faults at exact moments."""

import io
import random
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor

from flask import Flask, request

from functions.endpoint import Endpoint
from pipeline.errors import StoreUnavailableError
from pipeline.language.identification import LanguageIdentifier
from pipeline.models import ObjectRef, Upload
from pipeline.stores.in_memory import InMemoryStore
from pipeline.telemetry import Event, make_logger
from pipeline.translation.engines.fake import FakeTranslator
from tests.faults import coded
from tests.faults.engines import CodedEngine
from tests.support import audit
from tests.support.exchanges import Exchange, Passed
from tests.support.in_memory_service import (
    RESULTS,
    UPLOADS,
    InMemoryService,
    InMemoryTopic,
)
from tests.support.push_bodies import push_of

ATTEMPTS = 5


class ScriptedStore(InMemoryStore):
    """Records writes of documents, and runs a function before the next write or download."""

    def __init__(self) -> None:
        super().__init__()
        self.written: list[Passed] = []
        self.before_write: Callable[[], None] = lambda: None
        self.before_download: Callable[[], None] = lambda: None

    def download(self, ref: ObjectRef) -> bytes:
        if ref.bucket == UPLOADS:
            action, self.before_download = self.before_download, lambda: None
            action()
        return super().download(ref)

    def write(
        self,
        bucket: str,
        name: str,
        content: bytes,
        *,
        content_type: str,
        metadata: Mapping[str, str],
        if_generation_match: int,
    ) -> ObjectRef:
        if bucket == RESULTS:
            action, self.before_write = self.before_write, lambda: None
            action()
        ref = super().write(
            bucket,
            name,
            content,
            content_type=content_type,
            metadata=metadata,
            if_generation_match=if_generation_match,
        )
        if bucket == RESULTS:
            exchange = Exchange("write", name, generation=metadata.get("source-generation", ""))
            self.written.append(Passed(exchange, executed=True, answered=True))
        return ref

    def everything(self) -> dict[str, audit.Document]:
        """All documents."""
        with self._lock:
            return {
                name: audit.Document(found.content, found.stored.metadata)
                for (bucket, name), found in self._objects.items()
                if bucket == RESULTS
            }


class SmallChain:
    """Delivers like Pub/Sub: until acknowledged, at most ATTEMPTS times, then as a dead letter."""

    def __init__(self, identifier: LanguageIdentifier, seed: int, render: str = "none") -> None:
        self.identifier = identifier
        self.render = render
        self.random = random.Random(seed)
        self.store = ScriptedStore()
        self.topic = InMemoryTopic()
        self.output = io.StringIO()
        self.expected: list[audit.Expected] = []
        self.deleted: set[str] = set()
        self.deploy()

    def deploy(self, **changes: object) -> None:
        """Starts a subscriber with other settings over the same buckets."""
        self.translator = FakeTranslator()
        self.service = InMemoryService(
            self.identifier,
            translator=self.translator,
            engine=CodedEngine(),
            store=self.store,
            topic=self.topic,
            **{"source_language": "es", "render": self.render, **changes},
        )
        targets = (
            (self.service.subscriber, Event.DELIVERY),
            (self.service.dead_letters, Event.DEAD_LETTER),
        )
        self.endpoints = [
            Endpoint(
                target,
                event=event,
                logger=make_logger(self.output),
                max_requests=8,
                memory=lambda: {"memory_mb": 1, "memory_limit_mb": 1000},
            )
            for target, event in targets
        ]

    def upload(self, name: str, *, act: str = "", code: str = "") -> Upload:
        token = "zq" + "".join(self.random.choices("abcdefghijklmnop", k=8))
        texts = (f"{token} prohibido el paso", f"{token} puerta cerrada")
        upload = self.service.upload(coded.picture(*texts, act=act), name)
        self.expected.append(audit.Expected(upload, texts, code))
        return upload

    def push(self, upload: Upload, *, dead: bool = False) -> int:
        """Pushes one delivery and returns the status."""
        with Flask("faults").test_request_context("/", method="POST", data=push_of(upload)):
            return self.endpoints[dead].answer(request).status_code

    def deliver(self, upload: Upload) -> None:
        """Pushes until acknowledged; after ATTEMPTS failures, pushes to the dead letters."""
        for _ in range(ATTEMPTS):
            if self.push(upload) == 204:
                return
        assert self.push(upload, dead=True) == 204

    def audit(self) -> list[str]:
        translated = [
            Passed(Exchange("translate", texts=texts), executed=True, answered=True)
            for texts, _, _ in self.translator.calls
        ]
        fingerprint = self.service.processor.fingerprint(self.expected[0].upload)
        return audit.audit(
            audit.Evidence(
                self.expected,
                self.store.everything(),
                self.output.getvalue(),
                "es>en:",
                [*self.store.written, *translated],
                [audit.Announced(each.data, each.attributes) for each in self.topic.announcements],
                frozenset(self.deleted),
                fingerprint,
            )
        )


def unavailable() -> None:
    raise StoreUnavailableError("gone for a moment")


def scenario(chain: SmallChain) -> None:
    """Runs each event that Pub/Sub, owners of buckets and networks can cause, once."""
    store = chain.store
    # A redeploy with other settings: the upload is processed again.
    early = chain.upload("early.png")
    chain.deliver(early)
    chain.deploy(max_pages=7)
    chain.deliver(early)
    store.written.clear()
    # Duplicates, one after the other and in parallel.
    plain = chain.upload("folder/plain.png")
    for _ in range(3):
        chain.deliver(plain)
    pair = [chain.upload(f"pair/{n}.png") for n in range(2)]
    with ThreadPoolExecutor(2) as pool:
        list(pool.map(chain.deliver, pair))
    # Two generations: in order, newest first, and a newer one while the older is written.
    for _ in range(2):
        chain.deliver(chain.upload("again.png"))
    old, new = chain.upload("late.png"), chain.upload("late.png")
    chain.deliver(new)
    chain.deliver(old)
    old = chain.upload("overtaken.png")
    taken: list[Upload] = []

    def overtake() -> None:
        taken.append(chain.upload("overtaken.png"))
        chain.deliver(taken[0])

    store.before_write = overtake
    chain.deliver(old)
    # One delivery fails before its document; another image fails in every delivery.
    store.before_write = unavailable
    chain.deliver(chain.upload("unwritten.png"))
    store.before_download = unavailable
    chain.deliver(chain.upload("unread.png"))
    chain.deliver(chain.upload("poison.png", act="fail", code="attempts_exhausted"))
    # The delivery ends between its document and the announcement of it.
    chain.topic.failures = 1
    chain.deliver(chain.upload("unannounced.png"))
    # Each delivery writes or finds the document, and only the dead letter announces it.
    chain.topic.failures = ATTEMPTS
    chain.deliver(chain.upload("announced-late.png"))
    chain.topic.failures = 0
    # Pub/Sub gives up although a document exists.
    good = chain.upload("good.png")
    chain.deliver(good)
    assert chain.push(good, dead=True) == 204
    old, new = chain.upload("outlived.png", act="fail"), chain.upload("outlived.png")
    chain.deliver(new)
    assert chain.push(old, dead=True) == 204
    # Deleted before its delivery.
    gone = chain.upload("gone.png")
    chain.deleted.add("gone.png")
    store.delete(UPLOADS, "gone.png")
    chain.deliver(gone)
