"""Fits the weights of the evidence for a paragraph break to the pages that may be tuned on.

Run `python -m benchmarks.layout_pages.fit`. It prints the weights beside those in
`pipeline/layout/thresholds.py`, and how many breaks are decided wrongly on kinds of pages that
were left out of the fit. Logistic regression (Cox 1958), fitted by Newton's method with a
quadratic penalty. Each page counts with and without the evidence from its pixels.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from pipeline.images.line_style import line_styles
from pipeline.layout.grouping import Evidence, evidence
from pipeline.layout.regions import regions_of
from pipeline.layout.thresholds import WEIGHTS
from pipeline.models import LineStyle
from tests.support.layout_pages.files import CONDITIONS, TUNING, WEAK_KINDS, LayoutPage, pages
from tests.support.layout_pages.scores import unit_of_each_line

Vector = NDArray[np.float64]

_PENALTY = 2.0
_WITHOUT_PIXELS = 0.4
_FULL_PAGE = 30


@dataclass(frozen=True, slots=True)
class Example:
    """Two neighbouring rows: the evidence between them, and whether a unit ends there.

    A page with more than 30 pairs weighs as the root of their number; a pair weighs 0.4 where
    the pixels are not used.
    """

    kind: str
    pixels: bool
    weight: float
    found: Evidence
    is_break: bool


def main() -> None:
    """Prints the cross-validated errors and the fitted weights."""
    examples = [
        example
        for condition in CONDITIONS
        for part in (TUNING, WEAK_KINDS)
        for page in pages(part, condition)
        for styles in (line_styles(page.pixels(), page.lines), None)
        for example in _examples(page, styles)
    ]
    matrix = np.array([[each.found.get(name, 0.0) for name in WEIGHTS] for each in examples])
    breaks = np.array([each.is_break for each in examples], np.float64)
    weights = np.array([each.weight for each in examples])
    kinds = np.array([each.kind for each in examples])
    pixels = np.array([each.pixels for each in examples])
    wrong = np.zeros(len(examples), bool)
    for kind in sorted(set(kinds)):
        out = kinds == kind
        fitted = fit(matrix[~out], breaks[~out], weights[~out])
        wrong[out] = (matrix[out] @ fitted > 0) != (breaks[out] > 0)
    print(f"pairs decided wrongly, each of {len(set(kinds))} kinds of page left out in turn:")
    print(f"  with pixels {wrong[pixels].sum()} of {pixels.sum()}, without {wrong[~pixels].sum()}")
    print("evidence: fitted weight (in use)")
    for name, value in zip(WEIGHTS, fit(matrix, breaks, weights), strict=True):
        print(f"  {name}: {value:.2f} ({WEIGHTS[name]})")


def _examples(page: LayoutPage, styles: Sequence[LineStyle] | None) -> Iterator[Example]:
    owner = unit_of_each_line(page)
    pairs = [
        (owner.get(above.lines[-1]), owner.get(below.lines[0]), found)
        for region in regions_of(page.lines, styles)
        for (above, below), found in zip(
            pairwise(region.rows), evidence(region.rows, region.beside), strict=True
        )
    ]
    known = [(one, other, found) for one, other, found in pairs if None not in (one, other)]
    weight = float((_FULL_PAGE / max(len(known), _FULL_PAGE)) ** 0.5)
    weight *= 1.0 if styles else _WITHOUT_PIXELS
    for one, other, found in known:
        yield Example(page.name.split("-")[0], styles is not None, weight, found, one != other)


def fit(matrix: Vector, breaks: Vector, weights: Vector) -> Vector:
    """The log-odds for each column of `matrix` that make `breaks` most likely."""
    fitted = np.zeros(matrix.shape[1])
    penalty = _PENALTY * np.eye(len(fitted))
    for _ in range(30):
        likely = 1 / (1 + np.exp(-matrix @ fitted))
        slope = matrix.T @ (weights * (likely - breaks)) + penalty @ fitted
        curve = (matrix.T * (weights * likely * (1 - likely))) @ matrix + penalty
        step = np.linalg.solve(curve, slope)
        fitted = fitted - step
        if np.abs(step).max() < 1e-6:
            break
    return fitted


if __name__ == "__main__":
    main()
