"""The soak's own instruments: pictures that carry a number, and the audit."""

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.audit import Filed, problems
from benchmarks.numbered import NumberEngine, picture, text_of
from benchmarks.soak import percentiles
from pipeline.images.image_file import open_image
from pipeline.models import Line, ObjectRef, Outcome, PageText, Paragraph, Status, Upload
from pipeline.outcomes.document import render

QUAD = ((0.0, 0.0), (10.0, 0.0), (10.0, 5.0), (0.0, 5.0))
UPLOADS = {"10.img": 7, "11.img": 8}


def filed(name: str, text: str = "") -> Filed:
    number = int(name.removesuffix(".img"))
    words = text or text_of(number)
    paragraph = Paragraph(words, QUAD, (Line(words, 1.0, QUAD),), "es", 1.0)
    outcome = Outcome(
        upload=Upload(ObjectRef("uploads", name, UPLOADS.get(name, 1)), 10),
        status=Status.TRANSLATED,
        fingerprint="f",
        pages=(PageText(0, 20, 10, 0, (paragraph,)),),
    )
    document = json.loads(render(outcome))
    return Filed(f"{name}.json", datetime(2026, 1, 1, tzinfo=UTC), document)


def line(name: str, disposition: str = "done") -> dict[str, Any]:
    generation = str(UPLOADS.get(name, 1))
    return {
        "object": f"gs://uploads/{name}",
        "generation": generation,
        "disposition": disposition,
    }


class Bucket:
    """Two uploads, their documents and the lines of their deliveries; all is well."""

    def __init__(self) -> None:
        self.documents = [filed(name) for name in UPLOADS]
        self.lines = [line(name) for name in UPLOADS] + [line("10.img", "already_done")]

    def problems(self) -> list[str]:
        def is_own(name: str, text: str) -> bool:
            return text == text_of(int(name.removesuffix(".img")))

        return problems(UPLOADS, self.documents, self.lines, is_own=is_own)


def older(bucket: Bucket) -> None:
    first = bucket.documents[0]
    source = {**first.document["source"], "generation": "6"}
    bucket.documents[0] = replace(first, document={**first.document, "source": source})


def invalid(bucket: Bucket) -> None:
    first = bucket.documents[0]
    bucket.documents[0] = replace(first, document={**first.document, "status": "half"})


def test_the_audit_is_content_with_one_document_for_each() -> None:
    """Given a document for each upload and a duplicate that was acknowledged, nothing is wrong."""
    assert Bucket().problems() == []


@pytest.mark.parametrize(
    ("damage", "said"),
    [
        (lambda bucket: bucket.documents.pop(), "11.img is lost"),
        (lambda bucket: bucket.documents.append(filed("12.img")), "12.img.json has no upload"),
        (older, "10.img.json is of another generation"),
        (invalid, "10.img.json: 'half' is not one of"),
        (
            lambda bucket: bucket.documents.__setitem__(0, filed("10.img", text_of(11))),
            "10.img.json has the text",
        ),
        (lambda bucket: bucket.lines.append(line("10.img")), "10.img was written 2 times"),
        (lambda bucket: bucket.lines.pop(1), "11.img was written 0 times"),
    ],
    ids=["lost", "extra", "older", "invalid", "another's text", "twice", "not told"],
)
def test_the_audit_finds_what_is_wrong(damage: Callable[[Bucket], Any], said: str) -> None:
    """Given one fault of any kind, the audit names the object and the fault, and nothing else."""
    bucket = Bucket()
    damage(bucket)
    [found] = bucket.problems()
    assert found.startswith(said)


@given(st.integers(0, 65_535))
def test_the_engine_reads_the_number_of_every_picture(number: int) -> None:
    """Given any number, what is read in its picture's pixels is that number's text."""
    page = open_image(picture(number), max_pixels=10**6, max_pages=1).page(0)
    assert [read.text for read in NumberEngine().recognize(page.pixels)] == [text_of(number)]


def test_percentiles_are_of_the_nearest_rank() -> None:
    """Given 1 to 200 milliseconds, the 50th percentile is 100, the 95th 190, the 99th 198."""
    assert percentiles(range(200, 0, -1)) == "p50 100 ms, p95 190 ms, p99 198 ms"
    assert percentiles([]) == "none"
