"""Prints the share of dead letters, the time and the cost of each scenario; writes the plots."""

import argparse
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console
from rich.table import Table

from benchmarks.simulate import scenarios
from benchmarks.simulate.model import Load, Result, Simulation
from benchmarks.simulate.rules import Assumptions, Settings

_DAY_IMAGES = 1_000_000
_DAY_PEAK = 45.0


@dataclass(frozen=True, slots=True)
class Case:
    """One simulation, by the names of its scenario."""

    load: str
    setting: str
    assumption: str
    settings: Settings
    assumptions: Assumptions
    images: int

    def run(self) -> Result:
        """Simulates the load."""
        load: Load = scenarios.burst(self.images)
        seconds = 1
        if self.load == "day":
            load, seconds = scenarios.day(self.images), scenarios.DAY
        return Simulation(self.settings, self.assumptions, load, seconds=seconds, seed=1).run()


def main() -> None:
    """Runs every case on all cores."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--plots", type=Path, help="folder for the SVG files; needs matplotlib")
    options = parser.parse_args()
    cases = [*bursts(), *days()]
    with ProcessPoolExecutor() as pool:
        results = list(pool.map(Case.run, cases))
    console = Console(width=150)
    console.print(table(cases, results))
    if options.plots:
        from benchmarks.simulate import plots

        plots.write(options.plots, list(zip(cases, results, strict=True)))


def bursts() -> list[Case]:
    """Every burst: the defaults under every assumption, the others under the outer ones."""
    return [
        Case(f"{images:,} at once", setting, assumption, settings, assumptions, images)
        for images in scenarios.BURSTS
        for setting, settings in scenarios.SETTINGS.items()
        for assumption, assumptions in scenarios.ASSUMPTIONS.items()
        if settings == scenarios.PUSH or _is_outer(settings, assumption)
    ]


def days() -> list[Case]:
    """A day of a million images, with the instances that its peak needs."""
    return [
        Case(
            "day",
            f"{delivery}, peak_load {_DAY_PEAK:.0f}",
            assumption,
            scenarios.settings_for(_DAY_PEAK, delivery=delivery, cpu_seconds=0.6),
            assumptions,
            _DAY_IMAGES,
        )
        for delivery in ("push", "pull")
        for assumption, assumptions in scenarios.ASSUMPTIONS.items()
        if _is_outer(scenarios.Settings(delivery=delivery), assumption)
    ]


def _is_outer(settings: Settings, assumption: str) -> bool:
    """The best and the worst assumption; a pull is never refused, so they are one for it."""
    is_worst = assumption == "both at their worst" and settings.delivery == "push"
    return assumption == "backoff honoured" or is_worst


def table(cases: list[Case], results: list[Result]) -> Table:
    """A row for each case."""
    printed = Table(title="healthy images only: every dead letter was turned away")
    for column in ("load", "settings", "assumption"):
        printed.add_column(column)
    for column in ("dead letters", "refusals", "attempts", "hours", "instances", "USD"):
        printed.add_column(column, justify="right")
    for case, result in zip(cases, results, strict=True):
        printed.add_row(
            case.load,
            case.setting,
            case.assumption,
            f"{100 * result.dead_lettered / result.images:.2f} %",
            f"{result.refusals / result.images:.2f}",
            str(result.most_attempts),
            f"{result.seconds / 3600:.2f}",
            str(result.most_instances),
            f"{result.usd(case.settings):.2f}",
        )
    return printed


if __name__ == "__main__":
    main()
