"""Layout on pages whose true units are known: grouping, order and text, page by page.

Run `python -m benchmarks.layout`. An algorithm is `module:function`; it takes lines, and the
page's pixels too if its second parameter is called `pixels`, and gives paragraphs.
"""

import argparse
import json
from collections.abc import Mapping, Sequence
from dataclasses import astuple
from pathlib import Path
from statistics import fmean

from rich.console import Console
from rich.table import Table

from tests.support.layout_pages.algorithms import Algorithm, load
from tests.support.layout_pages.files import CONDITIONS, FOLDER, PARTS, LayoutPage, pages
from tests.support.layout_pages.scores import best_text, score

TODAY = "tests.support.layout_pages.algorithms:with_pixels"
BEFORE = FOLDER / "before.json"
COLUMNS = "grouping", "units", "order", "text"


def main() -> None:
    """Prints a table for each part and condition."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--part", choices=PARTS, action="append")
    parser.add_argument("--algorithm", action="append", help=f"default: {TODAY}")
    parser.add_argument("--page", default="", help="only pages whose name contains this")
    parser.add_argument("--save", type=Path, help="writes the first algorithm's scores there")
    parser.add_argument("--beside", type=Path, help=f"saved scores, default: {BEFORE}")
    arguments = parser.parse_args()
    algorithms = {name: load(name) for name in arguments.algorithm or [TODAY]}
    before = _saved(arguments.beside or BEFORE)
    saved: dict[str, Sequence[float]] = {}
    for part in arguments.part or PARTS:
        for condition in CONDITIONS:
            chosen = [each for each in pages(part, condition) if arguments.page in each.name]
            rows = {each.name: [_scores(each, a) for a in algorithms.values()] for each in chosen}
            saved |= {f"{part}/{condition}/{name}": row[0] for name, row in rows.items()}
            for each in chosen if before else ():
                key = f"{part}/{condition}/{each.name}"
                rows[each.name].append(before.get(key, [float("nan")] * len(COLUMNS)))
            titles = [*algorithms, *(["saved"] if before else [])]
            best = {each.name: best_text(each) for each in chosen}
            Console(width=160).print(_table(f"{part}, {condition}", titles, rows, best))
    if arguments.save:
        arguments.save.write_text(_lines_of_json(saved), "utf-8")


def _scores(page: LayoutPage, algorithm: Algorithm) -> Sequence[float]:
    return astuple(score(page, algorithm(page.lines, page.pixels)))


def _saved(path: Path) -> Mapping[str, Sequence[float]]:
    scores: Mapping[str, Sequence[float]] = json.loads(path.read_text()) if path.exists() else {}
    return scores


def _lines_of_json(scores: Mapping[str, Sequence[float]]) -> str:
    rows = (f'  "{key}": {json.dumps([round(v, 4) for v in row])}' for key, row in scores.items())
    return "{\n" + ",\n".join(rows) + "\n}\n"


def _table(
    title: str,
    algorithms: Sequence[str],
    rows: Mapping[str, Sequence[Sequence[float]]],
    best: Mapping[str, float],
) -> Table:
    """A row for each page and their means; `algorithms` stand beside each other."""
    table = Table(title=f"{title}: " + " | ".join(algorithms))
    table.add_column("page", no_wrap=True)
    for _ in algorithms:
        for column in COLUMNS:
            table.add_column(column, justify="right")
    table.add_column("text at best", justify="right")
    values = {
        name: [*(value for row in found for value in row), best[name]]
        for name, found in rows.items()
    }
    for name, row in values.items():
        table.add_row(name, *(f"{value:.3f}" for value in row))
    table.add_section()
    means = (fmean(each) for each in zip(*values.values(), strict=True))
    table.add_row(f"mean of {len(rows)}", *(f"{mean:.3f}" for mean in means))
    return table


if __name__ == "__main__":
    main()
