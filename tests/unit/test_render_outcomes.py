"""RENDER: the service writes translated pictures beside the document, by compare-and-set."""

import time
from collections.abc import Callable, Iterator
from io import BytesIO
from typing import Any

import cv2
import numpy as np
import pytest
from PIL import Image, ImageOps

from pipeline.capacity.admission import Budget
from pipeline.config import Settings, load_settings
from pipeline.delivery.subscriber import Subscriber
from pipeline.errors import ConfigurationError, StoreUnavailableError
from pipeline.language.identification import LanguageIdentifier
from pipeline.models import Disposition, Outcome
from pipeline.ocr.fake import FakeOcrEngine
from pipeline.outcomes.announcer import Announcer
from pipeline.outcomes.document_reader import parse_document
from pipeline.outcomes.renderings import PictureFile, RenderedPage, Renderer
from pipeline.presentation.rendering import fonts as rendering_fonts
from pipeline.presentation.rendering.fonts import Fonts, check_shaping
from pipeline.telemetry import Timings
from tests.support.image_encoding import encoded
from tests.support.in_memory_service import RESULTS, UPLOADS, InMemoryService
from tests.support.translated_pages import fonts


def framed(width: int, height: int) -> Image.Image:
    """A black box in a white frame: the fake engine finds its lines in the box."""
    return ImageOps.expand(Image.new("RGB", (width - 100, height - 100)), 50, "white")


PICTURE = encoded(framed(400, 300), "PNG")


@pytest.fixture(autouse=True)
def _fonts() -> None:
    fonts()


@pytest.fixture
def service(identifier: LanguageIdentifier) -> InMemoryService:
    return InMemoryService(identifier, render="png", target_languages=("en", "de"))


def with_renderer(service: InMemoryService, renderer: Renderer) -> Subscriber:
    settings = Settings(uploads_bucket=UPLOADS, results_bucket=RESULTS, render="png")
    return Subscriber(
        settings,
        processor=service.processor,
        results=service.results,
        announcer=Announcer(service.results),
        renderer=renderer,
    )


def stored(service: InMemoryService, name: str) -> bytes:
    found = service.store.stat(RESULTS, name)
    assert found is not None, name
    return service.store.download(found.ref)


@pytest.mark.parametrize(
    ("picture_format", "suffix", "magic"),
    [("png", "png", b"\x89PNG"), ("jpeg", "jpg", b"\xff\xd8"), ("webp", "webp", b"RIFF")],
)
def test_the_document_names_pictures_that_are_there(
    identifier: LanguageIdentifier, picture_format: str, suffix: str, magic: bytes
) -> None:
    """Given RENDER, a delivery leaves a picture for each language, as large as the original, and a
    document that names them.
    """
    service = InMemoryService(identifier, render=picture_format, target_languages=("en", "de"))
    result = service.subscriber.handle_upload(service.upload(PICTURE), Timings())
    assert result.disposition is Disposition.DONE
    document = service.document()
    assert document["renderings"] == [
        {"language": each, "page": 0, "uri": f"gs://{RESULTS}/a.png.{each}.{suffix}"}
        for each in ("en", "de")
    ]
    assert document["timings_ms"]["render"] > 0
    content = stored(service, f"a.png.en.{suffix}")
    assert content.startswith(magic)
    assert Image.open(BytesIO(content)).size == (400, 300)
    assert parse_document(stored(service, "a.png.json")).content["renderings"]


def test_without_render_there_is_no_picture(identifier: LanguageIdentifier) -> None:
    """Given no RENDER, the document has no such field, and its fingerprint is what it was."""
    plain = InMemoryService(identifier)
    upload = plain.upload(PICTURE)
    plain.subscriber.handle_upload(upload, Timings())
    assert "renderings" not in plain.document()
    drawing = InMemoryService(identifier, store=plain.store, render="png")
    assert plain.processor.fingerprint(upload) != drawing.processor.fingerprint(upload)
    done = drawing.subscriber.handle_upload(upload, Timings()).disposition
    again = drawing.subscriber.handle_upload(upload, Timings()).disposition
    assert (done, again) == (Disposition.DONE, Disposition.ALREADY_DONE)


def test_a_page_is_drawn_within_the_memory_budget(
    service: InMemoryService, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Given RENDER, each page is admitted by the bytes that decoding, drawing and encoding take,
    and all of them come back.
    """
    upload = service.upload(PICTURE)
    outcome = service.processor.process(upload, deadline=time.monotonic() + 60, timings=Timings())
    admitted: list[int] = []
    admit = Budget.admit

    def recorded(self: Budget, size: int, **options: Any) -> Callable[[], None]:
        admitted.append(size)
        return admit(self, size, **options)

    monkeypatch.setattr(Budget, "admit", recorded)
    assert service.renderer
    pages = list(service.renderer.render(outcome, deadline=time.monotonic() + 60))
    intake, *slots = admitted
    assert intake >= len(PICTURE) + 400 * 300
    assert len(slots) == len(pages) == 2
    assert min(slots) >= 9 * 400 * 300
    assert service.budget.admitted == (0, 0)


@pytest.mark.parametrize(
    ("spare", "code"),
    [(40, "rendering_reduced"), (10, "rendering_skipped")],
)
def test_a_picture_that_takes_too_much_memory_is_smaller_or_left_out(
    identifier: LanguageIdentifier, spare: int, code: str
) -> None:
    """Given less memory than a picture of 4 megapixels takes, it is drawn smaller, or, where even
    that is too much, not at all; the document says so and has its text all the same.
    """
    service = InMemoryService(identifier, render="png")
    upload = service.upload(encoded(framed(2000, 1500), "JPEG"))
    outcome = service.processor.process(upload, deadline=time.monotonic() + 60, timings=Timings())
    service.spare = spare << 20
    assert service.renderer
    [page] = service.renderer.render(outcome, deadline=time.monotonic() + 60)
    assert [str(warning.code) for warning in page.warnings] == [code]
    assert (page.file is None) == (code == "rendering_skipped")
    if page.file:
        width, height = Image.open(BytesIO(page.file.content)).size
        assert 500 <= width < 2000
        assert abs(width / height - 4 / 3) < 0.01


def test_warnings_of_the_renderer_are_in_the_document(identifier: LanguageIdentifier) -> None:
    """Given memory for recognition alone, the document has its translations and the warning."""
    service = InMemoryService(identifier, render="png")
    upload = service.upload(PICTURE)
    service.spare = 8 << 20
    service.subscriber.handle_upload(upload, Timings())
    document = service.document()
    assert "rendering_skipped" in [each["code"] for each in document["warnings"]]
    assert document["translations"]["en"]
    assert "renderings" not in document


def test_every_page_of_a_tiff_has_a_picture(identifier: LanguageIdentifier) -> None:
    """Given a TIFF of two pages, its pictures are numbered from the second page on."""
    service = InMemoryService(identifier, render="png")
    pages = [framed(400, 300) for _ in range(2)]
    stream = BytesIO()
    pages[0].save(stream, "TIFF", save_all=True, append_images=pages[1:])
    service.subscriber.handle_upload(service.upload(stream.getvalue(), "a.tiff"), Timings())
    renderings = service.document("a.tiff")["renderings"]
    assert [(each["page"], each["uri"].rsplit("/", 1)[1]) for each in renderings] == [
        (0, "a.tiff.en.png"),
        (1, "a.tiff.en.2.png"),
    ]


def test_a_picture_without_text_has_no_rendering(identifier: LanguageIdentifier) -> None:
    """Given a picture in which all text stays as it is, there is no translated picture."""
    service = InMemoryService(identifier, engine=FakeOcrEngine(["12,50"]), render="png")
    service.subscriber.handle_upload(service.upload(PICTURE), Timings())
    assert "renderings" not in service.document()
    assert service.store.stat(RESULTS, "a.png.en.png") is None


class _Broken:
    """Draws one page, then fails as a store does."""

    def render(self, outcome: Outcome, *, deadline: float) -> Iterator[RenderedPage]:
        yield RenderedPage("en", 0, PictureFile(".en.png", "image/png", b"first"))
        raise StoreUnavailableError("no answer")


def test_no_document_stands_before_its_pictures(service: InMemoryService) -> None:
    """Given a renderer that fails, there is no document, and the next delivery makes both."""
    upload = service.upload(PICTURE)
    with pytest.raises(StoreUnavailableError):
        with_renderer(service, _Broken()).handle_upload(upload, Timings())
    assert service.store.stat(RESULTS, "a.png.json") is None
    service.subscriber.handle_upload(upload, Timings())
    assert len(service.document()["renderings"]) == 2


def test_an_older_generation_does_not_replace_a_newer_picture(service: InMemoryService) -> None:
    """Given two generations delivered in the wrong order, the newer one's picture stays."""
    older = service.upload(PICTURE)
    outcome = service.processor.process(older, deadline=time.monotonic() + 60, timings=Timings())
    newer = service.upload(PICTURE)
    service.subscriber.handle_upload(newer, Timings())
    before = service.store.stat(RESULTS, "a.png.en.png")
    assert before is not None
    assert before.metadata["source-generation"] == str(newer.ref.generation)
    service.results.write_file(outcome, ".en.png", b"old", content_type="image/png")
    assert service.store.stat(RESULTS, "a.png.en.png") == before


def test_a_png_is_what_was_decoded_outside_of_the_text(identifier: LanguageIdentifier) -> None:
    """Given RENDER=png, the picture that is written has the pixels of the upload, but for the
    places of its paragraphs.
    """
    service = InMemoryService(identifier, render="png")
    noise = np.random.default_rng(3).integers(0, 256, (300, 400, 3), np.uint8)
    upload = encoded(Image.fromarray(noise), "PNG")
    service.subscriber.handle_upload(service.upload(upload), Timings())
    written = np.asarray(Image.open(BytesIO(stored(service, "a.png.en.png"))).convert("RGB"))
    outside = np.ones((300, 400), np.uint8)
    for paragraph in service.document()["pages"][0]["paragraphs"]:
        polygon = np.array(paragraph["polygon"]).round().astype(np.int32)
        cv2.fillConvexPoly(outside, polygon, [0])
    assert (written[outside == 1] == noise[outside == 1]).all()
    assert (written != noise).any()


def test_the_setting_is_checked(monkeypatch: pytest.MonkeyPatch) -> None:
    """Given a format there is not, the error names those there are."""
    monkeypatch.setenv("RENDER", "gif")
    with pytest.raises(ConfigurationError, match=r"RENDER.*'none', 'png', 'jpeg' or 'webp'"):
        load_settings(uploads_bucket="a", results_bucket="b")


@pytest.mark.parametrize(
    ("language", "package"), [("en", "fonts-noto-core"), ("ja", "fonts-noto-cjk")]
)
def test_absent_fonts_are_named_at_start(language: str, package: str, tmp_path: Any) -> None:
    """Given no font for a target language, the error says what to type."""
    with pytest.raises(ConfigurationError, match=f"{language}: type `apt-get install {package}`"):
        Fonts([tmp_path]).check([language])


def test_an_absent_library_for_both_directions_is_named_at_start(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Given no FriBiDi, the error says what to type."""
    check_shaping()
    monkeypatch.setattr(rendering_fonts.features, "check", lambda name: name != "fribidi")
    with pytest.raises(ConfigurationError, match="type `apt-get install libfribidi0`"):
        Fonts().check(["en"])
