"""The estimate of `backfill --dry-run`: reads the sample, prints work and cost."""

import json
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

from rich.console import Console
from rich.table import Table

from pipeline.app import compose
from pipeline.capacity.cpu import available_cores
from pipeline.config import AUTO, Settings
from pipeline.operations.estimate import (
    Amount,
    Inventory,
    Job,
    amounts,
    check_prices,
    costs,
    read_sample,
)
from pipeline.operations.prices import load_prices, translation_row
from pipeline.stores.base import Store


def job_of(settings: Settings, cpu: float, memory_mb: int) -> Job:
    """The job of this size; Cloud Translation is the only translator with a price."""
    bills = settings.translator == "google" or (
        settings.translator == AUTO and settings.translator_project is not None
    )
    row = translation_row(settings.google_translate_model) if bills else None
    return Job(cpu, memory_mb / 1024, row)


def show(
    settings: Settings,
    store: Store,
    take: Callable[[], Inventory],
    job: Job,
    price_file: Path | None,
    *,
    as_json: bool,
) -> None:
    """Prints the estimate; nothing is written and nothing is paid.

    Raises:
        ConfigurationError: the price list lacks a price, or the engine cannot do its work.
    """
    prices = load_prices(price_file)
    check_prices(job, prices)
    inventory = take()
    work = _work(settings, store, inventory, job)
    cost = costs(inventory, work, job, prices)
    counted = {
        "objects": inventory.objects,
        "bytes": inventory.size,
        "documents there": inventory.documents,
        "to process": inventory.to_process,
        "bytes to process": inventory.bytes_to_process,
        "sample": len(inventory.sample),
    }
    if as_json:
        dated = {"currency": prices.currency, "prices_looked_up": prices.looked_up}
        report = {**counted, "work": _plain(work), "cost": _plain(cost), **dated}
        sys.stdout.write(json.dumps(report, indent=2) + "\n")
        return
    console = Console()
    for name, value in counted.items():
        console.print(f"{name:17}{value:>16,}")
    console.print(_table("work", work, "{:,.0f}"))
    unit = f"{prices.currency}, list prices of {prices.looked_up}"
    console.print(_table(unit, cost, "{:,.4f}"))


def _work(settings: Settings, store: Store, inventory: Inventory, job: Job) -> dict[str, Amount]:
    # The memory would hold texts that were counted and not translated.
    changes: dict[str, object] = {"max_characters_per_day": None, "translation_memory": None}
    application = compose(
        settings.model_copy(update=changes), store, count_only=job.translation_row is not None
    )
    try:
        read = read_sample(
            application.processor,
            inventory.sample,
            application.budget.slots,
            deadline_seconds=settings.delivery_deadline_seconds,
        )
    finally:
        application.close()
    return amounts(inventory, read, job, available_cores())


def _plain(amounts_by_name: Mapping[str, Amount]) -> dict[str, dict[str, float]]:
    return {
        name: {"expected": amount.expected, "low": amount.low, "high": amount.high}
        for name, amount in amounts_by_name.items()
    }


def _table(title: str, amounts_by_name: Mapping[str, Amount], form: str) -> Table:
    table = Table(title, "expected", "low", "high", box=None)
    for name, amount in amounts_by_name.items():
        cells = (form.format(each) for each in (amount.expected, amount.low, amount.high))
        table.add_row(name, *cells)
    return table
