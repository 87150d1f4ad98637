"""The engine of the fault suite: reads coded pictures and performs the act of each.

`OCR_ENGINE=tests.faults.engines:CodedEngine`. If FAULTS_GATE names the suite's proxy,
the engine reports the stages decode and ocr there and waits for the answer.
"""

import http.client
import math
import os
import signal
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any
from urllib.parse import quote, urlsplit

import numpy as np

from pipeline.errors import EngineUnavailableError
from pipeline.images.image_file import ImageFile
from pipeline.images.pdf import PdfFile
from pipeline.models import Line, Page, Pixels
from tests.faults import coded

GATE = "FAULTS_GATE"


class CodedEngine:
    """Reads the pictures that `coded.picture` makes.

    Threading: has no state; may be shared.
    """

    def __init__(self) -> None:
        if GATE in os.environ:
            _report_decoding()

    @property
    def detector_sizes(self) -> Sequence[int]:
        return (1280,)

    def recognize(
        self,
        pixels: Pixels,
        *,
        detector_size: int | None = None,
        source_language: str | None = None,
    ) -> list[Line]:
        texts, act = coded.read(pixels)
        report("ocr", texts[0] if texts else "")
        lines = coded.lines(texts)
        return ACTS[act](lines) if act else lines

    def peak_bytes(self, width: int, height: int, *, detector_size: int | None = None) -> int:
        return width * height * 12

    def reserve_bytes(self) -> int:
        return 0

    def runtime(self) -> Mapping[str, Any]:
        return {}

    def describe(self) -> Mapping[str, Any]:
        return {"name": "coded"}


def _fail(_lines: list[Line]) -> list[Line]:
    raise EngineUnavailableError("the picture asks for this failure")


def _crash(_lines: list[Line]) -> list[Line]:
    # Sent to this thread, as a real fault is: a signal to the process goes to its main thread,
    # and this thread could write a document before that one ends the process.
    signal.raise_signal(signal.SIGSEGV)
    return []


def _allocate(_lines: list[Line]) -> list[Line]:
    """Allocates until the kernel kills the process; without a limit, kills the process directly."""
    held = [np.ones(_BLOCK, np.uint8) for _ in range(_MOST // _BLOCK)]
    os.kill(os.getpid(), signal.SIGKILL)
    return coded.lines([str(len(held))])


def _slow(lines: list[Line]) -> list[Line]:
    """Takes long enough for another recognition to crash in the meantime."""
    time.sleep(1)
    return lines


def _hang(_lines: list[Line]) -> list[Line]:
    threading.Event().wait()
    return []


def _odd(lines: list[Line]) -> list[Line]:
    """Returns control characters, blank lines, NumPy numbers and positions outside the picture."""
    blank = [replace(lines[0], text=text) for text in ("", " ", "\x00", "\ud800")]
    odd = []
    for line in lines:
        (_, top), _, (_, bottom), _ = line.polygon
        wide = ((-50.0, top), (9e9, top), (np.float32(9e9), bottom), (-50.0, bottom))
        odd_text = f"\x07{line.text}\x00"
        odd.append(replace(line, text=odd_text, confidence=np.float32(1.5), polygon=wide))
    return [*blank, *odd]


_BLOCK, _MOST = 64 * 2**20, 2**30
ACTS: Mapping[str, Callable[[list[Line]], Any]] = {
    "allocate": _allocate,
    "crash": _crash,
    "fail": _fail,
    "hang": _hang,
    "huge": lambda lines: [replace(line, text=line.text * 10_000) for line in lines],
    "nan": lambda lines: [replace(line, confidence=math.nan) for line in lines],
    "nowhere": lambda lines: [replace(line, polygon=((math.inf, 0.0),) * 4) for line in lines],
    "odd": _odd,
    "slow": _slow,
    "reverse": lambda lines: lines[::-1],
    "types": lambda lines: [{"text": line.text} for line in lines],
}


def report(stage: str, text: str) -> None:
    """Reports the stage of a delivery to the suite; returns when the suite answers."""
    gate = os.environ.get(GATE)
    if not gate:
        return
    connection = http.client.HTTPConnection(urlsplit(gate).netloc, timeout=120)
    try:
        connection.request("POST", f"/stage/{stage}/{quote(text, safe='')}", body=b"")
        connection.getresponse().read()
    finally:
        connection.close()


def _report_decoding() -> None:
    for kind in (ImageFile, PdfFile):
        kind.page = _reporting(kind.page)  # type: ignore[method-assign]


def _reporting(decode: Callable[..., Page]) -> Callable[..., Page]:
    def page(*arguments: Any, **options: Any) -> Page:
        decoded = decode(*arguments, **options)
        report("decode", coded.read(decoded.pixels)[0][0])
        return decoded

    return page
