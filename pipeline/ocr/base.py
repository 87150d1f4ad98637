"""What an OCR engine promises."""

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from pipeline.models import Line, Pixels


class OcrEngine(Protocol):
    """Recognises the text of one page.

    Threading: `recognize` is called from MAX_WORKER_THREADS dedicated threads, up to
    MAX_CONCURRENT_OCR at once. An engine that may not be shared between threads keeps
    one instance a thread by itself. The same pixels give the same lines whatever runs
    beside them.
    """

    @property
    def detector_sizes(self) -> Sequence[int]:
        """Longest sides in pixels a detector may see a page with: its own first, then smaller."""
        ...

    def recognize(self, pixels: Pixels, *, detector_size: int | None = None) -> list[Line]:
        """Reads `pixels` (height x width x 3, BGR, left unchanged) with one of `detector_sizes`.

        Returns lines with non-blank text; polygons in pixels of `pixels`, clockwise
        from the text's own top left; in no promised order.

        Raises:
            EngineUnavailableError: the engine failed; the image is not known to be at fault.
                Its message repeats nothing that was read: it is logged.
        """
        ...

    def peak_bytes(self, width: int, height: int, *, detector_size: int | None = None) -> int:
        """An upper estimate of what `recognize` takes at its peak, for a page of that size.

        Includes the pixels handed over; `width` and `height` are theirs.
        """
        ...

    def reserve_bytes(self) -> int:
        """What recognitions may still come to hold together, beside each page's own peak."""
        ...

    def describe(self) -> Mapping[str, Any]:
        """Name, models and the settings that change the output: part of the fingerprint."""
        ...

    def runtime(self) -> Mapping[str, Any]:
        """How it runs on this machine: for the first log line, not part of the fingerprint."""
        ...
