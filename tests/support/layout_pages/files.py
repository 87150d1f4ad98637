"""The committed pages: truth, recognised lines and pictures."""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from pipeline.models import Line, Pixels
from tests.support.layout_pages.degrade import Homography, degrade

FOLDER = Path(__file__).parent
PARTS = TUNING, WEAK_KINDS, HELD_OUT = "tuning", "weak_kinds", "held_out"
CONDITIONS = CLEAN, DEGRADED = "clean", "degraded"

Box = tuple[float, float, float, float]
"""Left, top, right, bottom in pixels of the clean picture."""


@dataclass(frozen=True, slots=True)
class Unit:
    """A true unit of text; one box for each line of each of its text nodes."""

    text: str
    boxes: tuple[Box, ...]


@dataclass(frozen=True, slots=True)
class LayoutPage:
    """A page in one condition: the true units in reading order, and the recognised lines.

    `homography` takes a point of the clean picture to the same point of this one.
    """

    path: Path
    condition: str
    language: str
    units: tuple[Unit, ...]
    lines: tuple[Line, ...]
    homography: Homography

    @property
    def name(self) -> str:
        """The page's file name without its ending."""
        return self.path.stem

    def pixels(self) -> Pixels:
        """The picture in this condition."""
        clean = picture(self.path.with_suffix(".webp"))
        return clean if self.condition == CLEAN else degrade(clean, self.name)[0]


def pages(part: str, condition: str) -> Iterator[LayoutPage]:
    """The pages of a part that have recognised lines, by name."""
    for path in sorted((FOLDER / part).glob("*.json")):
        truth = json.loads(path.read_text("utf-8"))
        if "readings" in truth:
            reading = truth["readings"][condition]
            yield LayoutPage(
                path,
                condition,
                truth["language"],
                tuple(
                    Unit(unit["text"], tuple((a, b, c, d) for a, b, c, d in unit["rects"]))
                    for unit in truth["units"]
                ),
                tuple(map(_line, reading["lines"])),
                np.array(reading["homography"], np.float64),
            )


def picture(path: Path) -> Pixels:
    """Reads a picture."""
    with Image.open(path) as image:
        return np.ascontiguousarray(np.asarray(image.convert("RGB"))[:, :, ::-1])


def to_json(truth: Mapping[str, Any]) -> str:
    """JSON with each unit and each recognised line in a line of the file."""
    text = json.dumps(truth, ensure_ascii=False, separators=(",", ":"))
    return re.sub(r'(?<=[\[,{])(?=\{"(?:order|text)"|"readings"|"degraded")', "\n", text) + "\n"


def _line(record: Mapping[str, Any]) -> Line:
    a, b, c, d = ((x, y) for x, y in record["polygon"])
    return Line(record["text"], record["confidence"], (a, b, c, d))
