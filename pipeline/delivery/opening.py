"""Opens uploads within the limits of the settings and the memory for open PDFs."""

from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace

from pipeline.capacity.admission import Budget
from pipeline.images.headers import image_format
from pipeline.images.page_file import OpeningLimits, PageFile, open_file
from pipeline.images.pdf import held_bytes


@dataclass(frozen=True, slots=True)
class UploadOpener:
    """Opens uploads; `open_pdfs` admits each PDF by the bytes that it holds while it is open.

    Threading: may be shared.
    """

    limits: OpeningLimits
    open_pdfs: Budget

    @contextmanager
    def open(
        self, content: bytes, *, admit_by: float, max_pages: int | None = None
    ) -> Iterator[PageFile]:
        """The opened upload, closed when the block ends.

        Args:
            content: the whole upload.
            admit_by: a reading of `time.monotonic()`, for a PDF that waits for memory.
            max_pages: in place of the limit.

        Raises:
            PermanentError: as `open_file` has it.
            TransientError: not admitted by `admit_by`, or as `open_file` has it.
        """
        limits = replace(self.limits, max_pages=max_pages or self.limits.max_pages)
        if image_format(content) != "PDF":
            with closing(open_file(content, limits)) as image:
                yield image
            return
        release = self.open_pdfs.admit(held_bytes(content), admit_by=admit_by)
        try:
            with closing(open_file(content, limits)) as document:
                yield document
        finally:
            release()
