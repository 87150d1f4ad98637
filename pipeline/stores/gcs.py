"""Google Cloud Storage, or the server that STORAGE_EMULATOR_HOST names."""

import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import google.auth.exceptions
import requests
from google.api_core import exceptions
from google.api_core.retry import Retry, if_exception_type
from google.cloud.storage import Blob, Client
from google.cloud.storage.exceptions import DataCorruption
from google.cloud.storage.retry import DEFAULT_RETRY

from pipeline.errors import (
    ConfigurationError,
    ObjectGoneError,
    PreconditionFailedError,
    StoreForbiddenError,
    StoreUnavailableError,
    no_credentials,
)
from pipeline.models import ObjectRef, Upload
from pipeline.stores.base import StoredObject

# Short, because Pub/Sub delivers the message again.
_RETRY = DEFAULT_RETRY.with_timeout(20)
_TIMEOUT = (5, 30)
_RETRY_FORBIDDEN = Retry(
    predicate=if_exception_type(exceptions.Forbidden), initial=2, maximum=10, multiplier=1.5
)
_LISTED = "items(name,generation,size,contentType,crc32c,timeCreated,metadata),nextPageToken"

GRANT_PATIENCE_SECONDS = 200
"""How long `GcsStore.verify` waits for grants: a new IAM grant takes 2 to 7 minutes to take effect.

Terraform waits for three minutes before it starts a service, and Cloud Run's startup probe lasts
for four minutes at most, the models included.
"""


class GcsStore:
    """Objects in Google Cloud Storage; all threads share the client."""

    def __init__(self, client: Client) -> None:
        self._client = client

    @classmethod
    def from_environment(cls) -> "GcsStore":
        """A store with application default credentials; an emulator needs none.

        Raises:
            ConfigurationError: there are no credentials.
        """
        try:
            return cls(Client())
        except google.auth.exceptions.DefaultCredentialsError as error:
            raise no_credentials("STORAGE_EMULATOR_HOST") from error

    def stat(self, bucket: str, name: str) -> StoredObject | None:
        """See `Store.stat`."""
        with _store_errors(f"gs://{bucket}/{name}"):
            blob = self._client.bucket(bucket).blob(name)
            try:
                blob.reload(timeout=_TIMEOUT, retry=_RETRY)
            except exceptions.NotFound:
                return None
        ref = ObjectRef(bucket, name, int(blob.generation))
        return StoredObject(ref, int(blob.size), dict(blob.metadata or {}))

    def download(self, ref: ObjectRef) -> bytes:
        """See `Store.download`."""
        blob = self._client.bucket(ref.bucket).blob(ref.name, generation=ref.generation)
        with _store_errors(ref.uri):
            try:
                # A stored gzip stream is not inflated, because it could exceed the size that
                # was checked against MAX_IMAGE_BYTES.
                return bytes(
                    blob.download_as_bytes(
                        raw_download=True, checksum="crc32c", timeout=_TIMEOUT, retry=_RETRY
                    )
                )
            except exceptions.NotFound as error:
                raise ObjectGoneError(
                    f"{ref.uri} has no generation {ref.generation} any more"
                ) from error

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
        """See `Store.write`."""
        blob = self._client.bucket(bucket).blob(name)
        blob.metadata = dict(metadata)
        with _store_errors(f"gs://{bucket}/{name}"):
            try:
                blob.upload_from_string(
                    content,
                    content_type=content_type,
                    if_generation_match=if_generation_match,
                    checksum="crc32c",
                    timeout=_TIMEOUT,
                    retry=_RETRY,
                )
            except exceptions.PreconditionFailed as error:
                raise PreconditionFailedError(
                    f"gs://{bucket}/{name} is not at generation {if_generation_match}"
                ) from error
        return ObjectRef(bucket, name, int(blob.generation))

    def read(self, bucket: str, name: str, *, longest: int, seconds: float) -> bytes | None:
        """The first `longest` bytes of the live object, or None; one attempt of `seconds`.

        Raises:
            StoreUnavailableError: the store did not answer, or refused the request.
        """
        blob = self._client.bucket(bucket).blob(name)
        with _store_errors(f"gs://{bucket}/{name}"):
            try:
                return bytes(
                    blob.download_as_bytes(
                        end=longest - 1, raw_download=True, timeout=seconds, retry=None
                    )
                )
            except exceptions.NotFound:
                return None

    def replace(self, bucket: str, name: str, content: bytes, *, seconds: float) -> None:
        """Writes the object whatever its generation is; one attempt of `seconds`.

        Raises:
            StoreUnavailableError: the store did not answer, or refused the request.
        """
        blob = self._client.bucket(bucket).blob(name)
        with _store_errors(f"gs://{bucket}/{name}"):
            blob.upload_from_string(
                content, content_type="application/json", timeout=seconds, retry=None
            )

    def upload_file(self, bucket: str, name: str, file: Path) -> None:
        """Uploads a file; an object of that name is replaced.

        Raises:
            StoreUnavailableError: the store did not answer, or refused the request.
        """
        with _store_errors(f"gs://{bucket}/{name}"):
            blob = self._client.bucket(bucket).blob(name)
            blob.upload_from_filename(str(file), timeout=_TIMEOUT, retry=_RETRY)

    def uploads(
        self, bucket: str, *, prefix: str = "", start: str = "", end: str = ""
    ) -> Iterator[Upload]:
        """The live objects under `prefix`, as notifications would describe them, by name.

        Names are in the order of their UTF-8 bytes, from `start`, and before `end` if it is given.

        Raises:
            StoreUnavailableError: the store did not answer, or refused the request.
        """
        with _store_errors(f"gs://{bucket}"):
            for blob in self._client.list_blobs(
                bucket,
                prefix=prefix or None,
                start_offset=start or None,
                end_offset=end or None,
                fields=_LISTED,
                timeout=_TIMEOUT,
                retry=_RETRY,
            ):
                yield _as_upload(blob)

    def upload(self, bucket: str, name: str) -> Upload | None:
        """The live object of that name, as `uploads` lists it, or None.

        Raises:
            StoreUnavailableError: the store did not answer, or refused the request.
        """
        with _store_errors(f"gs://{bucket}/{name}"):
            blob = self._client.bucket(bucket).get_blob(name, timeout=_TIMEOUT, retry=_RETRY)
        return _as_upload(blob) if blob else None

    def verify(self, *buckets: str) -> None:
        """Checks that every bucket can be listed; waits GRANT_PATIENCE_SECONDS for all together.

        Raises:
            ConfigurationError: a bucket does not exist, or may not be listed.
        """
        give_up_at = time.monotonic() + GRANT_PATIENCE_SECONDS
        for bucket in buckets:
            remaining = max(0.0, give_up_at - time.monotonic())
            found = self._client.list_blobs(
                bucket,
                max_results=1,
                timeout=_TIMEOUT,
                retry=_RETRY_FORBIDDEN.with_timeout(remaining),
            )
            try:
                next(iter(found), None)
            except exceptions.GoogleAPIError as error:
                raise ConfigurationError(f"bucket {bucket}: {error}") from error


def _as_upload(blob: Blob) -> Upload:
    return Upload(
        ref=ObjectRef(blob.bucket.name, blob.name, int(blob.generation)),
        size=int(blob.size),
        content_type=blob.content_type or "",
        crc32c=blob.crc32c or "",
        uploaded_at=blob.time_created,
        metadata=dict(blob.metadata or {}),
    )


@contextmanager
def _store_errors(uri: str) -> Iterator[None]:
    try:
        yield
    except exceptions.Forbidden as error:
        raise StoreForbiddenError(f"{uri}: {error.message}") from error
    except (
        exceptions.GoogleAPIError,
        google.auth.exceptions.GoogleAuthError,
        requests.RequestException,
        DataCorruption,
        OSError,
    ) as error:
        raise StoreUnavailableError(f"{uri}: {type(error).__name__}: {error}") from error
