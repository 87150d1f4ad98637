"""Pictures for the review page: downloaded, decoded and shrunk within the memory of the service."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager

from pipeline.capacity.admission import Budget
from pipeline.capacity.process_memory import trim_heap
from pipeline.errors import ImageTooLargeError, ObjectGoneError, OverloadedError
from pipeline.images.page_file import OpeningLimits, PageFile, open_file
from pipeline.models import ObjectRef
from pipeline.presentation.report import previews
from pipeline.stores.base import Store

PICTURES_AT_ONCE = 4
"""Downloaded pictures that the service holds; the others wait."""
WAIT_SECONDS = 20.0
"""Time that a request may wait for memory, or for its turn to download."""
_BYTES_A_RESULT_PIXEL = 8
"""The shrunk pixels, their copy for the encoder, and the JPEG."""


class ReviewPictures:
    """Small JPEGs of stored pictures.

    Threading: may be shared.
    """

    def __init__(self, store: Store, budget: Budget, *, max_bytes: int, max_pixels: int) -> None:
        """`budget` must leave room for PICTURES_AT_ONCE downloads of `max_bytes`."""
        self._store = store
        self._budget = budget
        self._capacity = budget.capacity
        self._max_bytes = max_bytes
        self._max_pixels = max_pixels
        self._downloads = threading.BoundedSemaphore(PICTURES_AT_ONCE)

    def jpeg(
        self, bucket: str, name: str, *, generation: int | None, page: int, thumbnail: bool
    ) -> bytes:
        """A page of a picture; without `generation` of the newest one.

        Raises:
            ObjectGoneError: there is no such object, or it was overwritten.
            PermanentError: it is no picture that can be shown.
            TransientError: the bucket does not answer, or no memory became free.
        """
        admit_by = time.monotonic() + WAIT_SECONDS
        with (
            self._download_slot(),
            closing(self._opened(bucket, name, generation, page)) as image,
        ):
            if page >= image.page_count:
                raise ObjectGoneError(f"gs://{bucket}/{name} has no page {page + 1}")
            whole = image.page_size(page)
            size = previews.thumbnail_size(whole) if thumbnail else previews.page_size(whole)
            release = self._admit(image, page, size, admit_by)
            try:
                pixels = previews.decode(image, page, size)
                encode = previews.thumbnail_jpeg if thumbnail else previews.page_jpeg
                return encode(pixels, size)
            finally:
                release()
                trim_heap()

    def _opened(self, bucket: str, name: str, generation: int | None, page: int) -> PageFile:
        found = self._store.stat(bucket, name)
        if found is None:
            raise ObjectGoneError(f"gs://{bucket}/{name} does not exist any more")
        if generation not in (None, found.ref.generation):
            raise ObjectGoneError(f"gs://{bucket}/{name} was overwritten since it was read")
        if found.size > self._max_bytes:
            raise ImageTooLargeError(
                f"gs://{bucket}/{name} has {found.size} bytes; MAX_IMAGE_BYTES allows"
                f" {self._max_bytes}"
            )
        content = self._store.download(ObjectRef(bucket, name, found.ref.generation))
        return open_file(content, OpeningLimits(self._max_pixels, page + 1))

    def _admit(
        self, image: PageFile, page: int, size: previews.Size, admit_by: float
    ) -> Callable[[], None]:
        width, height = image.decoded_size(page, min_long_side=max(size))
        peak = image.decode_peak_bytes(page, min_long_side=max(size))
        needed = peak + _BYTES_A_RESULT_PIXEL * width * height
        if needed > self._capacity:
            raise ImageTooLargeError(
                f"showing this picture takes {needed >> 20} MiB, and the review service has"
                f" {self._capacity >> 20} MiB for it"
            )
        return self._budget.admit(needed, admit_by=admit_by)

    @contextmanager
    def _download_slot(self) -> Iterator[None]:
        if not self._downloads.acquire(timeout=WAIT_SECONDS):
            raise OverloadedError(f"{PICTURES_AT_ONCE} pictures are being read already")
        try:
            yield
        finally:
            self._downloads.release()
