"""Storage notifications: a push is parsed completely, or it is an invalid event."""

import base64
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.delivery.notification import parse_push
from pipeline.errors import InvalidEventError
from pipeline.models import Delivery, ObjectRef

JSON = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=20,
)


def push(**changes: Any) -> dict[str, Any]:
    """A push as Cloud Pub/Sub sends it with a dead-letter policy."""
    resource = {
        "name": "menú 1.png",
        "bucket": "uploads",
        "generation": "1700000000000001",
        "contentType": "image/png",
        "size": "1234",
        "crc32c": "AAAAAA==",
        "timeCreated": "2026-01-02T03:04:05.678Z",
        "metadata": {"target-languages": "fr"},
    }
    message = {
        "messageId": "42",
        "publishTime": "2026-01-02T03:04:06Z",
        "attributes": {
            "bucketId": "uploads",
            "objectId": "menú 1.png",
            "objectGeneration": "1700000000000001",
            "eventType": "OBJECT_FINALIZE",
            "payloadFormat": "JSON_API_V1",
        },
        "data": base64.b64encode(json.dumps(resource).encode()).decode(),
    }
    return {
        "subscription": "projects/p/subscriptions/s",
        "deliveryAttempt": 3,
        "message": {**message, **changes},
    }


def test_every_field_of_a_notification_is_read() -> None:
    """Given a real push, when parsed, then every field of the delivery equals that of the push."""
    delivery = parse_push(json.dumps(push()).encode())
    assert delivery.upload.ref == ObjectRef("uploads", "menú 1.png", 1700000000000001)
    assert delivery.upload.size == 1234
    assert delivery.upload.content_type == "image/png"
    assert delivery.upload.crc32c == "AAAAAA=="
    assert delivery.upload.metadata == {"target-languages": "fr"}
    assert delivery.event_type == "OBJECT_FINALIZE"
    assert (delivery.message_id, delivery.attempt) == ("42", 3)
    assert delivery.published_at is not None


def test_a_dead_letter_has_its_delivery_count() -> None:
    """Given a message of the dead-letter topic, when parsed, then its attempt is the
    source's count.
    """
    body = push()
    del body["deliveryAttempt"]
    body["message"]["attributes"]["CloudPubSubDeadLetterSourceDeliveryCount"] = "7"
    assert parse_push(json.dumps(body).encode()).attempt == 7


@pytest.mark.parametrize("field", ["bucketId", "objectId", "objectGeneration", "eventType"])
def test_a_missing_attribute_is_named(field: str) -> None:
    """Given a push without a required attribute, when parsed, then the error names
    the attribute.
    """
    body = push()
    del body["message"]["attributes"][field]
    with pytest.raises(InvalidEventError, match=field):
        parse_push(json.dumps(body).encode())


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"not json",
        b"\xff\xfe",
        b"[" * 100_000,
        b"null",
        b"[]",
        b"{}",
        b'{"message": []}',
        json.dumps(push(data="%%%")).encode(),
        json.dumps(push(data=base64.b64encode(b"no json").decode())).encode(),
        json.dumps(push(data=None)).encode(),
        json.dumps(push(data="")).encode(),
        json.dumps(push(attributes=[])).encode(),
    ],
    ids=lambda body: repr(body[:20]),
)
def test_another_body_is_an_invalid_event(body: bytes) -> None:
    """Given a body that is not a storage notification, when parsed, then it is an invalid event."""
    with pytest.raises(InvalidEventError):
        parse_push(body)


@given(st.binary() | JSON.map(lambda value: json.dumps(value).encode()))
def test_any_body_is_a_delivery_or_an_invalid_event(body: bytes) -> None:
    """Given any bytes, when parsed, then the result is a delivery or an InvalidEventError."""
    try:
        result: Delivery | InvalidEventError = parse_push(body)
    except InvalidEventError as error:
        result = error
    assert isinstance(result, Delivery | InvalidEventError)


@given(
    st.sampled_from(["message", "deliveryAttempt", "subscription"]) | st.text(),
    st.sampled_from(["data", "attributes", "messageId", "publishTime"]) | st.text(),
    st.sampled_from(["bucketId", "objectId", "objectGeneration", "eventType"]) | st.text(),
    JSON,
)
def test_any_value_of_any_field_is_handled(
    outer: str, inner: str, attribute: str, value: Any
) -> None:
    """Given a real push with any JSON in any field, when parsed, then it is a
    delivery or invalid.
    """
    for body in (
        {**push(), outer: value},
        push(**{inner: value}),
        push(attributes={**push()["message"]["attributes"], attribute: value}),
    ):
        try:
            delivery = parse_push(json.dumps(body).encode())
        except InvalidEventError:
            continue
        # Every accepted value can be written into a document.
        read = [delivery.upload.ref.name, delivery.message_id]
        assert json.loads(json.dumps(read, ensure_ascii=False).encode()) == read
