"""The storage notification in a Pub/Sub message: read when delivered, written for redelivery."""

import base64
import binascii
import json
from collections.abc import Mapping
from datetime import datetime
from types import MappingProxyType
from typing import Any

from pipeline.errors import InvalidEventError
from pipeline.models import Delivery, ObjectRef, Upload

FINALIZED = "OBJECT_FINALIZE"
_MAX_GENERATION = 2**63


def parse_push(body: bytes) -> Delivery:
    """Reads `{"subscription", "message": {"data", "messageId", "attributes"}}`.

    Raises:
        InvalidEventError: the body is not JSON, or does not name an object.
    """
    try:
        push = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise InvalidEventError(f"the push body is not JSON: {type(error).__name__}") from error
    message = _mapping(_mapping(push, "push body").get("message"), "message")
    return parse_message(
        message_id=_optional(message, "messageId") or _optional(message, "message_id"),
        attributes=_mapping(message.get("attributes", {}), "message.attributes"),
        data=_decoded(message.get("data", "")),
        published_at=_time(message.get("publishTime") or message.get("publish_time")),
        attempt=push.get("deliveryAttempt"),
    )


def parse_message(
    *,
    message_id: str,
    attributes: Mapping[str, Any],
    data: bytes,
    published_at: datetime | None,
    attempt: object = None,
) -> Delivery:
    """Reads a message as it was published; `attempt` is Pub/Sub's count of its deliveries.

    The attributes name the object and its generation. The data is the object's resource
    as JSON, with size, content type, checksum and custom metadata.

    Raises:
        InvalidEventError: the message does not name an object.
    """
    resource = _resource(data)
    ref = ObjectRef(
        bucket=_text(attributes, "bucketId"),
        name=_text(attributes, "objectId"),
        generation=_number(_text(attributes, "objectGeneration"), "objectGeneration"),
    )
    upload = Upload(
        ref=ref,
        size=_number(resource.get("size", "0"), "size"),
        content_type=_optional(resource, "contentType"),
        crc32c=_optional(resource, "crc32c"),
        uploaded_at=_time(resource.get("timeCreated") or attributes.get("eventTime")),
        metadata=_metadata(resource.get("metadata", {})),
    )
    return Delivery(
        message_id=message_id,
        event_type=_text(attributes, "eventType"),
        upload=upload,
        attempt=_attempt(attempt, attributes),
        published_at=published_at,
    )


def notification_attributes(upload: Upload) -> Mapping[str, str]:
    """The attributes of the message with which Cloud Storage announces an upload."""
    return {
        "bucketId": upload.ref.bucket,
        "objectId": upload.ref.name,
        "objectGeneration": str(upload.ref.generation),
        "eventType": FINALIZED,
        "payloadFormat": "JSON_API_V1",
    }


def notification_data(upload: Upload) -> bytes:
    """The data of such a message: the object's resource as JSON."""
    resource = {
        "kind": "storage#object",
        "bucket": upload.ref.bucket,
        "name": upload.ref.name,
        "generation": str(upload.ref.generation),
        "size": str(upload.size),
        "contentType": upload.content_type,
        "crc32c": upload.crc32c,
        "timeCreated": upload.uploaded_at.isoformat() if upload.uploaded_at else None,
        "metadata": dict(upload.metadata),
    }
    return json.dumps(resource).encode()


def _decoded(data: object) -> bytes:
    if not isinstance(data, str):
        raise InvalidEventError("message.data is not a string")
    try:
        return base64.b64decode(data, validate=True)
    except (binascii.Error, ValueError) as error:
        raise InvalidEventError("message.data is not base64") from error


def _resource(data: bytes) -> Mapping[str, Any]:
    if not data:
        raise InvalidEventError("message.data is empty: the notification needs JSON_API_V1 payload")
    try:
        return _mapping(json.loads(data), "message.data")
    except (ValueError, RecursionError) as error:
        raise InvalidEventError(f"message.data is not JSON: {type(error).__name__}") from error


def _mapping(value: object, where: str) -> Mapping[str, Any]:
    if not isinstance(value, dict):
        raise InvalidEventError(f"{where} is not a JSON object")
    return value


def _text(mapping: Mapping[str, Any], key: str) -> str:
    value = mapping.get(key)
    if not isinstance(value, str) or not value:
        raise InvalidEventError(f"attribute {key} is missing")
    if value != _without_surrogates(value):
        raise InvalidEventError(f"attribute {key} is not Unicode text")
    return value


def _optional(mapping: Mapping[str, Any], key: str) -> str:
    value = mapping.get(key)
    return _without_surrogates(value) if isinstance(value, str) else ""


def _without_surrogates(text: str) -> str:
    """Replaces lone surrogates: JSON may contain them, UTF-8 documents cannot."""
    return text.encode("utf-8", "replace").decode("utf-8")


def _number(value: object, name: str) -> int:
    text = str(value) if isinstance(value, int | str) and not isinstance(value, bool) else ""
    if not (text.isascii() and text.isdigit() and len(text) < 20 and int(text) < _MAX_GENERATION):
        raise InvalidEventError(f"{name} is not a number")
    return int(text)


def _time(value: object) -> datetime | None:
    try:
        moment = datetime.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        return None
    return moment if moment and moment.tzinfo else None


def _metadata(value: object) -> Mapping[str, str]:
    if not isinstance(value, dict):
        return MappingProxyType({})
    return MappingProxyType(
        {
            _without_surrogates(name): _without_surrogates(text)
            for name, text in value.items()
            if isinstance(text, str)
        }
    )


def _attempt(count: object, attributes: Mapping[str, Any]) -> int | None:
    """The count of this delivery; for a dead letter, of the deliveries to the first topic."""
    text = str(attributes.get("CloudPubSubDeadLetterSourceDeliveryCount", count))
    return int(text) or None if text.isascii() and text.isdigit() and len(text) < 10 else None
