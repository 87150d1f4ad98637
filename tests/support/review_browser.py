"""The review page over buckets in memory, asked without a server."""

import json
from collections.abc import Iterator
from dataclasses import replace
from io import StringIO
from typing import Any

from flask import Flask, Response, request

from functions.review import Review
from functions.review_answers import HEADERS
from functions.review_pictures import ReviewPictures
from pipeline.capacity.admission import Budget
from pipeline.models import ObjectRef, Outcome, Upload
from pipeline.outcomes.document import document_name, to_document
from pipeline.stores.base import StoredObject
from pipeline.stores.in_memory import InMemoryStore
from pipeline.telemetry import make_logger

PLENTY = 1 << 30


class Buckets(InMemoryStore):
    """Lists objects as Cloud Storage does, counts them, and refuses writes while it is sealed."""

    def __init__(self) -> None:
        super().__init__()
        self.names: list[tuple[str, str]] = []
        self.listed = 0
        self.error: Exception | None = None
        self.sealed = False

    def put(self, bucket: str, name: str, content: bytes | str) -> ObjectRef:
        raw = content.encode() if isinstance(content, str) else content
        found = self.stat(bucket, name)
        ref = self.write(
            bucket,
            name,
            raw,
            content_type="",
            metadata={},
            if_generation_match=found.ref.generation if found else 0,
        )
        if not found:
            self.names.append((bucket, name))
        return ref

    def put_document(self, made: Outcome, content: bytes | None = None) -> str:
        """Writes an upload and its document; returns the document's name."""
        upload = made.upload
        if content is not None:
            ref = self.put("uploads", upload.ref.name, content)
            made = replace(made, upload=replace(upload, ref=ref, size=len(content)))
        name = document_name(upload.ref.name)
        self.put("results", name, json.dumps(to_document(made)))
        return name

    def write(self, *arguments: Any, **options: Any) -> ObjectRef:
        assert not self.sealed, "the review page wrote"
        return super().write(*arguments, **options)

    def stat(self, bucket: str, name: str) -> StoredObject | None:
        if self.error:
            raise self.error
        return super().stat(bucket, name)

    def uploads(self, bucket: str, *, prefix: str = "", start: str = "") -> Iterator[Upload]:
        if self.error:
            raise self.error
        for holder, name in sorted(self.names):
            if holder == bucket and name.startswith(prefix) and name >= start:
                self.listed += 1
                found = self.stat(bucket, name)
                assert found is not None
                yield Upload(found.ref, found.size)


class Browser:
    """Asks a review page without a server."""

    def __init__(self, spare: int = PLENTY) -> None:
        self.buckets = Buckets()
        self.log = StringIO()
        budget = Budget(4, lambda: spare)
        self.review = Review(
            self.buckets,  # type: ignore[arg-type]  # has the methods that are used
            ReviewPictures(self.buckets, budget, max_bytes=1 << 25, max_pixels=10**8),
            budget,
            uploads="uploads",
            results="results",
            logger=make_logger(self.log),
            memory=lambda: {"memory_mb": 1},
        )

    def get(self, address: str, method: str = "GET") -> Response:
        self.buckets.sealed = True
        with Flask(__name__).test_request_context(address, method=method):
            response = self.review.answer(request)
        self.buckets.sealed = False
        for name, value in HEADERS.items():
            assert response.headers[name] == value
        return response
