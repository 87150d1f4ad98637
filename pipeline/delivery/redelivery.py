"""Publishes new notifications for uploads without a document: `image-translation redeliver`.

Pub/Sub keeps a message only for days, and an upload made before the bucket had
notifications has no message. A comparison of the two buckets finds both.
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
    """An upload without a good document, and the reason."""

    upload: Upload
    reason: Pending


def pending_uploads(
    uploads: Iterable[Upload], documents: Iterable[Upload], *, before: datetime
) -> Iterator[PendingUpload]:
    """The uploads whose document is missing or reports a failure.

    Args:
        uploads: the objects of the uploads bucket.
        documents: the objects of the results bucket, with their custom metadata.
        before: later uploads are left out, because they may still be in progress.
    """
    metadata_by_name = {document.ref.name: document.metadata for document in documents}
    for upload in uploads:
        is_recent = upload.uploaded_at is None or upload.uploaded_at >= before
        if is_recent or upload.ref.name.endswith("/"):
            continue
        metadata = metadata_by_name.get(document_name(upload.ref.name), {})
        reason = pending_reason(metadata, upload.ref)
        if reason:
            yield PendingUpload(upload, reason)


def connect(emulator: str | None = None) -> PublisherClient:
    """A publisher with application default credentials, or for the emulator at `host:port`.

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
    """Publishes the notification of each upload to `projects/P/topics/T`.

    Raises:
        TopicUnavailableError: the topic rejects a message; others may have been published.
    """
    try:
        publications = [
            publisher.publish(topic, notification_data(upload), **notification_attributes(upload))
            for upload in uploads
        ]
        for publication in publications:
            publication.result(timeout=_PUBLISH_SECONDS)
    except (GoogleAPIError, TimeoutError) as error:
        raise TopicUnavailableError(f"{topic} does not accept messages: {error}") from error
