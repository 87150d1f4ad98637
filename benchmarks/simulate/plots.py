"""The plots of docs/scale.md, as SVG; the only module that needs matplotlib."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import matplotlib as mpl
from matplotlib import pyplot

mpl.use("svg")
# Reproducible files: fixed ids, no date. Text stays text, which keeps them small.
mpl.rcParams["svg.hashsalt"] = "image-translation"
mpl.rcParams["svg.fonttype"] = "none"
_METADATA = {"Date": None, "Creator": None}
_POINTS = 150


def write(folder: Path, runs: list[tuple[Any, Any]]) -> None:
    """Writes one file for each plot; `runs` are the cases with their results."""
    folder.mkdir(parents=True, exist_ok=True)
    _save(folder / "scale-dead-letters.svg", lambda axes: dead_letters(axes, runs))
    _save(folder / "scale-burst.svg", lambda axes: backlog(axes, runs))
    _save(folder / "scale-day.svg", lambda axes: day(axes, runs))


def dead_letters(axes: Any, runs: list[tuple[Any, Any]]) -> None:
    """The share of healthy images filed as failed, where it is not always zero."""
    worst = [run for run in runs if run[0].assumption == "both at their worst"]
    settings = dict.fromkeys(case.setting for case, _ in worst if case.load != "day")
    loads = list(dict.fromkeys(case.load for case, _ in worst if case.load != "day"))
    for offset, setting in enumerate(settings):
        shares = [
            100 * result.dead_lettered / result.images
            for case, result in worst
            if case.setting == setting and case.load != "day"
        ]
        places = [index + 0.28 * (offset - 1) for index in range(len(loads))]
        axes.bar(places, shares, width=0.26, label=setting)
    axes.set_xticks(range(len(loads)), loads)
    axes.set_ylabel("filed as failed, %")
    axes.set_title("No backoff and 3,000 pushes always outstanding")
    axes.legend()


def backlog(axes: Any, runs: list[tuple[Any, Any]]) -> None:
    """The images that wait, after 100,000 at once."""
    for case, result in runs:
        if case.load == "100,000 at once" and case.setting.endswith("the defaults"):
            hours = [minute / 60 for minute in range(len(result.backlog))]
            name = f"{case.setting.split(',')[0]}, {case.assumption}"
            if case.settings.delivery == "pull":
                name = "pull"
            _line(axes, hours, result.backlog, name)
    axes.set_xlabel("hours")
    axes.set_ylabel("images without a document")
    axes.set_title("100,000 images at once, 8 instances")
    axes.legend()


def day(axes: Any, runs: list[tuple[Any, Any]]) -> None:
    """The instances and the images that wait, over a day of a million images."""
    waiting = axes.twinx()
    for case, result in runs:
        if case.load == "day" and case.assumption == "backoff honoured":
            hours = [minute / 60 for minute in range(len(result.backlog))]
            delivery = case.settings.delivery
            style = {"linestyle": "-" if delivery == "push" else "--"}
            instances, images = result.instances, result.backlog
            _line(axes, hours, instances, f"instances, {delivery}", color="tab:blue", **style)
            _line(waiting, hours, images, f"waiting, {delivery}", color="tab:orange", **style)
    axes.set_xlabel("hour of the day")
    axes.set_ylabel("instances")
    waiting.set_ylabel("images without a document")
    axes.set_title("A day of a million images, with three dumps of files")
    lines = [*axes.get_lines(), *waiting.get_lines()]
    axes.legend(lines, [line.get_label() for line in lines], loc="lower center", ncols=2)


def _line(axes: Any, hours: list[float], values: list[int], label: str, **style: Any) -> None:
    step = max(1, len(hours) // _POINTS)
    axes.plot(hours[::step], values[::step], label=label, **style)


def _save(path: Path, draw: Callable[[Any], None]) -> None:
    figure, axes = pyplot.subplots(figsize=(7, 3.6), layout="constrained")
    draw(axes)
    axes.grid(visible=True, alpha=0.3)
    figure.savefig(path, metadata=_METADATA)
    pyplot.close(figure)
