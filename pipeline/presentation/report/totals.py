"""Time by stage, of one document and of many; sums over documents; the cost by list prices."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from pipeline.models import Status

STAGES = (
    "download",
    "slot_wait",
    "decode",
    "ocr",
    "layout",
    "translate",
    "render",
    "export",
    "write",
)
"""The parts of `timings_ms` in their order; `queued` was before the delivery began."""

_USD_PER_CHARACTER = 20 / 1e6
"""Cloud Translation, https://cloud.google.com/translate/pricing"""
_USD_PER_INSTANCE_SECOND = 2 * 0.000024 + 2 * 0.0000025
"""Cloud Run with 2 vCPU and 2 GiB, https://cloud.google.com/run/pricing"""

_IMPOSSIBLE = 1e15
"""No count, size or time of an image reaches it."""


@dataclass(frozen=True, slots=True)
class Stage:
    """A part of a bar: its name, milliseconds, and place in percent of the whole bar."""

    name: str
    milliseconds: float
    start: float
    share: float

    @property
    def shown(self) -> str:
        """The time with its unit."""
        if self.milliseconds < 1000:
            return f"{self.milliseconds:.0f} ms"
        return f"{self.milliseconds / 1000:,.1f} s"


def stages(timings_ms: Mapping[str, Any]) -> tuple[Stage, ...]:
    """The bar of the stages that took time; `other` is the rest of `total`."""
    spent = {name: number_of(timings_ms.get(name)) for name in STAGES}
    spent["other"] = max(0.0, number_of(timings_ms.get("total")) - sum(spent.values()))
    whole = sum(spent.values())
    found, start = [], 0.0
    for name, milliseconds in spent.items():
        if milliseconds > 0:
            share = 100 * milliseconds / whole
            found.append(Stage(name, milliseconds, round(start, 2), round(share, 2)))
            start += share
    return tuple(found)


@dataclass(slots=True)
class Totals:
    """Sums over documents."""

    documents: int = 0
    by_status: dict[str, int] = field(default_factory=lambda: dict.fromkeys(map(str, Status), 0))
    lines: int = 0
    characters_translated: int = 0
    characters_billed: int = 0
    timings_ms: dict[str, float] = field(default_factory=dict)

    def add(self, status: str, lines: int, content: Mapping[str, Any]) -> None:
        """Counts a document."""
        self.documents += 1
        self.by_status[status] += 1
        self.lines += lines
        usage = content.get("usage")
        if isinstance(usage, Mapping):
            self.characters_translated += int(number_of(usage.get("characters_translated")))
            self.characters_billed += int(number_of(usage.get("characters_billed")))
        timings = content.get("timings_ms")
        if isinstance(timings, Mapping):
            for name, value in timings.items():
                self.timings_ms[name] = self.timings_ms.get(name, 0.0) + number_of(value)

    @property
    def stages(self) -> tuple[Stage, ...]:
        """The bar of all documents together."""
        return stages(self.timings_ms)

    @property
    def translation_usd(self) -> float:
        """The list price of the billed characters."""
        return self.characters_billed * _USD_PER_CHARACTER

    @property
    def compute_usd(self) -> float:
        """The list price of the time, as if each image had an instance for itself."""
        return self.timings_ms.get("total", 0.0) / 1000 * _USD_PER_INSTANCE_SECOND

    @property
    def usd(self) -> str:
        """Both prices together, with two digits that say something."""
        both = self.translation_usd + self.compute_usd
        return f"{both:,.2f}" if both >= 0.1 or both == 0 else f"{both:.2g}"


def number_of(raw: object) -> float:
    """A count, size or time of a document's JSON; 0 for anything that cannot be one."""
    if not isinstance(raw, int | float) or not 0 <= raw < _IMPOSSIBLE:
        return 0.0
    return float(raw)
