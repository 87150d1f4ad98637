"""Uploads images to the running local chain and collects their documents."""

import json
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from google.cloud.storage import Bucket

from pipeline.errors import DocumentMissingError
from pipeline.local.chain import RESULTS, UPLOADS, Chain
from pipeline.outcomes.document import document_name
from pipeline.stores.directory import path_of
from pipeline.stores.gcs import GcsStore


def upload(chain: Chain, image_files: Sequence[tuple[Path, str]]) -> list[str]:
    """Uploads the files to the uploads bucket; returns the names of their documents."""
    store = GcsStore(chain.client())
    for file, name in image_files:
        store.upload_file(UPLOADS, name, file)
    return [document_name(name) for _, name in image_files]


def documents(
    chain: Chain, names: Sequence[str], out: Path, *, timeout_seconds: float = 300
) -> Iterator[dict[str, Any]]:
    """Yields each named document when it arrives, and writes it below `out`.

    The translated pictures that it names are written there too.

    Raises:
        DocumentMissingError: no document arrived for `timeout_seconds`.
    """
    bucket = chain.client().bucket(RESULTS)
    missing = set(names)
    until = time.monotonic() + timeout_seconds
    while missing:
        for blob in list(bucket.list_blobs()):
            if blob.name not in missing:
                continue
            document = json.loads(_fetched(bucket, blob.name, out))
            for rendering in document.get("renderings", ()):
                _fetched(bucket, rendering["uri"].removeprefix(f"gs://{RESULTS}/"), out)
            missing.remove(blob.name)
            until = time.monotonic() + timeout_seconds
            yield document
        if missing and time.monotonic() > until:
            raise DocumentMissingError(
                f"no document for {', '.join(sorted(missing))}; see {chain.logs}"
            )
        time.sleep(0.1)


def _fetched(bucket: Bucket, name: str, out: Path) -> bytes:
    """The content of an object, which is also written below `out`."""
    content: bytes = bucket.blob(name).download_as_bytes()
    target = path_of(str(out), name)
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_bytes(content)
    return content
