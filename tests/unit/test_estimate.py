"""The estimate of a backfill: the sample, the sums, the ranges and the price list."""

import json
import random
from collections import Counter
from pathlib import Path

import pytest

from pipeline.delivery.redelivery import PendingUpload, Window
from pipeline.errors import ConfigurationError
from pipeline.language.identification import LanguageIdentifier
from pipeline.models import ObjectRef, Upload
from pipeline.operations.estimate import (
    Amount,
    Inventory,
    Job,
    Reading,
    SampleReadings,
    amounts,
    check_prices,
    costs,
    read_sample,
    take_inventory,
    total,
)
from pipeline.operations.prices import load_prices, translation_row
from pipeline.outcomes.results_bucket import Pending
from pipeline.translation.engines.counting import CountingTranslator
from pipeline.translation.engines.fake import FakeTranslator
from tests.support.in_memory_service import InMemoryService
from tests.support.text_pictures import encoded, picture_of

NMT = translation_row("general/nmt")


def windows(count: int) -> list[Window]:
    names = [f"{number:02}" for number in range(count)]
    pending = [
        PendingUpload(Upload(ObjectRef("uploads", name, 1), 10), Pending.MISSING) for name in names
    ]
    return [Window(names[-1], pending, 0, count + 5, 10 * (count + 5))]


def test_each_upload_is_as_likely_in_the_sample() -> None:
    """Given twenty uploads, when five are drawn four thousand times, then each is drawn in a
    quarter of them.
    """
    drawn = Counter(
        each.ref.name
        for seed in range(4000)
        for each in take_inventory(windows(20), failed=False, sample=5, seed=seed).sample
    )
    assert all(850 < count < 1150 for count in drawn.values())
    assert len(drawn) == 20


def test_the_inventory_counts_both_buckets() -> None:
    """Given twenty of twenty-five uploads without a document, when counted with a limit, then
    five documents are there and the limit is to be processed.
    """
    found = take_inventory(windows(20), failed=False, sample=50, limit=12)
    assert (found.objects, found.size, found.documents) == (25, 250, 5)
    assert (found.to_process, found.bytes_to_process, len(found.sample)) == (12, 120, 12)


def test_a_range_holds_the_sum_nineteen_times_of_twenty() -> None:
    """Given a skewed population, when it is estimated from samples of fifty, then the range holds
    its sum in about 95 % of them, and the expected sum is right on average.
    """
    draw = random.Random(5)
    population = [draw.lognormvariate(0, 0.8) for _ in range(1000)]
    truth = sum(population)
    found = [total(draw.sample(population, 50), 1000) for _ in range(1000)]
    held = sum(each.low <= truth <= each.high for each in found)
    assert held > 900
    assert sum(each.expected for each in found) / 1000 == pytest.approx(truth, rel=0.02)


def test_a_whole_population_has_no_range() -> None:
    """Given a sample of every upload, when summed, then low and high are the sum."""
    assert total([1, 2, 3], 3) == Amount(6, 6, 6)
    assert total([], 0) == Amount(0, 0, 0)
    assert total([4], 1) == Amount(4, 4, 4)


def test_work_and_cost_of_a_known_sample() -> None:
    """Given two readings of a hundred pictures, when priced, then each part is its product."""
    inventory = Inventory(200, 9, 100, 100, 9, ())
    sample = SampleReadings([Reading(1, 300, 1.5), Reading(1, 300, 1.5)], cpu_seconds=4)
    job = Job(cpu=2, memory_gib=2, translation_row=NMT)
    work = amounts(inventory, sample, job, cores=2)
    assert work["pages"].expected == 100
    assert work["characters"].expected == 30_000
    assert work["vCPU-seconds"] == Amount(300, 200, 300)
    assert work["GiB-seconds"].expected == 300
    cost = costs(inventory, work, job, load_prices())
    assert cost["translation"].expected == pytest.approx(0.6)
    assert cost["vCPU"].expected == pytest.approx(300 * 0.000018)
    assert cost["storage"].expected == pytest.approx(0.1 * (0.005 + 2 * 0.0004))
    parts = [each.expected for name, each in cost.items() if name != "total"]
    assert cost["total"].expected == pytest.approx(sum(parts))


def test_reading_the_sample_writes_and_sends_nothing(identifier: LanguageIdentifier) -> None:
    """Given a picture, a file that is none and a deleted one, when read for an estimate, then the
    characters of the first are counted, and there is no document.
    """
    service = InMemoryService(identifier, translator=CountingTranslator(FakeTranslator()))
    uploads = [
        service.upload(encoded(picture_of("a")), "a.png"),
        service.upload(b"no picture", "b.png"),
        Upload(ObjectRef("uploads", "gone.png", 99), 1),
    ]
    read = read_sample(service.processor, uploads, 2, deadline_seconds=60)
    assert [(each.pages, each.characters) for each in read.readings] == [
        (1, len("Prohibido el paso")),
        (0, 0),
        (0, 0),
    ]
    assert all(each.seconds > 0 for each in read.readings)
    assert service.store.stat("results", "a.png.json") is None


def test_only_pairs_with_a_route_are_counted() -> None:
    """Given a translator without a route, when its characters are counted, then that pair has no
    route either, and the translator is never asked to translate.
    """
    fake = FakeTranslator(unsupported=[("eu", "en")])
    counting = CountingTranslator(fake)
    assert counting.route("eu", "en") is None
    (counted,) = counting.translate(["La puerta"], source="es", target="en", deadline=0)
    assert (counted.text, counted.billed) == ("La puerta", 9)
    assert fake.calls == []


def test_the_shipped_list_has_every_price() -> None:
    """Given the price list of the package, when an estimate with translation checks it, then no
    price lacks, and it has a date.
    """
    prices = load_prices()
    check_prices(Job(2, 2, NMT), prices)
    assert len(prices.looked_up) == len("2026-11-25")


@pytest.mark.parametrize("row", [NMT, "Cloud Run job, vCPU-second"])
def test_a_missing_row_is_named(tmp_path: Path, row: str) -> None:
    """Given a price list without a row, when checked, then the error names row, file and remedy."""
    rows = {name: price for name, price in load_prices().rows.items() if name != row}
    file = tmp_path / "prices.json"
    file.write_text(json.dumps({"looked_up": "2026", "currency": "USD", "prices": rows}))
    with pytest.raises(ConfigurationError, match=rf"prices.json has no price '{row}'.*--prices"):
        check_prices(Job(2, 2, NMT), load_prices(file))


def test_another_model_needs_its_own_price() -> None:
    """Given a model whose price nobody looked up, when checked, then the error names its row."""
    with pytest.raises(ConfigurationError, match="general/translation-llm"):
        check_prices(Job(2, 2, translation_row("general/translation-llm")), load_prices())


@pytest.mark.parametrize(
    "content", ["", "[]", "{}", '{"looked_up": 1, "currency": 1, "prices": {"a": -1}}',
                '{"looked_up": 1, "currency": 1, "prices": {"a": "1"}}',
                '{"looked_up": 1, "currency": 1, "prices": {"a": NaN}}']
)  # fmt: skip
def test_what_is_no_price_list_is_refused(tmp_path: Path, content: str) -> None:
    """Given a file that is no price list, when read, then the error names it."""
    file = tmp_path / "prices.json"
    file.write_text(content)
    with pytest.raises(ConfigurationError, match=r"prices.json is no price list"):
        load_prices(file)
