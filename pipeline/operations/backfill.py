"""Processes the uploads that have no document, without messages: shards, batches, attempts."""

import hashlib
import random
import threading
import time
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from pipeline.delivery.acknowledgement import Target
from pipeline.delivery.notification import FINALIZED
from pipeline.delivery.redelivery import PendingUpload, Window
from pipeline.delivery.result import DeliveryResult
from pipeline.errors import TransientError
from pipeline.models import Delivery, Disposition, Upload
from pipeline.outcomes.results_bucket import Pending
from pipeline.telemetry import Timings

BATCH = 256
"""Uploads between two reports of progress; a batch ends before the next begins."""

_ATTEMPTS = 5


@dataclass(frozen=True, slots=True)
class Shard:
    """The uploads of one task of `count` tasks: those whose name's digest leaves `index`."""

    index: int = 0
    count: int = 1

    def has(self, name: str) -> bool:
        """Whether the upload of this name belongs to the shard."""
        digest = hashlib.sha256(name.encode("utf-8", "surrogatepass")).digest()
        return int.from_bytes(digest[:8]) % self.count == self.index

    def share(self, limit: int) -> int:
        """This shard's part of a limit on all shards together."""
        return limit // self.count + (self.index < limit % self.count)


@dataclass(frozen=True, slots=True)
class Batch:
    """Uploads to process; every earlier one, and every one up to `last_name`, is in a batch."""

    uploads: Sequence[Upload]
    last_name: str


@dataclass(frozen=True, slots=True)
class Processed:
    """The end of one upload; `result` is None where it is unfinished.

    `code` is that of a failed document, or of the error of the last attempt.
    """

    upload: Upload
    result: DeliveryResult | None
    code: str = ""

    @property
    def ending(self) -> str:
        """The disposition, or `unfinished`."""
        return str(self.result.disposition) if self.result else "unfinished"


def selected(window: Window, *, failed: bool) -> list[PendingUpload]:
    """The pending uploads of a window, those with a failed document only if `failed`."""
    return [each for each in window.pending if failed or each.reason is not Pending.FAILED]


def batches(
    windows: Iterable[Window], shard: Shard, *, failed: bool = False, limit: int | None = None
) -> Iterator[Batch]:
    """The shard's uploads in batches, in bounded memory.

    Args:
        windows: the comparison of both buckets.
        shard: the uploads of this task.
        failed: whether uploads with a failed document are processed too.
        limit: the most uploads in all batches of all shards together.
    """
    remaining = None if limit is None else shard.share(limit)
    waiting: list[Upload] = []
    last_name = ""
    for window in windows:
        if remaining == 0:
            break
        mine = [
            each.upload
            for each in selected(window, failed=failed)
            if shard.has(each.upload.ref.name)
        ]
        begun = mine[:remaining]
        waiting += begun
        remaining = None if remaining is None else remaining - len(begun)
        # Where the limit ends a window early, a later run goes on inside that window.
        last_name = window.last_name if len(begun) == len(mine) else begun[-1].ref.name
        if len(waiting) >= BATCH:
            yield Batch(waiting, last_name)
            waiting = []
    if last_name:
        yield Batch(waiting, last_name)


class Backfill:
    """Brings uploads to their documents with the subscriber of the service.

    A document that another process wrote meanwhile is kept: the subscriber looks for it first,
    and writes by compare-and-set. Each batch is in random order, so that two runs at the same
    time rarely work on the same picture.

    Args:
        target: the subscriber.
        slots: uploads that are processed at the same time.
        stop: once set, no further upload is begun.
    """

    def __init__(self, target: Target, slots: int, stop: threading.Event) -> None:
        self._target = target
        self._slots = slots
        self._stop = stop

    def process(self, batch: Batch) -> Iterator[Processed]:
        """Processes a batch; uploads that were not begun before a stop are left out."""
        uploads = random.sample(batch.uploads, len(batch.uploads))
        with ThreadPoolExecutor(self._slots, "backfill") as threads:
            for processed in threads.map(self._attempt, uploads):
                if processed:
                    yield processed

    def _attempt(self, upload: Upload) -> Processed | None:
        code = ""
        for attempt in range(1, _ATTEMPTS + 1):
            if self._stop.is_set():
                return Processed(upload, None, code) if code else None
            try:
                result = self._target.handle(
                    Delivery("", FINALIZED, upload, attempt=attempt), Timings()
                )
            except TransientError as error:
                code = error.code
                self._stop.wait(error.retry_after * attempt if attempt < _ATTEMPTS else 0)
            except Exception as error:  # noqa: BLE001 - a bug on one picture must not end the others
                return Processed(upload, None, f"internal ({type(error).__name__})")
            else:
                return Processed(upload, result, result.code)
        return Processed(upload, None, code)


class Totals:
    """Sums of a run.

    Threading: for one thread.
    """

    def __init__(self) -> None:
        self._started = time.monotonic()
        self.by_ending: dict[str, int] = {}
        self.characters_billed = 0

    def add(self, processed: Processed) -> None:
        """Counts one upload."""
        ending = processed.ending
        self.by_ending[ending] = self.by_ending.get(ending, 0) + 1
        if processed.result:
            self.characters_billed += processed.result.characters_billed

    @property
    def unfinished(self) -> int:
        """Uploads that have no document yet."""
        return self.by_ending.get("unfinished", 0)

    def line(self) -> str:
        """The sums on one line."""
        seconds = time.monotonic() - self._started
        done = self.by_ending.get(Disposition.DONE, 0)
        endings = ", ".join(f"{count} {name}" for name, count in sorted(self.by_ending.items()))
        return (
            f"{endings or 'no upload'}; {self.characters_billed} characters billed,"
            f" {seconds:.0f} s, {done / max(seconds, 0.001):.1f} documents a second"
        )
