"""Announcements: content, keys, and which document each end of a delivery announces."""

import json
from typing import Any

import pytest

from pipeline.config import load_settings
from pipeline.errors import ConfigurationError, TopicUnavailableError
from pipeline.language.identification import LanguageIdentifier
from pipeline.models import Disposition, Upload
from pipeline.telemetry import Timings
from tests.support.in_memory_service import InMemoryService, InMemoryTopic
from tests.support.push_bodies import push_of
from tests.support.text_pictures import encoded, picture_of


@pytest.fixture
def topic() -> InMemoryTopic:
    return InMemoryTopic()


@pytest.fixture
def service(identifier: LanguageIdentifier, topic: InMemoryTopic) -> InMemoryService:
    return InMemoryService(identifier, topic=topic)


def announced(topic: InMemoryTopic) -> list[dict[str, Any]]:
    return [json.loads(each.data) for each in topic.announcements]


def picture() -> bytes:
    return encoded(picture_of("hola"))


def dead_letter(service: InMemoryService, upload: Upload) -> Disposition:
    from pipeline.delivery.notification import parse_push

    return service.dead_letters.handle(parse_push(push_of(upload)), Timings()).disposition


def test_an_announcement_says_where_the_document_is(
    service: InMemoryService, topic: InMemoryTopic
) -> None:
    """Given a translated upload, then its message has the fields of the document, and no text."""
    upload = service.upload(picture())
    service.deliver(push_of(upload))
    (message,) = announced(topic)
    key = message.pop("key")
    assert message == {
        "uri": "gs://uploads/a.png",
        "generation": str(upload.ref.generation),
        "status": "translated",
        "code": "",
        "languages": ["es"],
        "document": "gs://results/a.png.json",
        "fingerprint": service.processor.fingerprint(upload),
    }
    (sent,) = topic.announcements
    assert sent.attributes == {
        "key": key,
        "status": "translated",
        "code": "",
        "languages": "es",
    }
    assert b"Prohibido" not in sent.data


def test_a_failed_upload_is_announced_with_its_code(
    service: InMemoryService, topic: InMemoryTopic
) -> None:
    """Given a file that is no image, then its message has the status and the code."""
    service.deliver(push_of(service.upload(b"no picture")))
    (message,) = announced(topic)
    assert (message["status"], message["code"]) == ("failed", "unsupported_image")


def test_a_refused_announcement_is_made_by_the_next_delivery(
    service: InMemoryService, topic: InMemoryTopic
) -> None:
    """Given a topic that fails once, then the delivery is tried again and only announces."""
    topic.failures = 1
    upload = service.upload(picture())
    with pytest.raises(TopicUnavailableError):
        service.deliver(push_of(upload))
    calls = len(service.translator.calls)  # type: ignore[attr-defined]  # the fake's
    assert service.deliver(push_of(upload)).disposition is Disposition.ALREADY_DONE
    assert len(announced(topic)) == 1
    assert len(service.translator.calls) == calls  # type: ignore[attr-defined]  # the fake's


def test_a_duplicate_carries_the_same_key(service: InMemoryService, topic: InMemoryTopic) -> None:
    """Given a message that comes twice, then both announcements are equal."""
    upload = service.upload(picture())
    for _ in range(2):
        service.deliver(push_of(upload))
    first, second = topic.announcements
    assert first == second


def test_other_outcomes_have_other_keys(service: InMemoryService, topic: InMemoryTopic) -> None:
    """Given two generations and a failure, then no two announcements share a key."""
    for content in (picture(), picture(), b"no picture"):
        service.deliver(push_of(service.upload(content)))
    assert len({message["key"] for message in announced(topic)}) == 3


def test_a_dead_letter_announces_the_document_that_stands(
    service: InMemoryService, topic: InMemoryTopic
) -> None:
    """Given a document that was never announced, when Pub/Sub gives up, then it is announced and
    not a failure.
    """
    topic.failures = 1
    upload = service.upload(picture())
    with pytest.raises(TopicUnavailableError):
        service.deliver(push_of(upload))
    assert dead_letter(service, upload) is Disposition.ALREADY_DONE
    (message,) = announced(topic)
    assert message["status"] == "translated"


def test_a_dead_letter_announces_its_failure(
    service: InMemoryService, topic: InMemoryTopic
) -> None:
    """Given an upload without a document, when Pub/Sub gives up, then the failure is announced."""
    assert dead_letter(service, service.upload(picture())) is Disposition.FAILED
    (message,) = announced(topic)
    assert message["code"] == "attempts_exhausted"


def test_an_older_generation_announces_nothing(
    service: InMemoryService, topic: InMemoryTopic
) -> None:
    """Given a newer document, when an older generation is delivered, then nothing is announced."""
    old, new = service.upload(picture()), service.upload(picture())
    service.deliver(push_of(new))
    assert service.deliver(push_of(old)).disposition is Disposition.STALE
    assert [message["generation"] for message in announced(topic)] == [str(new.ref.generation)]


def test_a_topic_without_a_full_name_is_refused() -> None:
    """Given RESULTS_TOPIC=outcomes, when loaded, then the error says how to write it."""
    with pytest.raises(ConfigurationError, match="write projects/PROJECT/topics/TOPIC"):
        load_settings(uploads_bucket="a", results_bucket="b", results_topic="outcomes")
