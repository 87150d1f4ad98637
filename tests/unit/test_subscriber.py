"""The subscriber from a delivery to its document, with a fake engine and an in-memory store."""

import io
import json
import struct
import time
import zlib
from collections.abc import Callable
from dataclasses import replace
from threading import Event
from typing import Any

import pikepdf
import pytest

from pipeline.delivery.notification import parse_push
from pipeline.delivery.recognition import SUSPECT_ATTEMPT
from pipeline.errors import DeadlineExceededError, OverloadedError, StoreUnavailableError
from pipeline.language.identification import LanguageIdentifier
from pipeline.models import Disposition, Line, ObjectRef, Pixels, Upload
from pipeline.ocr.fake import FakeOcrEngine
from pipeline.stores.in_memory import InMemoryStore
from pipeline.telemetry import Timings
from tests.support.in_memory_service import RESULTS, UPLOADS, InMemoryService
from tests.support.made_pdfs import page_tree, pdf_of_texts, saved, with_javascript
from tests.support.push_bodies import push_body, push_of
from tests.support.text_pictures import encoded, picture_of


@pytest.fixture
def service(identifier: LanguageIdentifier) -> InMemoryService:
    return InMemoryService(identifier)


def bomb() -> bytes:
    """A PNG with a header of 60000 x 60000."""
    header = struct.pack(">IIBBBBB", 60_000, 60_000, 8, 2, 0, 0, 0)
    chunks = [(b"IHDR", header), (b"IDAT", zlib.compress(b"\0" * 1000)), (b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))
        for kind, body in chunks
    )


def truncated() -> bytes:
    whole = encoded(picture_of("cut short"), "JPEG")
    return whole[: len(whole) // 2]


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (lambda: b"certainly no image", "unsupported_image"),
        (lambda: b"", "unsupported_image"),
        (truncated, "corrupt_image"),
        (bomb, "image_too_large"),
        (lambda: b"%PDF-1.7\n", "corrupt_image"),
    ],
    ids=["no image", "zero bytes", "truncated", "bomb", "pdf"],
)
def test_a_bad_image_is_a_failed_document_at_once(
    service: InMemoryService, content: Callable[[], bytes], code: str
) -> None:
    """Given a file that cannot be read, when delivered once, then its document is failed with a
    stable code.
    """
    result = service.deliver(push_of(service.upload(content())))
    assert (result.disposition, result.code) == (Disposition.FAILED, code)
    document = service.document()
    assert document["status"] == "failed"
    assert document["error"]["code"] == code


def test_a_huge_object_is_refused_before_download(service: InMemoryService) -> None:
    """Given a notification of 200 MB, when delivered, then it fails and no download is tried."""
    result = service.deliver(push_body("huge.tif", size=200_000_000))
    assert result.code == "image_too_large"
    assert "MAX_IMAGE_BYTES" in service.document("huge.tif")["error"]["message"]


def test_a_picture_above_the_memory_limit_is_refused_with_advice(
    identifier: LanguageIdentifier,
) -> None:
    """Given less memory than decoding needs, when delivered, then the picture fails
    and the process lives.
    """
    service = InMemoryService(identifier, spare=1_000_000)
    picture = picture_of("large").resize((2000, 2000))
    result = service.deliver(push_of(service.upload(encoded(picture, "WEBP"))))
    assert result.code == "image_too_large"
    assert "more memory" in service.document()["error"]["message"]


def test_a_failure_is_tried_again_with_other_limits(identifier: LanguageIdentifier) -> None:
    """Given a picture refused as too large, when the limits are raised, then it is
    processed again.
    """
    small = InMemoryService(identifier, max_image_pixels=1000)
    body = push_of(small.upload(encoded(picture_of("any"))))
    assert small.deliver(body).disposition is Disposition.FAILED
    refused = small.store.stat(RESULTS, "a.png.json")
    assert small.deliver(body).disposition is Disposition.ALREADY_DONE
    assert small.store.stat(RESULTS, "a.png.json") == refused
    large = InMemoryService(identifier, store=small.store)
    assert large.deliver(body).disposition is Disposition.DONE
    assert large.document()["status"] == "translated"


def test_a_picture_waits_for_memory_that_is_in_use(
    identifier: LanguageIdentifier,
) -> None:
    """Given memory that is in use, when a picture needs it, then the error is
    transient and a retry succeeds.
    """
    service = InMemoryService(identifier)
    body = push_of(service.upload(encoded(picture_of("large").resize((2000, 2000)), "WEBP")))
    service.spare = 1_000_000
    with pytest.raises(OverloadedError, match="for the moment"):
        service.deliver(body)
    service.spare = 2**30
    assert service.deliver(body).disposition is Disposition.DONE


class OnceHangingEngine(FakeOcrEngine):
    """Hangs until `ends` is set."""

    def __init__(self) -> None:
        super().__init__()
        self.ends = Event()

    def recognize(
        self,
        pixels: Pixels,
        *,
        detector_size: int | None = None,
        source_language: str | None = None,
    ) -> list[Line]:
        """See `OcrEngine.recognize`."""
        self.ends.wait()
        return super().recognize(
            pixels, detector_size=detector_size, source_language=source_language
        )


def attempted(service: InMemoryService, upload: Upload, attempt: int) -> Disposition:
    delivery = replace(parse_push(push_of(upload)), attempt=attempt)
    return service.subscriber.handle(delivery, Timings()).disposition


def test_an_upload_of_many_attempts_is_recognised_alone(identifier: LanguageIdentifier) -> None:
    """Given a page in recognition, a suspect upload waits until nothing runs beside it."""
    service = InMemoryService(identifier, delivery_deadline_seconds=1.0)
    upload = service.upload(encoded(picture_of("any")))
    release = service.budget.admit(1, admit_by=time.monotonic())
    with pytest.raises(OverloadedError):
        attempted(service, upload, SUSPECT_ATTEMPT)
    release()
    assert attempted(service, upload, SUSPECT_ATTEMPT) is Disposition.DONE


def test_an_upload_of_few_attempts_is_recognised_beside_others(
    identifier: LanguageIdentifier,
) -> None:
    """Given a page in recognition, an upload that was turned away before takes the other slot."""
    service = InMemoryService(identifier)
    upload = service.upload(encoded(picture_of("any")))
    service.budget.admit(1, admit_by=time.monotonic())
    assert attempted(service, upload, SUSPECT_ATTEMPT - 1) is Disposition.DONE


def test_an_upload_that_hung_is_never_recognised_alone(identifier: LanguageIdentifier) -> None:
    """Given a page that outlived a deadline, many attempts do not make it block the others."""
    engine = OnceHangingEngine()
    service = InMemoryService(identifier, engine=engine, delivery_deadline_seconds=1.0)
    upload = service.upload(encoded(picture_of("any")))
    with pytest.raises(DeadlineExceededError):
        attempted(service, upload, 1)
    engine.ends.set()
    # Admitted once the late recognition has released its slot and memory.
    service.budget.admit(1, admit_by=time.monotonic() + 10, alone=True)()
    service.budget.admit(1, admit_by=time.monotonic())
    assert attempted(service, upload, SUSPECT_ATTEMPT) is Disposition.DONE


@pytest.mark.parametrize("key", ["target-languages", "source-language"])
def test_an_unknown_language_is_a_failed_document(service: InMemoryService, key: str) -> None:
    """Given metadata with an unknown language, when delivered, then the upload fails
    with a code for that.
    """
    upload = service.upload(encoded(picture_of("x")), metadata={key: "klingonish"})
    assert service.deliver(push_of(upload)).code == "unsupported_language"
    assert "klingonish" in service.document()["error"]["message"]


def test_a_good_image_is_translated(service: InMemoryService) -> None:
    """Given a picture with text, when delivered, then its document has lines, languages and
    translations.
    """
    result = service.deliver(push_of(service.upload(encoded(picture_of("any")))))
    assert result.disposition is Disposition.DONE
    assert result.lines == 2
    document = service.document()
    assert document["status"] == "translated"
    assert document["pages"][0]["lines"][0]["text"] == "Prohibido el paso"
    assert "en" in document["translations"]


def test_a_blank_image_has_no_text(service: InMemoryService) -> None:
    """Given a picture of one colour, when delivered, then the status is no_text and not failed."""
    service.deliver(push_of(service.upload(encoded(picture_of()))))
    assert service.document()["status"] == "no_text"


def test_metadata_overrides_settings(service: InMemoryService) -> None:
    """Given languages in the metadata, when delivered, then they apply to this upload."""
    metadata = {"target-languages": "fr, de", "source-language": "es"}
    service.deliver(push_of(service.upload(encoded(picture_of("any")), metadata=metadata)))
    assert set(service.document()["translations"]) == {"fr", "de"}


def test_other_target_languages_are_processed_again(service: InMemoryService) -> None:
    """Given a document in one language, when a delivery asks for another, then the
    document is rewritten.
    """
    upload = service.upload(encoded(picture_of("any")))
    service.deliver(push_of(upload))
    assert service.deliver(push_of(upload)).disposition is Disposition.ALREADY_DONE
    wanted = Upload(upload.ref, upload.size, metadata={"target-languages": "fr"})
    assert service.deliver(push_of(wanted)).disposition is Disposition.DONE
    assert set(service.document()["translations"]) == {"fr"}


@pytest.mark.parametrize(
    "name",
    [
        "with space.png",
        "日本語/メニュー.png",
        "../../etc/passwd",
        "a#b?c.png",
        "x" * 1000,
        "a.json",
    ],
)
def test_any_name_gets_its_document(service: InMemoryService, name: str) -> None:
    """Given a name with spaces, unicode, dots, hashes or 1,000 characters, when delivered, then it
    has a document.
    """
    service.deliver(push_of(service.upload(encoded(picture_of("any")), name)))
    assert service.document(name)["source"]["name"] == name


@pytest.mark.parametrize(
    "body",
    [
        push_body("folder/"),
        push_body(event_type="OBJECT_DELETE"),
        push_body(event_type="SOMETHING_NEW"),
        push_body(bucket="elsewhere"),
        push_body(bucket=RESULTS),
    ],
    ids=["folder", "deletion", "unknown event", "other bucket", "results bucket"],
)
def test_other_events_are_ignored(service: InMemoryService, body: bytes) -> None:
    """Given a folder, another event or another bucket, when delivered, then nothing is written."""
    assert service.deliver(body).disposition is Disposition.IGNORED
    assert (
        service.dead_letters.handle(parse_push(body), Timings()).disposition is Disposition.IGNORED
    )


def test_a_deleted_object_is_gone(service: InMemoryService) -> None:
    """Given an object deleted before its delivery, when delivered, then it is gone
    and has no document.
    """
    upload = service.upload(encoded(picture_of("any")))
    service.store.delete(UPLOADS, "a.png")
    assert service.deliver(push_of(upload)).disposition is Disposition.GONE
    assert service.store.stat(RESULTS, "a.png.json") is None


def test_an_overwritten_object_is_left_to_the_newer_delivery(service: InMemoryService) -> None:
    """Given two generations, when both are delivered, then the older is gone and the
    newer has a document.
    """
    old = service.upload(encoded(picture_of("any")))
    new = service.upload(encoded(picture_of("any", "more")))
    assert service.deliver(push_of(old)).disposition is Disposition.GONE
    assert service.deliver(push_of(new)).disposition is Disposition.DONE
    assert service.document()["source"]["generation"] == str(new.ref.generation)
    assert service.deliver(push_of(old)).disposition is Disposition.STALE


def test_a_long_tiff_is_read_up_to_the_limit(identifier: LanguageIdentifier) -> None:
    """Given more pages than MAX_PAGES, when delivered, then a warning reports the skipped pages."""
    service = InMemoryService(identifier, max_pages=2)
    pages = [picture_of(f"page {number}") for number in range(5)]
    buffer = io.BytesIO()
    pages[0].save(buffer, "TIFF", save_all=True, append_images=pages[1:])
    service.deliver(push_of(service.upload(buffer.getvalue())))
    document = service.document()
    assert len(document["pages"]) == 2
    assert document["warnings"][0]["code"] == "pages_skipped"


class LeanEngine(FakeOcrEngine):
    """Needs 100 bytes for every pixel of a square with side `detector_size`."""

    detector_sizes = (1000, 500)

    def peak_bytes(self, width: int, height: int, *, detector_size: int | None = None) -> int:
        return 100 * (detector_size or 1000) ** 2


def test_a_page_above_the_budget_is_read_at_a_smaller_size(identifier: LanguageIdentifier) -> None:
    """Given a page above the budget, when delivered, then a smaller detector size is
    used, with a warning.
    """
    service = InMemoryService(identifier, spare=30_000_000, engine=LeanEngine(["hola"]))
    service.deliver(push_of(service.upload(encoded(picture_of("any")))))
    document = service.document()
    assert document["status"] == "translated"
    assert document["warnings"][0]["code"] == "detection_reduced"


def test_a_dead_letter_becomes_a_failed_document(service: InMemoryService) -> None:
    """Given a dead letter, when handled, then the failed document has the number of attempts."""
    body = json.loads(push_body("never.png"))
    body["message"]["attributes"]["CloudPubSubDeadLetterSourceDeliveryCount"] = "5"
    result = service.dead_letters.handle(parse_push(json.dumps(body).encode()), Timings())
    assert result.disposition is Disposition.FAILED
    assert service.document("never.png")["error"] == {
        "code": "attempts_exhausted",
        "message": service.document("never.png")["error"]["message"],
        "attempts": 5,
    }


def test_a_dead_letter_does_not_replace_a_good_document(service: InMemoryService) -> None:
    """Given a good document, when a dead letter of it is handled, then nothing changes."""
    upload = service.upload(encoded(picture_of("any")))
    service.deliver(push_of(upload))
    result = service.dead_letters.handle(parse_push(push_of(upload)), Timings())
    assert result.disposition is Disposition.ALREADY_DONE
    assert service.document()["status"] == "translated"


def test_a_delivery_is_retried_when_the_store_is_down(service: InMemoryService) -> None:
    """Given a store that is down, when delivered, then no document is written and a
    retry succeeds.
    """

    class Down(InMemoryStore):
        def download(self, ref: ObjectRef) -> bytes:
            raise StoreUnavailableError("down")

    upload = service.upload(encoded(picture_of("any")))
    service.processor._store = Down()
    with pytest.raises(StoreUnavailableError):
        service.deliver(push_of(upload))
    assert service.store.stat(RESULTS, "a.png.json") is None
    service.processor._store = service.store
    assert service.deliver(push_of(upload)).disposition is Disposition.DONE


def test_slots_and_bytes_are_released(service: InMemoryService) -> None:
    """Given good, bad and gone uploads, when all are delivered, then no slot or
    byte stays taken.
    """
    gone = service.upload(encoded(picture_of("gone")), "gone.png")
    service.store.delete(UPLOADS, "gone.png")
    for upload in (
        service.upload(encoded(picture_of("any"))),
        service.upload(truncated(), "b.png"),
        gone,
    ):
        service.deliver(push_of(upload))
    assert service.budget.admitted == (0, 0)
    assert service.processor._intake.admitted == (0, 0)


def delivered_pdf(identifier: LanguageIdentifier, pdf: pikepdf.Pdf, **changes: Any) -> Any:
    """The document of a PDF."""
    service = InMemoryService(identifier, **changes)
    service.deliver(push_of(service.upload(saved(pdf), "a.pdf")))
    return service.document("a.pdf")


def test_a_pdf_has_places_in_pixels_and_the_size_in_points(identifier: LanguageIdentifier) -> None:
    """Given a PDF, when delivered, then each page has both sizes and the source of its text."""
    document = delivered_pdf(identifier, pdf_of_texts([["EXIT"]] * 2, size=(720, 360)))
    assert [page["index"] for page in document["pages"]] == [0, 1]
    for page in document["pages"]:
        assert (page["width"], page["height"]) == (2000, 1000)
        assert (page["width_points"], page["height_points"]) == (720, 360)
        assert page["text_source"] == "ocr"
    assert document["text"].startswith("Prohibido el paso")


@pytest.mark.parametrize(
    ("pdf_text", "source", "first"),
    [("layer", "text_layer", "EXIT"), ("auto", "ocr", "Prohibido el paso")],
)
def test_a_text_layer_is_taken_as_set(
    identifier: LanguageIdentifier, pdf_text: str, source: str, first: str
) -> None:
    """Given a layer that the engine does not see, then `layer` takes it, and `auto` does not."""
    pdf = pdf_of_texts([["EXIT"], []])
    document = delivered_pdf(identifier, pdf, pdf_text=pdf_text)
    sources = [page["text_source"] for page in document["pages"]]
    assert sources == [source, "ocr"]
    assert document["pages"][0]["lines"][0]["text"] == first


def test_a_long_pdf_names_the_pages_beyond_the_limit(identifier: LanguageIdentifier) -> None:
    """Given more pages than MAX_PAGES, then the document has the first, and the warning."""
    document = delivered_pdf(identifier, pdf_of_texts([["EXIT"]] * 5), max_pages=2)
    assert len(document["pages"]) == 2
    (warning,) = document["warnings"]
    assert warning["code"] == "pages_skipped"
    assert warning["message"].startswith("3 pages beyond MAX_PAGES=2")


def test_a_slow_pdf_names_the_pages_that_the_deadline_left_out(
    identifier: LanguageIdentifier,
) -> None:
    """Given an engine that is too slow for all pages, then the document has the first, and the
    warning names the others.
    """

    class SlowEngine(FakeOcrEngine):
        def recognize(
            self,
            pixels: Pixels,
            *,
            detector_size: int | None = None,
            source_language: str | None = None,
        ) -> list[Line]:
            time.sleep(0.7)
            return super().recognize(
                pixels, detector_size=detector_size, source_language=source_language
            )

    document = delivered_pdf(
        identifier,
        pdf_of_texts([["EXIT"]] * 9),
        engine=SlowEngine(["Prohibido el paso"]),
        delivery_deadline_seconds=4,
    )
    read = len(document["pages"])
    assert 1 <= read <= 4
    (warning,) = document["warnings"]
    assert warning["code"] == "pages_skipped"
    assert warning["message"].startswith(f"the last {9 - read} of 9 pages")


def test_attachments_and_scripts_of_a_pdf_are_named(identifier: LanguageIdentifier) -> None:
    """Given a PDF with a script, when delivered, then the document warns of it."""
    document = delivered_pdf(identifier, with_javascript(pdf_of_texts([["EXIT"]])))
    assert [warning["code"] for warning in document["warnings"]] == ["javascript_not_run"]


@pytest.mark.parametrize(
    "box", [b"[0 0 0 0]", b"[0 0 0.001 0.001]", b"[0 0 9 9] /CropBox [5 5 5 5]"]
)
def test_a_page_without_area_has_a_valid_document(
    identifier: LanguageIdentifier, box: bytes
) -> None:
    """Given a page box without area, when delivered, then the document is valid."""
    service = InMemoryService(identifier)
    content = page_tree(b"/Kids [3 0 R] /Count 1", page=b"/MediaBox " + box)
    service.deliver(push_of(service.upload(content)))
    (page,) = service.document()["pages"]
    assert page["width_points"] > 0
