"""Publishes new notifications for uploads without a document: `image-translation redeliver`.

Pub/Sub keeps a message only for days, and an upload made before the bucket had
notifications has no message. A comparison of the two buckets finds both: window by window
in the order of names, so that memory does not grow with the buckets.
"""

import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import Protocol

import grpc
from google.api_core.exceptions import GoogleAPIError
from google.auth.exceptions import DefaultCredentialsError
from google.cloud.pubsub_v1 import PublisherClient
from google.pubsub_v1.services.publisher.transports import PublisherGrpcTransport

from pipeline.delivery.notification import notification_attributes, notification_data
from pipeline.errors import TopicUnavailableError, no_credentials
from pipeline.models import Upload
from pipeline.outcomes.document import document_name
from pipeline.outcomes.results_bucket import Pending, pending_reason
from pipeline.stores.base import StoredObject

_PUBLISH_SECONDS = 60

WINDOW = 1000
"""Uploads that are compared at once: a page of Cloud Storage's listing."""


class Listing(Protocol):
    """A store that lists its objects by name."""

    def uploads(
        self, bucket: str, *, prefix: str = "", start: str = "", end: str = ""
    ) -> Iterator[Upload]:
        """See `GcsStore.uploads`."""
        ...

    def stat(self, bucket: str, name: str) -> StoredObject | None:
        """See `Store.stat`."""
        ...


@dataclass(frozen=True, slots=True)
class PendingUpload:
    """An upload without a good document, and the reason."""

    upload: Upload
    reason: Pending


@dataclass(frozen=True, slots=True)
class Window:
    """Uploads with neighbouring names, compared with their documents.

    `objects` and `size` count the uploads that are older than `before`, and their bytes. `late`
    counts their documents that are younger than `before`.
    """

    last_name: str
    pending: Sequence[PendingUpload]
    late: int
    objects: int = 0
    size: int = 0


def compare(
    store: Listing,
    uploads: str,
    results: str,
    *,
    before: datetime,
    prefix: str = "",
    after: str = "",
) -> Iterator[Window]:
    """The uploads whose document is missing or reports a failure.

    Args:
        store: has the buckets `uploads` and `results`.
        uploads: the name of the bucket of the images.
        results: the name of the bucket of the documents.
        before: later uploads are left out, because they may still be in progress.
        prefix: only uploads whose name begins so.
        after: only uploads whose name comes after this one.

    Raises:
        StoreUnavailableError: the store did not answer, or refused a request.
    """
    listed = store.uploads(uploads, prefix=prefix, start=after)
    remaining = (upload for upload in listed if upload.ref.name > after)
    while window := list(islice(remaining, WINDOW)):
        yield _compare_window(store, results, window, before)


def _compare_window(
    store: Listing, results: str, window: Sequence[Upload], before: datetime
) -> Window:
    last = window[-1].ref.name
    by_document = {
        document_name(upload.ref.name): upload
        for upload in window
        if _is_before(upload, before) and not upload.ref.name.endswith("/")
    }
    # The document of every name in the window is in this range, unless its name was shortened
    # or begins another name of the window.
    start, end = window[0].ref.name, f"{last}.jsoo"
    listed = store.uploads(results, start=start, end=end) if by_document else iter(())
    documents = {each.ref.name: each for each in listed if each.ref.name in by_document}
    pending = []
    for name, upload in by_document.items():
        metadata: Mapping[str, str] = {}
        if name in documents:
            metadata = documents[name].metadata
        elif not start <= name < end:
            found = store.stat(results, name)
            metadata = found.metadata if found else {}
        reason = pending_reason(metadata, upload.ref)
        if reason:
            pending.append(PendingUpload(upload, reason))
    late = sum(not _is_before(each, before) for each in documents.values())
    size = sum(upload.size for upload in by_document.values())
    return Window(last, pending, late, len(by_document), size)


def _is_before(upload: Upload, before: datetime) -> bool:
    return upload.uploaded_at is not None and upload.uploaded_at < before


class Pace:
    """Spaces announcements evenly: at most `rate` a second.

    Threading: for one thread.
    """

    def __init__(
        self,
        rate: float,
        *,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._seconds = 1 / rate
        self._clock = clock
        self._sleep = sleep
        self._next = clock()

    def wait(self) -> None:
        """Returns when the next announcement is due."""
        now = self._clock()
        if self._next > now:
            self._sleep(self._next - now)
        self._next = max(now, self._next) + self._seconds


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
        raise no_credentials("PUBSUB_EMULATOR_HOST") from error


def announce(publisher: PublisherClient, topic: str, uploads: Iterable[Upload], pace: Pace) -> None:
    """Publishes the notification of each upload to `projects/P/topics/T`.

    Raises:
        TopicUnavailableError: the topic rejects a message; others may have been published.
    """
    publications = []
    try:
        for upload in uploads:
            pace.wait()
            attributes = notification_attributes(upload)
            publications.append(publisher.publish(topic, notification_data(upload), **attributes))
        for publication in publications:
            publication.result(timeout=_PUBLISH_SECONDS)
    except (GoogleAPIError, TimeoutError) as error:
        raise TopicUnavailableError(f"{topic} does not accept messages: {error}") from error
