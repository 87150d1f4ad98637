"""Long PDFs through a subscriber process with the real engine, at default limits, in 1 GiB."""

import json
import random
from collections.abc import Sequence
from difflib import SequenceMatcher
from pathlib import Path
from typing import Any

import pytest
from wordfreq import top_n_list

from pipeline.local.chain import RESULTS
from pipeline.ocr.model_files import is_installed
from pipeline.outcomes.document import document_name
from tests.conftest import missing
from tests.e2e.test_hostile_input import LIMIT_MB, watching
from tests.support.chain_client import VALIDATOR, upload_to
from tests.support.made_pdfs import pdf_of_texts, saved
from tests.support.push_bodies import push_of
from tests.support.service_process import ROOT, serving

LEAST_LIKENESS = 0.98


def text_pages(pages: int, lines: int) -> list[list[str]]:
    """Lines of common words in four languages, the same every time."""
    chance = random.Random(16)
    words = [top_n_list(language, 2_000) for language in ("en", "es", "fr", "de")]
    return [
        [" ".join(chance.choices(words[page % 4], k=7)) for _ in range(lines)]
        for page in range(pages)
    ]


def document_of(folder: Path, content: bytes) -> dict[str, Any]:
    """The document of a PDF, delivered once; the memory stays within the limit."""
    if not is_installed("openvino", ROOT / "models"):
        missing("the OCR models (make setup)")
    real = {
        "MEMORY_LIMIT_MB": str(LIMIT_MB),
        "OCR_ENGINE": "openvino",
        "OCR_MODEL_DIR": str(ROOT / "models"),
        "TRANSLATOR": "none",
    }
    with serving(folder, real) as service, watching(service.worker) as measured:
        upload = upload_to(service.client, "long.pdf", content)
        answer = service.push(push_of(upload))
        assert answer.status_code == 204, answer.text
        blob = service.client.bucket(RESULTS).blob(document_name("long.pdf"))
        document: dict[str, Any] = json.loads(blob.download_as_bytes())
    VALIDATOR.validate(document)
    total = document["timings_ms"]["total"] / 1000
    print(  # noqa: T201 - the measurements
        f"\n{len(document['pages'])} pages in {total:.0f} s, peak {measured.peak_mb:.0f} MiB"
    )
    assert measured.peak_mb <= LIMIT_MB
    return document


def likeness(page: dict[str, Any], truth: Sequence[str]) -> float:
    read = " ".join(paragraph["text"] for paragraph in page["paragraphs"])
    return SequenceMatcher(None, read, " ".join(truth), autojunk=False).ratio()


@pytest.mark.parametrize(
    ("pages", "lines"), [(10, 20), (100, 4)], ids=["ten pages", "a hundred pages"]
)
def test_every_page_of_a_long_pdf_is_read(tmp_path: Path, pages: int, lines: int) -> None:
    """Given a long PDF, when delivered once, then its document has each page's text."""
    truth = text_pages(pages, lines)
    document = document_of(tmp_path, saved(pdf_of_texts(truth)))
    assert [page["index"] for page in document["pages"]] == list(range(pages))
    assert "pages_skipped" not in {warning["code"] for warning in document["warnings"]}
    alike = [likeness(page, lines) for page, lines in zip(document["pages"], truth, strict=True)]
    print(f"likeness {min(alike):.4f} at least, {sum(alike) / pages:.4f} on average")  # noqa: T201
    assert min(alike) >= LEAST_LIKENESS
