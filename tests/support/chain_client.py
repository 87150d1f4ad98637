"""Uploads to a running chain, and reads the documents that it wrote."""

import json
import time
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import requests
from google.cloud.storage import Client
from jsonschema import Draft202012Validator

from pipeline.local.chain import RESULTS, UPLOADS, Chain
from pipeline.models import ObjectRef, Upload
from pipeline.outcomes.document import document_name, schema
from tests.support.audit import Document

VALIDATOR = Draft202012Validator(schema())


def upload(
    chain: Chain, name: str, content: bytes, metadata: Mapping[str, str] | None = None
) -> Upload:
    """Writes an object into the uploads bucket."""
    return upload_to(chain.client(), name, content, metadata)


def upload_to(
    client: Client, name: str, content: bytes, metadata: Mapping[str, str] | None = None
) -> Upload:
    """Writes an object into the uploads bucket of any storage server."""
    blob = client.bucket(UPLOADS).blob(name)
    blob.metadata = dict(metadata or {})
    blob.upload_from_string(content, content_type="application/octet-stream")
    ref = ObjectRef(UPLOADS, name, int(blob.generation))
    return Upload(ref, len(content), metadata=dict(metadata or {}))


def documents(chain: Chain) -> dict[str, dict[str, Any]]:
    """All current documents by name; each is valid against the schema."""
    found = {}
    for blob in chain.client().list_blobs(RESULTS):
        document = json.loads(blob.download_as_bytes())
        VALIDATOR.validate(document)
        found[blob.name] = document
    return found


def stored_documents(client: Client) -> dict[str, Document]:
    """All objects of the results bucket by name, not parsed."""

    def read(name: str) -> Document | None:
        blob = client.bucket(RESULTS).get_blob(name)
        if blob is None:
            return None  # deleted after the listing
        return Document(blob.download_as_bytes(), dict(blob.metadata or {}))

    names = [blob.name for blob in client.list_blobs(RESULTS)]
    with ThreadPoolExecutor(4) as pool:
        found = zip(names, pool.map(read, names), strict=True)
        return {name: document for name, document in found if document}


def document_of(chain: Chain, upload: Upload, seconds: float = 60) -> dict[str, Any]:
    """Waits for the document of exactly that generation."""
    name = document_name(upload.ref.name)

    def read() -> dict[str, Any] | None:
        blob = chain.client().bucket(RESULTS).get_blob(name)
        document = json.loads(blob.download_as_bytes()) if blob else None
        is_its = document and document["source"]["generation"] == str(upload.ref.generation)
        return document if is_its else None

    document = awaited(read, seconds)
    VALIDATOR.validate(document)
    return document


def push(chain: Chain, body: bytes) -> requests.Response:
    """Pushes to the subscriber as Pub/Sub does."""
    return requests.post(chain.subscriber_url, data=body, timeout=120)


def awaited(ask: Callable[[], Any], seconds: float = 60, *, pause: float = 0.05) -> Any:
    """Calls `ask` every `pause` seconds until its answer is true; returns that answer."""
    until = time.monotonic() + seconds
    while not (answer := ask()):
        assert time.monotonic() < until, f"still {answer!r} after {seconds} s"
        time.sleep(pause)
    return answer
