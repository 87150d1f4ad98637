"""The Protocol of OCR engines."""

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from pipeline.models import Line, Pixels


class OcrEngine(Protocol):
    """Recognises the text of one page.

    Threading: MAX_WORKER_THREADS dedicated threads call `recognize`, up to MAX_CONCURRENT_OCR
    of them at the same time. An engine whose models must not be shared keeps one instance for
    each thread. Concurrent calls must not change the result for the same pixels.
    """

    @property
    def detector_sizes(self) -> Sequence[int]:
        """Longest sides of the detector's picture in pixels: the default, then smaller ones."""
        ...

    def recognize(
        self,
        pixels: Pixels,
        *,
        detector_size: int | None = None,
        source_language: str | None = None,
    ) -> list[Line]:
        """Reads `pixels` (height x width x 3, BGR) with one of `detector_sizes`.

        `source_language` is a BCP-47 tag, where the text's language is given. Does not change
        `pixels`. Returns lines in any order; polygons are in pixels of `pixels`, clockwise from
        the top left corner of the text when upright. A line without text has `unread_script`.

        Raises:
            EngineUnavailableError: the engine failed for a reason that may not be the image. The
                message is logged, so it must not contain recognised text.
        """
        ...

    def peak_bytes(self, width: int, height: int, *, detector_size: int | None = None) -> int:
        """An upper estimate of the peak memory of `recognize` for pixels of that size.

        Includes the pixels themselves.
        """
        ...

    def reserve_bytes(self) -> int:
        """Memory that all recognitions together may still allocate, beside each page's peak."""
        ...

    def describe(self) -> Mapping[str, Any]:
        """Name, models and the settings that change the output: part of the fingerprint."""
        ...

    def runtime(self) -> Mapping[str, Any]:
        """How it runs on this machine: for the first log line, not part of the fingerprint."""
        ...
