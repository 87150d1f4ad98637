"""Push bodies as Pub/Sub and the emulator send them."""

import base64
import json
from collections.abc import Mapping

from pipeline.models import Upload


def push_body(
    name: str = "menu.png",
    *,
    bucket: str = "uploads",
    generation: int = 1,
    size: int = 10,
    event_type: str = "OBJECT_FINALIZE",
    metadata: Mapping[str, str] | None = None,
    message_id: str = "1",
) -> bytes:
    """The body of a storage notification."""
    resource = {
        "name": name,
        "bucket": bucket,
        "generation": str(generation),
        "size": str(size),
        "contentType": "image/png",
        "timeCreated": "2026-01-02T03:04:05.678Z",
        "metadata": dict(metadata or {}),
    }
    attributes = {
        "bucketId": bucket,
        "objectId": name,
        "objectGeneration": str(generation),
        "eventType": event_type,
    }
    message = {
        "messageId": message_id,
        "publishTime": "2026-01-02T03:04:06Z",
        "attributes": attributes,
        "data": base64.b64encode(json.dumps(resource).encode()).decode(),
    }
    return json.dumps({"subscription": "projects/p/subscriptions/s", "message": message}).encode()


def push_of(upload: Upload, **changes: str) -> bytes:
    """The notification of an existing upload."""
    ref = upload.ref
    return push_body(
        ref.name,
        bucket=ref.bucket,
        generation=ref.generation,
        size=upload.size,
        metadata=upload.metadata,
        **changes,
    )
