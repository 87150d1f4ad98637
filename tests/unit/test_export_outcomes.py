"""EXPORTS: the service writes files beside the document, by compare-and-set, before it."""

import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from PIL import Image, ImageOps

from pipeline.capacity.admission import Budget, OcrThreads
from pipeline.config import Settings, load_settings
from pipeline.delivery.subscriber import Subscriber
from pipeline.errors import ConfigurationError, StoreUnavailableError
from pipeline.language.identification import LanguageIdentifier
from pipeline.models import Disposition, Outcome
from pipeline.outcomes.announcer import Announcer
from pipeline.outcomes.document import result_name
from pipeline.outcomes.exports import Exporter, ExportFile
from pipeline.presentation.exports.outcome_exports import OutcomeExports
from pipeline.telemetry import Timings
from tests.support.image_encoding import encoded
from tests.support.in_memory_service import RESULTS, UPLOADS, InMemoryService

EXPORTS = ("text", "hocr", "alto", "pdf")
PICTURE = encoded(ImageOps.expand(Image.new("RGB", (300, 200)), 50, "white"), "PNG")


@pytest.fixture
def service(identifier: LanguageIdentifier) -> InMemoryService:
    return InMemoryService(identifier, exports=EXPORTS)


def exporter(service: InMemoryService, *formats: str) -> OutcomeExports:
    return OutcomeExports(
        formats,
        store=service.store,
        threads=OcrThreads(2, service.budget),
        intake=Budget(8, lambda: 2**26),
        max_pixels=10**8,
    )


def subscriber(service: InMemoryService, made: Exporter | None = None) -> Subscriber:
    settings = Settings(uploads_bucket=UPLOADS, results_bucket=RESULTS, exports=EXPORTS)
    return Subscriber(
        settings,
        processor=service.processor,
        results=service.results,
        announcer=Announcer(service.results),
        exporter=made or exporter(service, *EXPORTS),
    )


def stored(service: InMemoryService, name: str) -> bytes:
    found = service.store.stat(RESULTS, name)
    assert found is not None, name
    return service.store.download(found.ref)


def test_the_document_names_files_that_are_there(service: InMemoryService) -> None:
    """Given EXPORTS, a delivery leaves each file, and a document that names them."""
    result = subscriber(service).handle_upload(service.upload(PICTURE), Timings())
    assert result.disposition is Disposition.DONE
    exports = service.document()["exports"]
    assert exports == {
        "text": "a.png.txt",
        "hocr": "a.png.hocr",
        "alto": "a.png.alto.xml",
        "pdf": "a.png.pdf",
    }
    assert stored(service, exports["text"]).decode().splitlines()[0] == "Prohibido el paso"
    assert stored(service, exports["pdf"]).startswith(b"%PDF-")


def test_a_picture_is_decoded_within_the_memory_budget(
    service: InMemoryService, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Given EXPORTS=pdf, its page is admitted by the bytes that decoding and encoding take."""
    upload = service.upload(PICTURE)
    outcome = service.processor.process(upload, deadline=time.monotonic() + 60, timings=Timings())
    admitted: list[int] = []
    admit = Budget.admit

    def recorded(self: Budget, size: int, **options: Any) -> Callable[[], None]:
        admitted.append(size)
        return admit(self, size, **options)

    monkeypatch.setattr(Budget, "admit", recorded)
    deadline = time.monotonic() + 60
    files = list(exporter(service, "text", "pdf").export(outcome, deadline=deadline))
    intake, slot = admitted
    assert intake == len(PICTURE) + 400 * 300
    assert len(files[1].content) < 400 * 300
    assert slot >= 2 * 3 * 400 * 300
    assert service.budget.admitted == (0, 0)


class _Broken:
    """Makes one file, then fails as a store does."""

    def export(self, outcome: Outcome, *, deadline: float) -> Iterator[ExportFile]:
        yield ExportFile("text", ".txt", "text/plain", b"first")
        raise StoreUnavailableError("no answer")


def test_no_document_stands_before_its_exports(service: InMemoryService) -> None:
    """Given an export that fails, there is no document, and the next delivery makes both."""
    upload = service.upload(PICTURE)
    with pytest.raises(StoreUnavailableError):
        subscriber(service, _Broken()).handle_upload(upload, Timings())
    assert service.store.stat(RESULTS, "a.png.json") is None
    subscriber(service).handle_upload(upload, Timings())
    assert set(service.document()["exports"]) == set(EXPORTS)


def test_an_older_generation_does_not_replace_a_newer_export(service: InMemoryService) -> None:
    """Given two generations delivered in the wrong order, the newer one's files stay."""
    older = service.upload(PICTURE)
    outcome = service.processor.process(older, deadline=time.monotonic() + 60, timings=Timings())
    newer = service.upload(PICTURE)
    subscriber(service).handle_upload(newer, Timings())
    before = service.store.stat(RESULTS, "a.png.txt")
    assert before is not None
    assert before.metadata["source-generation"] == str(newer.ref.generation)
    service.results.write_file(outcome, ".txt", b"old", content_type="text/plain")
    assert service.store.stat(RESULTS, "a.png.txt") == before


def test_exports_asked_for_later_are_made_when_the_upload_is_delivered_again(
    identifier: LanguageIdentifier,
) -> None:
    """Given a document made without EXPORTS, a delivery with them does the upload again."""
    service = InMemoryService(identifier)
    upload = service.upload(PICTURE)
    service.subscriber.handle_upload(upload, Timings())
    assert "exports" not in service.document()
    later = InMemoryService(identifier, store=service.store, exports=EXPORTS)
    assert subscriber(later).handle_upload(upload, Timings()).disposition is Disposition.DONE
    assert (
        subscriber(later).handle_upload(upload, Timings()).disposition is Disposition.ALREADY_DONE
    )


def test_an_unknown_format_is_refused_at_start(service: InMemoryService) -> None:
    """Given a format there is not, the error names those there are."""
    with pytest.raises(ConfigurationError, match="'docx' is unknown; name some of text, hocr"):
        exporter(service, "docx")


def test_the_setting_takes_a_list(monkeypatch: pytest.MonkeyPatch) -> None:
    """Given EXPORTS with spaces and a repetition, each format is there once; blank is none."""
    names = {"uploads_bucket": "a", "results_bucket": "b"}
    monkeypatch.setenv("EXPORTS", "pdf, hocr,pdf")
    assert load_settings(**names).exports == ("pdf", "hocr")
    monkeypatch.setenv("EXPORTS", " ")
    assert not load_settings(**names).exports


def test_names_of_exports_fit_and_keep_apart() -> None:
    """Given names at the limit of Cloud Storage, exports have names of their own that fit."""
    longest = ["x" * 1024, "x" * 1023 + "y", "é" * 512]
    names = {result_name(name, suffix) for name in longest for suffix in (".pdf", ".alto.xml")}
    assert len(names) == 6
    assert all(len(name.encode()) <= 1024 for name in names)
