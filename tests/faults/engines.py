"""The engine of the fault suite: reads coded pictures, and does what they say.

`OCR_ENGINE=tests.faults.engines:CodedEngine`. Where FAULTS_GATE names the suite's proxy, it
reports the stages decode and ocr there and goes on when answered.
"""

import http.client
import os
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import quote, urlsplit

from pipeline.errors import EngineUnavailableError
from pipeline.images import ImageFile
from pipeline.models import Line, Page, Pixels
from tests.faults import coded

GATE = "FAULTS_GATE"


class CodedEngine:
    """Reads what `coded.picture` wrote.

    Threading: keeps nothing; may be shared.
    """

    def __init__(self) -> None:
        if GATE in os.environ:
            _report_decoding()

    @property
    def sides(self) -> Sequence[int]:
        return (1280,)

    def recognize(self, pixels: Pixels, *, side: int | None = None) -> list[Line]:
        texts, act = coded.read(pixels)
        report("ocr", texts[0] if texts else "")
        lines = coded.lines(texts)
        return ACTS[act](lines) if act else lines

    def peak_bytes(self, width: int, height: int, *, side: int | None = None) -> int:
        return width * height * 12

    def describe(self) -> Mapping[str, Any]:
        return {"name": "coded"}


def _turned_round(lines: list[Line]) -> list[Line]:
    return lines[::-1]


def _failing(_lines: list[Line]) -> list[Line]:
    raise EngineUnavailableError("as the picture says")


ACTS = {"fail": _failing, "reverse": _turned_round}


def report(stage: str, told: str) -> None:
    """Tells the suite where a delivery is; returns when it lets it go on."""
    gate = os.environ.get(GATE)
    if not gate:
        return
    connection = http.client.HTTPConnection(urlsplit(gate).netloc, timeout=120)
    try:
        connection.request("POST", f"/stage/{stage}/{quote(told, safe='')}", body=b"")
        connection.getresponse().read()
    finally:
        connection.close()


def _report_decoding() -> None:
    decode = ImageFile.page

    def page(self: ImageFile, index: int, *, enough: int | None = None) -> Page:
        report("decode", "")
        return decode(self, index, enough=enough)

    ImageFile.page = page  # type: ignore[method-assign]
