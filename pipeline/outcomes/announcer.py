"""Announces every outcome with one small message, after its document was written."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from pipeline.models import Disposition, ObjectRef, Outcome
from pipeline.outcomes.results_bucket import (
    CODE,
    FINGERPRINT,
    LANGUAGES,
    STATUS,
    ResultsBucket,
    document_metadata,
    source_generation,
)
from pipeline.telemetry import Timings


@dataclass(frozen=True, slots=True)
class Announcement:
    """A message: JSON as `data`, and the attributes that a subscription may filter by."""

    data: bytes
    attributes: Mapping[str, str]


class Topic(Protocol):
    """Accepts announcements.

    Threading: `publish` may be called from several threads at once.
    """

    def publish(self, announcement: Announcement) -> None:
        """Returns when the topic has accepted the message.

        Raises:
            TopicUnavailableError: the topic did not accept it in time.
        """
        ...


class Announcer:
    """Announces outcomes at least once: the topic accepts each before its delivery is acked.

    Threading: may be shared.
    """

    def __init__(self, results: ResultsBucket, topic: Topic | None = None) -> None:
        """Without `topic` nothing is announced."""
        self._results = results
        self._topic = topic

    def announce(
        self,
        source: ObjectRef,
        disposition: Disposition,
        timings: Timings,
        outcome: Outcome | None = None,
    ) -> None:
        """Announces the document of this generation that exists at the end of a delivery.

        A document from an earlier delivery is announced again, because that delivery may have
        ended before its announcement. The delivery of a newer generation announces the document
        of that generation.

        Args:
            source: the upload.
            disposition: the end of the delivery.
            timings: gets the part `publish`.
            outcome: the outcome that was written, if the disposition is `done` or `failed`.

        Raises:
            TopicUnavailableError: the topic did not accept the message in time.
            StoreUnavailableError: the results bucket did not answer.
        """
        if self._topic is None:
            return
        metadata: Mapping[str, str] | None = None
        if disposition in {Disposition.DONE, Disposition.FAILED} and outcome:
            metadata = document_metadata(outcome)
        elif disposition is Disposition.ALREADY_DONE:
            found = self._results.find(source)
            if found and source_generation(found.metadata) == source.generation:
                metadata = found.metadata
        if metadata is not None:
            with timings.measure("publish"):
                self._topic.publish(announcement(source, metadata, self._results.uri(source)))


def announcement(source: ObjectRef, metadata: Mapping[str, str], document: str) -> Announcement:
    """The message about a document; a repeated message has the same `key`, and none has text.

    Args:
        source: the upload.
        metadata: the custom metadata of its document.
        document: the document's URI.
    """
    languages = metadata.get(LANGUAGES, "")
    content = {
        "uri": source.uri,
        "generation": str(source.generation),
        "status": metadata.get(STATUS, ""),
        "code": metadata.get(CODE, ""),
        "languages": languages.split(",") if languages else [],
        "document": document,
        "fingerprint": metadata.get(FINGERPRINT, ""),
    }
    key = hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()[:32]
    attributes = {
        "key": key,
        "status": str(content["status"]),
        "code": str(content["code"]),
        "languages": languages,
    }
    return Announcement(json.dumps({"key": key, **content}).encode(), attributes)
