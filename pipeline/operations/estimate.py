"""The work and the cost of a backfill, estimated from a random sample that is read here."""

import math
import random
import resource
import time
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from pipeline.delivery.processor import Processor
from pipeline.delivery.redelivery import Window
from pipeline.errors import ObjectGoneError, PermanentError
from pipeline.models import Upload
from pipeline.operations.backfill import selected
from pipeline.operations.prices import CLASS_A, CLASS_B, GIB_SECOND, VCPU_SECOND, PriceList
from pipeline.telemetry import Timings

_Z = 1.96
"""Standard errors on each side of a mean in an interval of 95 %."""


@dataclass(frozen=True, slots=True)
class Inventory:
    """Both buckets counted, and a random sample of the uploads that are to be processed."""

    objects: int
    size: int
    documents: int
    to_process: int
    bytes_to_process: int
    sample: tuple[Upload, ...]


@dataclass(frozen=True, slots=True)
class Reading:
    """One picture of the sample; `seconds` is its share of the time that the sample took."""

    pages: int
    characters: int
    seconds: float


@dataclass(frozen=True, slots=True)
class SampleReadings:
    """The readings, and the CPU-seconds of this process for all of them."""

    readings: Sequence[Reading]
    cpu_seconds: float


@dataclass(frozen=True, slots=True)
class Amount:
    """An expected sum over all pictures, and the range that holds it with 95 % confidence."""

    expected: float
    low: float
    high: float

    def times(self, factor: float) -> "Amount":
        """The amount in another unit."""
        return Amount(self.expected * factor, self.low * factor, self.high * factor)


@dataclass(frozen=True, slots=True)
class Job:
    """The size of a task of the job, and the price row of its translator (None: free)."""

    cpu: float
    memory_gib: float
    translation_row: str | None


def check_prices(job: Job, prices: PriceList) -> None:
    """Looks every needed price up, before a sample is read.

    Raises:
        ConfigurationError: the list lacks a price.
    """
    for row in (VCPU_SECOND, GIB_SECOND, CLASS_A, CLASS_B, job.translation_row):
        if row:
            prices.price(row)


def take_inventory(
    windows: Iterable[Window],
    *,
    failed: bool,
    sample: int,
    limit: int | None = None,
    seed: int | None = None,
) -> Inventory:
    """Counts both buckets, and draws the sample (algorithm R) in one pass and bounded memory.

    Args:
        windows: the comparison of both buckets.
        failed: whether uploads with a failed document are processed too.
        sample: uploads to draw.
        limit: the most uploads to process.
        seed: makes the draw repeatable.
    """
    draw = random.Random(seed)  # noqa: S311 - a sample is no secret
    objects = size = pending = to_process = bytes_to_process = 0
    drawn: list[Upload] = []
    for window in windows:
        objects += window.objects
        size += window.size
        pending += len(window.pending)
        for each in selected(window, failed=failed):
            if to_process == limit:
                break
            to_process += 1
            bytes_to_process += each.upload.size
            if len(drawn) < sample:
                drawn.append(each.upload)
            elif (place := draw.randrange(to_process)) < sample:
                drawn[place] = each.upload
    return Inventory(objects, size, objects - pending, to_process, bytes_to_process, tuple(drawn))


def read_sample(
    processor: Processor, uploads: Sequence[Upload], slots: int, *, deadline_seconds: float
) -> SampleReadings:
    """Reads the sample as the job would, without writing a document.

    Args:
        processor: reads the pictures.
        uploads: the sample.
        slots: pictures that are read at the same time.
        deadline_seconds: the most time for one picture, as the job allows it.

    Raises:
        TransientError: the store or the engine failed.
    """
    started, cpu_before = time.monotonic(), _cpu_seconds()

    def read(upload: Upload) -> tuple[int, int, float]:
        begun = time.monotonic()
        pages = characters = 0
        try:
            outcome = processor.process(
                upload, deadline=begun + deadline_seconds, timings=Timings()
            )
            pages, characters = len(outcome.pages), outcome.characters_translated
        except (PermanentError, ObjectGoneError):
            pass  # the job spends this time too, and writes a failed document
        return pages, characters, time.monotonic() - begun

    with ThreadPoolExecutor(slots, "estimate") as threads:
        read_pictures = list(threads.map(read, uploads))
    wall = time.monotonic() - started
    # Pictures are read beside each other, so their times overlap.
    share = wall / (sum(seconds for _, _, seconds in read_pictures) or 1)
    readings = [
        Reading(pages, characters, seconds * share) for pages, characters, seconds in read_pictures
    ]
    return SampleReadings(readings, _cpu_seconds() - cpu_before)


def total(values: Sequence[float], population: int) -> Amount:
    """The sum over a population, from a random sample without replacement.

    The range is the normal approximation with the finite population correction: Cochran,
    Sampling Techniques, section 2.6.

    Args:
        values: one for each picture of the sample; at least two, if the population has more.
        population: the number of all pictures.
    """
    count = len(values)
    if count == 0:
        return Amount(0, 0, 0)
    mean = sum(values) / count
    variance = sum((value - mean) ** 2 for value in values) / max(1, count - 1)
    error = math.sqrt(variance / count * max(0.0, 1 - count / population))
    low, high = mean - _Z * error, mean + _Z * error
    # A sum over the population is never less than the part of it in the sample.
    return Amount(mean * population, max(low * population, sum(values)), high * population)


def amounts(
    inventory: Inventory, sample: SampleReadings, job: Job, cores: int
) -> dict[str, Amount]:
    """Pages, seconds, characters, vCPU-seconds and GiB-seconds of all pictures.

    The seconds are those of a machine like this one. A task is billed for all its vCPUs while it
    runs, so the vCPU-seconds are seconds times the cores here; the low end is the CPU time alone.
    """
    readings, population = sample.readings, inventory.to_process
    seconds = total([each.seconds for each in readings], population)
    all_cores = seconds.times(cores)
    cpu_time = sample.cpu_seconds / max(1, len(readings)) * population
    vcpu = Amount(all_cores.expected, min(cpu_time, all_cores.low), all_cores.high)
    return {
        "pages": total([each.pages for each in readings], population),
        "seconds": seconds,
        "characters": total([each.characters for each in readings], population),
        "vCPU-seconds": vcpu,
        "GiB-seconds": vcpu.times(job.memory_gib / job.cpu),
    }


def costs(
    inventory: Inventory, work: dict[str, Amount], job: Job, prices: PriceList
) -> dict[str, Amount]:
    """The cost by part, and the `total`, in the currency of the price list.

    Raises:
        ConfigurationError: the list lacks a price.
    """
    # A document is looked for, its picture is read, and it is written.
    operations = inventory.to_process / 1000
    storage = operations * (prices.price(CLASS_A) + 2 * prices.price(CLASS_B))
    parts = {
        "vCPU": work["vCPU-seconds"].times(prices.price(VCPU_SECOND)),
        "memory": work["GiB-seconds"].times(prices.price(GIB_SECOND)),
        "storage": Amount(storage, storage, storage),
    }
    if job.translation_row:
        parts["translation"] = work["characters"].times(prices.price(job.translation_row) / 1e6)
    each = parts.values()
    # Ranges are added, as if all parts were high together: wider than the truth, never narrower.
    parts["total"] = Amount(
        sum(part.expected for part in each),
        sum(part.low for part in each),
        sum(part.high for part in each),
    )
    return parts


def _cpu_seconds() -> float:
    """User and system time of this process and its ended children."""
    spent = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(each.ru_utime + each.ru_stime for each in spent)
