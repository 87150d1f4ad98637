"""The audit without a chain: each single fault in a bucket or a log is one finding."""

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from pipeline.models import Line, ObjectRef, Outcome, PageText, Paragraph, Status, Upload
from pipeline.outcomes.document import render
from tests.support.audit import Document, Evidence, Expected, audit
from tests.support.numbered_pictures import text_of

QUAD = ((0.0, 0.0), (10.0, 0.0), (10.0, 5.0), (0.0, 5.0))
UPLOADS = {"10.img": 7, "11.img": 8}


def upload_of(name: str) -> Upload:
    return Upload(ObjectRef("uploads", name, UPLOADS.get(name, 1)), 10)


def own_text(name: str) -> str:
    return text_of(int(name.removesuffix(".img")))


def document(name: str, text: str = "") -> Document:
    words = text or own_text(name)
    paragraph = Paragraph(words, QUAD, (Line(words, 1.0, QUAD),), "es", 1.0)
    outcome = Outcome(
        upload=upload_of(name),
        status=Status.TRANSLATED,
        fingerprint="f",
        pages=(PageText(0, 20, 10, 0, (paragraph,)),),
    )
    metadata = {
        "source-generation": str(outcome.upload.ref.generation),
        "status": "translated",
        "fingerprint": "f",
        "languages": "es",
    }
    return Document(render(outcome), metadata)


def line(name: str, disposition: str = "done") -> dict[str, Any]:
    return {
        "object": f"gs://uploads/{name}",
        "generation": str(UPLOADS.get(name, 1)),
        "disposition": disposition,
    }


class Bucket:
    """Two uploads, their documents and the lines of their deliveries, without a fault."""

    def __init__(self) -> None:
        self.documents = {f"{name}.json": document(name) for name in UPLOADS}
        self.lines = [line(name) for name in UPLOADS] + [line("10.img", "already_done")]

    def findings(self) -> list[str]:
        return audit(
            Evidence(
                [Expected(upload_of(name), (own_text(name),)) for name in UPLOADS],
                self.documents,
                "\n".join(map(json.dumps, self.lines)),
                marked=None,
                every_write_is_logged=True,
            )
        )


def older(bucket: Bucket) -> None:
    changed = json.loads(bucket.documents["10.img.json"].content)
    changed["source"]["generation"] = "6"
    rewrite(bucket, changed)


def invalid(bucket: Bucket) -> None:
    rewrite(bucket, json.loads(bucket.documents["10.img.json"].content) | {"status": "half"})


def rewrite(bucket: Bucket, changed: dict[str, Any]) -> None:
    found = bucket.documents["10.img.json"]
    bucket.documents["10.img.json"] = replace(found, content=json.dumps(changed).encode())


def test_the_audit_has_no_finding_for_one_document_each() -> None:
    """Given one document for each upload and an acknowledged duplicate, when audited,
    then there is no finding.
    """
    assert Bucket().findings() == []


@pytest.mark.parametrize(
    ("damage", "finding"),
    [
        (
            lambda bucket: bucket.documents.pop("11.img.json"),
            "11.img: generation 8 has no document",
        ),
        (
            lambda bucket: bucket.documents.update({"12.img.json": document("12.img")}),
            "12.img.json is a document without an upload",
        ),
        (older, "10.img: generation 6 has the document, and 7 is the newest"),
        (invalid, "10.img: its document is not valid: [\"'half' is not one of"),
        (
            lambda bucket: bucket.documents.update(
                {"10.img.json": document("10.img", text_of(11))}
            ),
            "10.img: it reads 'Prohibido el paso 11'",
        ),
        (
            lambda bucket: bucket.lines.append(line("10.img")),
            "10.img: the log has 2 writes of generation 7",
        ),
        (lambda bucket: bucket.lines.pop(0), "10.img: the log has 0 writes of generation 7"),
        (lambda bucket: bucket.lines.pop(1), "11.img: no delivery of generation 8 ended"),
    ],
    ids=["lost", "extra", "older", "invalid", "another's text", "twice", "not written", "no end"],
)
def test_the_audit_finds_each_fault(damage: Callable[[Bucket], Any], finding: str) -> None:
    """Given one fault of any kind, when audited, then the only finding names the
    object and the fault.
    """
    bucket = Bucket()
    damage(bucket)
    [found] = bucket.findings()
    assert found.startswith(finding)
