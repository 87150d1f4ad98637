"""Uploads that have no document, announced again: `image-translation redeliver`.

Pub/Sub keeps a message for days, not for ever, and what was uploaded while there was no
notification was never announced. The two buckets say what is missing all the same.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime

import grpc
from google.api_core.exceptions import GoogleAPIError
from google.auth.exceptions import DefaultCredentialsError
from google.cloud.pubsub_v1 import PublisherClient
from google.pubsub_v1.services.publisher.transports import PublisherGrpcTransport

from pipeline.delivery.notification import notification_attributes, notification_data
from pipeline.errors import ConfigurationError, TopicUnavailableError
from pipeline.models import Upload
from pipeline.outcomes.document import document_name
from pipeline.outcomes.results_bucket import Pending, pending_reason

_PUBLISH_SECONDS = 60


@dataclass(frozen=True, slots=True)
class PendingUpload:
    """An upload and what its document lacks."""

    upload: Upload
    reason: Pending


def pending_uploads(
    uploads: Iterable[Upload], documents: Iterable[Upload], *, before: datetime
) -> Iterator[PendingUpload]:
    """The uploads made before `before` whose document is not there, or is of a failure.

    Args:
        uploads: what the uploads bucket holds.
        documents: what the results bucket holds, each with its custom metadata.
        before: younger ones may be in work still.
    """
    told = {document.ref.name: document.metadata for document in documents}
    for upload in uploads:
        is_young = upload.uploaded_at is None or upload.uploaded_at >= before
        if is_young or upload.ref.name.endswith("/"):
            continue
        reason = pending_reason(told.get(document_name(upload.ref.name), {}), upload.ref)
        if reason:
            yield PendingUpload(upload, reason)


def connect(emulator: str | None = None) -> PublisherClient:
    """A publisher with application default credentials, or of the emulator at `host:port`.

    Raises:
        ConfigurationError: there are no credentials.
    """
    if emulator:
        channel = grpc.insecure_channel(emulator)
        return PublisherClient(transport=PublisherGrpcTransport(channel=channel))
    try:
        return PublisherClient()
    except DefaultCredentialsError as error:
        raise ConfigurationError(
            "no Google Cloud credentials: run `gcloud auth application-default login`,"
            " or set PUBSUB_EMULATOR_HOST"
        ) from error


def announce(publisher: PublisherClient, topic: str, uploads: Iterable[Upload]) -> None:
    """Publishes each as Cloud Storage would, to `projects/P/topics/T`.

    Raises:
        TopicUnavailableError: the topic does not take them; some may have been published.
    """
    try:
        published = [
            publisher.publish(topic, notification_data(upload), **notification_attributes(upload))
            for upload in uploads
        ]
        for one in published:
            one.result(timeout=_PUBLISH_SECONDS)
    except (GoogleAPIError, TimeoutError) as error:
        raise TopicUnavailableError(f"{topic} does not take messages: {error}") from error
