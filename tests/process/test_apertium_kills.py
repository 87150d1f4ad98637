"""The Apertium translator under load while its child processes are killed at random."""

import os
import random
import shutil
import signal
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress

from pipeline.errors import TransientError
from pipeline.translation.engines.apertium import ApertiumTranslator
from tests.conftest import missing


def translate(translator: ApertiumTranslator, *texts: str) -> list[str]:
    until = time.monotonic() + 60
    answers = translator.translate(texts, source="es", target="en", deadline=until)
    return [answer.text for answer in answers]


class StageKiller:
    """Kills, and sometimes stops, a stage after each few answered texts."""

    def __init__(self, translator: ApertiumTranslator) -> None:
        self._translator = translator
        self._changed = threading.Condition()
        self._answered = 0
        self._over = False
        self._thread = threading.Thread(target=self._disturb)
        self.disturbed = 0

    def __enter__(self) -> "StageKiller":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        with self._changed:
            self._over = True
            self._changed.notify()
        self._thread.join()

    def answered(self, texts: int) -> None:
        """Counts the texts that the callers report as answered."""
        with self._changed:
            self._answered += texts
            self._changed.notify()

    def _disturb(self) -> None:
        chosen = random.Random(4)
        while True:
            with self._changed:
                until = self._answered + chosen.randrange(10, 90)
                self._changed.wait_for(lambda: self._over or self._answered >= until)  # noqa: B023
                if self._over:
                    return
            pids = [pid for chain in self._translator.pool.running() for pid in chain.pids]
            if pids:
                stop = chosen.random() < 0.1
                with suppress(ProcessLookupError):
                    os.kill(chosen.choice(pids), signal.SIGSTOP if stop else signal.SIGKILL)
                    self.disturbed += 1


def test_stages_killed_at_random_give_no_wrong_answer() -> None:
    """Given stages killed and stopped under load, when eight threads translate 2,000 texts, then
    every answer is right or its error is transient, and nothing hangs.
    """
    if shutil.which("apertium") is None:
        missing("Apertium")
    words = ["puerta", "mesa", "casa", "calle", "sopa", "leche", "llave", "ciudad"]
    asked = [
        [f"La {words[(caller + number) % 8]} {caller * 250 + number}" for number in range(250)]
        for caller in range(8)
    ]
    quiet = ApertiumTranslator.from_installation()
    expected = [translate(quiet, *texts) for texts in asked]
    quiet.close()
    translator = ApertiumTranslator.from_installation(pool_size=3, silence_seconds=1.0)

    def call(caller: int) -> int:
        transient = 0
        for start in range(0, 250, 10):
            part = slice(start, start + 10)
            while True:
                try:
                    answers = translate(translator, *asked[caller][part])
                except TransientError:
                    transient += 1
                    continue
                assert answers == expected[caller][part]
                disturber.answered(10)
                break
        return transient

    with StageKiller(translator) as disturber, ThreadPoolExecutor(8) as callers:
        transient = sum(callers.map(call, range(8), timeout=300))
    translator.close()
    assert disturber.disturbed >= 10
    assert transient < 200
