"""The validation of lines that an OCR engine returns."""

import json
import math
from typing import Any

import numpy as np
import pytest

from pipeline.errors import EngineUnavailableError
from pipeline.models import Line
from pipeline.ocr.validation import validate_lines

QUAD = ((1.0, 2.0), (9.0, 2.0), (9.0, 4.0), (1.0, 4.0))


@pytest.mark.parametrize(
    "lines",
    [
        None,
        [None],
        ["hola"],
        [Line("hola", math.nan, QUAD)],
        [Line("hola", math.inf, QUAD)],
        [Line("hola", "1", QUAD)],  # type: ignore[arg-type]
        [Line("hola", None, QUAD)],  # type: ignore[arg-type]
        [Line(b"hola", 1.0, QUAD)],  # type: ignore[arg-type]
        [Line(7, 1.0, QUAD)],  # type: ignore[arg-type]
        [Line("hola", 1.0, QUAD[:3])],  # type: ignore[arg-type]
        [Line("hola", 1.0, (*QUAD[:3], (math.nan, 1.0)))],
        [Line("hola", 1.0, (*QUAD[:3], (1.0, math.inf)))],
        [Line("hola", 1.0, 5)],  # type: ignore[arg-type]
        [Line("hola" * 10_000, 1.0, QUAD)],
    ],
)
def test_an_invalid_line_is_an_engine_error(lines: Any) -> None:
    """Given an invalid line, when validated, then the error is transient and does not
    quote the text.
    """
    with pytest.raises(EngineUnavailableError) as refused:
        validate_lines(lines, 10, 5)
    assert "hola" not in str(refused.value)
    assert refused.value.__suppress_context__


def test_polygons_and_confidences_are_clamped() -> None:
    """Given numbers out of bounds, when validated, then they are clamped and are plain JSON."""
    quad = ((-3.0, -1.0), (np.float32(99), 0), (99.0, 99.0), (0.0, 99.0))
    lines = validate_lines([Line("hola", np.float32(1.5), quad)], 10, 5)  # type: ignore[arg-type]
    assert lines == [Line("hola", 1.0, ((0.0, 0.0), (10.0, 0.0), (10.0, 5.0), (0.0, 5.0)))]
    json.dumps([lines[0].confidence, lines[0].polygon])


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("\x07ho\x00la\x85", ["ho la"]),
        ("a\ud800b", ["a b"]),
        (" \n", []),
        ("", []),
        ("é 日", ["é 日"]),
    ],
)
def test_invalid_characters_become_spaces(text: str, kept: list[str]) -> None:
    """Given controls and lone surrogates, when validated, then they become spaces and
    blank lines go.
    """
    assert [line.text for line in validate_lines([Line(text, 1.0, QUAD)], 10, 5)] == kept
