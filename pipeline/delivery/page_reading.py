"""Reads the pages of an upload one after another, as many as the time allows."""

import time
from collections.abc import Callable

from pipeline.delivery.recognition import RecognizedPage
from pipeline.errors import OverloadedError

_READING_SHARE = 0.7
"""Share of the time until the deadline that reading may take.

The rest is for translation, exports and writing.
"""


def read_pages(
    recognize: Callable[[int, float], RecognizedPage],
    count: int,
    *,
    admit_by: float,
    deadline: float,
) -> list[RecognizedPage]:
    """The first pages; those that would end too late for the delivery are left out.

    The first page is always read. Another page is begun only if the slowest page so far would
    still end in time.

    Args:
        recognize: reads one page; takes its index and the `time.monotonic()` until which it
            may wait for a slot.
        count: number of pages.
        admit_by: until when the first page may wait.
        deadline: the delivery's.

    Raises:
        TransientError: a page failed, or the first got no slot.
    """
    started = time.monotonic()
    read_by = started + (deadline - started) * _READING_SHARE
    pages = [recognize(0, admit_by)]
    slowest = time.monotonic() - started
    for index in range(1, count):
        begun = time.monotonic()
        if begun + slowest > read_by:
            break
        try:
            pages.append(recognize(index, read_by))
        except OverloadedError:
            # A page that the decoder lacked memory for is read by another delivery.
            if time.monotonic() < read_by:
                raise
            break
        slowest = max(slowest, time.monotonic() - begun)
    return pages
