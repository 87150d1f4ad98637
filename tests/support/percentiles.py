"""Percentiles of measured times."""

from collections.abc import Iterable


def percentiles(milliseconds: Iterable[float]) -> str:
    """The 50th, 95th and 99th percentile by nearest rank."""
    ordered = sorted(milliseconds)
    if not ordered:
        return "none"
    ranks = {percent: -(-len(ordered) * percent // 100) for percent in (50, 95, 99)}
    return ", ".join(f"p{percent} {ordered[rank - 1]:.0f} ms" for percent, rank in ranks.items())
