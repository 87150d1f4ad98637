"""Layout algorithms under one signature, with and without the page's pixels."""

import importlib
import inspect
from collections.abc import Callable, Sequence

from pipeline.images.line_style import line_styles
from pipeline.layout.paragraphs import paragraphs
from pipeline.models import Line, Paragraph, Pixels

Algorithm = Callable[[Sequence[Line], Callable[[], Pixels]], Sequence[Paragraph]]


def with_pixels(lines: Sequence[Line], pixels: Pixels) -> Sequence[Paragraph]:
    """The layout that documents have, with the evidence from the pixels."""
    return paragraphs(lines, line_styles(pixels, lines))


def load(name: str) -> Algorithm:
    """The algorithm `module:function`; the page's pixels are made only for one that takes them."""
    module, _, function = name.partition(":")
    found = getattr(importlib.import_module(module), function)
    if "pixels" in inspect.signature(found).parameters:
        return lambda lines, pixels: found(lines, pixels())
    return lambda lines, _: found(lines)
