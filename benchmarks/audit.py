"""Whether every upload became exactly one document, and its own."""

import json
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from google.cloud.storage import Client
from jsonschema import Draft202012Validator

from pipeline.local.chain import RESULTS, UPLOADS
from pipeline.outcomes.document import document_name, schema

_VALIDATOR = Draft202012Validator(schema())


@dataclass(frozen=True, slots=True)
class Filed:
    """A document as it stands in the results bucket, and when it was written."""

    name: str
    written_at: datetime
    document: Mapping[str, Any]


def uploaded(client: Client) -> dict[str, int]:
    """The generation of every upload, by its name."""
    return {blob.name: int(blob.generation) for blob in client.list_blobs(UPLOADS)}


def filed(client: Client) -> list[Filed]:
    """Every document there is."""
    return [
        Filed(blob.name, blob.time_created, json.loads(blob.download_as_bytes()))
        for blob in client.list_blobs(RESULTS)
    ]


def deliveries(log: Path) -> Iterator[dict[str, Any]]:
    """The canonical line of every delivery."""
    for line in log.read_text().splitlines():
        told = json.loads(line) if line.startswith("{") else {}
        if told.get("event") == "delivery":
            yield told


def problems(
    uploads: Mapping[str, int],
    documents: Sequence[Filed],
    lines: Iterable[Mapping[str, Any]],
    *,
    is_own: Callable[[str, str], bool],
) -> list[str]:
    """One sentence for each upload that has not exactly one document, its own, written once.

    Args:
        uploads: the generation of each, by the object's name.
        documents: what the results bucket holds.
        lines: the canonical lines of all deliveries.
        is_own: whether a text can be that of the object of this name.
    """
    by_name = {document_name(name): name for name in uploads}
    lost = by_name.keys() - {one.name for one in documents}
    found = [f"{by_name[name]} is lost" for name in lost]
    for one in documents:
        name = by_name.get(one.name)
        if name is None:
            found.append(f"{one.name} has no upload")
            continue
        found += [f"{one.name}: {error.message}" for error in _VALIDATOR.iter_errors(one.document)]
        if one.document["source"]["generation"] != str(uploads[name]):
            found.append(f"{one.name} is of another generation than {uploads[name]}")
        if not is_own(name, one.document["text"]):
            found.append(f"{one.name} has the text {one.document['text']!r}")
    writes = Counter(
        (line["object"], line["generation"]) for line in lines if line["disposition"] == "done"
    )
    for name, generation in uploads.items():
        times = writes[f"gs://{UPLOADS}/{name}", str(generation)]
        if times != 1:
            found.append(f"{name} was written {times} times")
    return sorted(found)
