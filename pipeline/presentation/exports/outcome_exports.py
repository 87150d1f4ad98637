"""The exports of one outcome, within the memory of a service: EXPORTS."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from pipeline.capacity.admission import Budget, OcrThreads, latest_admission
from pipeline.capacity.process_memory import trim_heap
from pipeline.delivery.opening import UploadOpener
from pipeline.delivery.recognition import target_long_side
from pipeline.errors import ConfigurationError
from pipeline.images.page_file import PageFile
from pipeline.models import Outcome, PageText
from pipeline.outcomes.document import render
from pipeline.outcomes.document_reader import Document, parse_document
from pipeline.outcomes.exports import ExportFile
from pipeline.presentation.exports.formats import FILE_FORMATS, FileFormat, check_installed
from pipeline.presentation.exports.pictures import Jpeg, page_jpeg
from pipeline.stores.base import Store

_JPEG_BYTES_A_PIXEL = 1
"""Bytes that a page's JPEG and its copy in the file take at most; half of it is usual."""


class OutcomeExports:
    """Renders outcomes; pictures are decoded on the OCR threads, admitted by their bytes."""

    def __init__(
        self,
        formats: Sequence[str],
        *,
        store: Store,
        threads: OcrThreads,
        intake: Budget,
        opener: UploadOpener,
    ) -> None:
        """`intake` bounds the bytes of downloaded pictures and of finished pages.

        Raises:
            ConfigurationError: a format is unknown, or its libraries are not installed.
        """
        for name in formats:
            if name not in FILE_FORMATS:
                raise ConfigurationError(
                    f"EXPORTS: {name!r} is unknown; name some of {', '.join(FILE_FORMATS)}"
                )
            check_installed(name)
        self._formats = {name: FILE_FORMATS[name] for name in formats}
        self._store = store
        self._threads = threads
        self._intake = intake
        self._opener = opener

    def export(self, outcome: Outcome, *, deadline: float) -> Iterator[ExportFile]:
        """See `Exporter.export`."""
        document = parse_document(render(outcome))
        for name, each in self._formats.items():
            if each.shows_picture:
                content = self._with_picture(each, outcome, document, deadline)
            else:
                content = each.render(document, None)
            yield ExportFile(name, each.suffix, each.content_type, content)

    def _with_picture(
        self, file_format: FileFormat, outcome: Outcome, document: Document, deadline: float
    ) -> bytes:
        admit_by = latest_admission(deadline)
        pixels = sum(_most_pixels(page) for page in outcome.pages)
        held = outcome.upload.size + pixels * _JPEG_BYTES_A_PIXEL
        release = self._intake.admit(held, admit_by=admit_by)
        try:
            content = self._store.download(outcome.upload.ref)
            pages = max(1, len(outcome.pages))
            with self._opener.open(content, admit_by=admit_by, max_pages=pages) as image:
                pictures = _AdmittedPictures(image, self._threads, admit_by, deadline)
                return file_format.render(document, pictures)
        finally:
            release()


@dataclass(frozen=True, slots=True)
class _AdmittedPictures:
    """The pages of one image; each takes an OCR slot and its bytes while it is decoded."""

    image: PageFile
    threads: OcrThreads
    admit_by: float
    deadline: float

    def page(self, document: Document, page: PageText) -> Jpeg:
        """See `Pictures.page`."""
        min_long_side = target_long_side(page.width, page.height)
        width, height = self.image.decoded_size(page.index, min_long_side=min_long_side)
        decoding = self.image.decode_peak_bytes(page.index, min_long_side=min_long_side)

        def work() -> Jpeg:
            picture = page_jpeg(self.image, page, document.source)
            trim_heap()
            return picture

        # The encoder takes a copy of the pixels, and its result.
        size = decoding + (3 + _JPEG_BYTES_A_PIXEL) * width * height
        return self.threads.run(work, size=size, admit_by=self.admit_by, deadline=self.deadline)


def _most_pixels(page: PageText) -> int:
    """The most pixels that a page is decoded to: a decoder shrinks it from twice the target on."""
    shorter, longer = sorted((page.width, page.height))
    target = target_long_side(page.width, page.height)
    return min(shorter * longer, 4 * target * target * shorter // longer)
