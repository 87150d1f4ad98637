"""The built image: its size, its start, and its work within a memory limit."""

import subprocess
import time
from pathlib import Path
from typing import Any

import psutil
import pytest
from jsonschema import Draft202012Validator

from pipeline.cli.image_files import find_image_files
from pipeline.local import demo
from pipeline.local.chain import RESULTS
from pipeline.local.processes import answers
from pipeline.outcomes import document
from tests.image.conftest import BASE, Figures
from tests.image.containers import Engine, Images, container_chain

SAMPLES = Path(__file__).parents[2] / "samples"

MAX_BYTES_ON_TOP = 1_000_000_000
MAX_READY_SECONDS = 6.0
MAX_RESIDENT_MB = 450


def _run(engine: Engine, image: str, *command: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [engine.command, "run", "--rm", "--network", "none", image, *command],
        capture_output=True,
        text=True,
        check=False,
    )


def _check(outcomes: list[dict[str, Any]], expected: int) -> None:
    validator = Draft202012Validator(document.schema())
    assert len(outcomes) == expected
    for outcome in outcomes:
        validator.validate(outcome)
    failed = [outcome["source"]["name"] for outcome in outcomes if outcome["status"] == "failed"]
    assert failed == []


def test_the_image_adds_at_most_one_gigabyte(engine: Engine, image: str, figures: Figures) -> None:
    """Given the image, when unpacked, then it adds at most 1.0 GB to its base."""
    added = engine.unpacked_bytes(image) - engine.unpacked_bytes(BASE)
    figures["unpacked on top of the base image"] = f"{added / 1e6:.0f} MB"
    assert added <= MAX_BYTES_ON_TOP


def test_the_image_draws_every_script(engine: Engine, image: str) -> None:
    """Given the image, when asked for the fonts of each script, then it has them."""
    languages = ["en", "ru", "el", "ar", "he", "hi", "th", "ja", "zh", "ko", "vi", "bn", "ta"]
    check = f"from pipeline.presentation.rendering.fonts import Fonts; Fonts().check({languages})"
    ran = _run(engine, image, "python", "-c", check)
    assert ran.returncode == 0, ran.stderr


@pytest.mark.parametrize(
    ("command", "status"),
    [
        (["python", "-c", "import os; assert os.getuid() > 0"], 0),
        (["sh", "-c", "command -v gcc || command -v cc || command -v make"], 127),
        (["python", "-c", "import paddle"], 1),
        (["python", "-m", "pip", "--version"], 1),
    ],
    ids=["not root", "no compiler", "no paddlepaddle", "no pip"],
)
def test_the_image_has_the_needed_programs_only(
    engine: Engine, image: str, command: list[str], status: int
) -> None:
    """Given the image, when inspected, then it has the needed programs and no others."""
    done = _run(engine, image, *command)
    assert done.returncode == status, done.stdout + done.stderr


def test_unset_buckets_refuse_the_start(engine: Engine, image: str) -> None:
    """Given no settings, when started, then it ends at once and names the missing setting."""
    done = _run(engine, image)
    assert done.returncode != 0
    assert "UPLOADS_BUCKET" in done.stderr


@pytest.mark.parametrize("memory", ["2g", "1g"])
def test_the_samples_are_translated_within_the_memory_limit(
    engine: Engine, image: str, memory: str, tmp_path: Path, figures: Figures
) -> None:
    """Given a memory limit, when the samples are uploaded, then every document is good."""
    pictures = find_image_files([SAMPLES])
    with container_chain(Images(engine, image, memory, {}), tmp_path) as running:
        at_start = running.subscriber.resident_mb()
        began = time.monotonic()
        names = demo.upload(running.chain, pictures)
        outcomes = list(demo.documents(running.chain, names, tmp_path / "out"))
        took = time.monotonic() - began
        _check(outcomes, len(pictures))
        peak = max(line["memory_mb"] for line in running.subscriber.events("delivery"))
        # gunicorn replaces a worker that the kernel killed: a second start means a kill.
        assert len(running.subscriber.events("started")) == 1
    figures[f"{memory}: resident after start"] = f"{at_start} MB"
    figures[f"{memory}: {len(pictures)} samples"] = f"{took:.1f} s"
    figures[f"{memory}: most resident after a delivery"] = f"{peak} MB"
    assert at_start <= MAX_RESIDENT_MB


def test_start_is_quick(engine: Engine, image: str, tmp_path: Path, figures: Figures) -> None:
    """Given a warm page cache, when started three times, then the fastest start is
    within the limit.
    """
    starts = []
    with container_chain(Images(engine, image, "2g", {}), tmp_path) as running:
        port = int(running.subscriber.url.rsplit(":", 1)[1])
        running.subscriber.stop()
        for _ in range(3):
            began, busy = time.monotonic(), _busy_seconds()
            again = Images(engine, image, "2g", {}).serve(
                "push", port, running.chain.storage_url, tmp_path
            )
            seconds, own = time.monotonic() - began, again.processor_seconds()
            starts.append((seconds, own, _busy_seconds() - busy - own))
            again.stop()
    figures["ready after"] = ", ".join(f"{seconds:.1f} s" for seconds, _, _ in starts)
    figures["processor time until ready"] = ", ".join(f"{own:.1f} s" for _, own, _ in starts)
    assert min(own for _, own, _ in starts) <= MAX_READY_SECONDS
    # On a busy machine the elapsed time also measures other programs.
    quiet = [seconds for seconds, _, others in starts if others < seconds / 2]
    assert min(quiet, default=0.0) <= MAX_READY_SECONDS


def _busy_seconds() -> float:
    """Processor time of the whole machine since its start."""
    times = psutil.cpu_times()
    return float(times.user + times.nice + times.system)


def test_sigterm_loses_no_upload(engine: Engine, image: str, tmp_path: Path) -> None:
    """Given work in progress, when SIGTERM arrives, then the service ends in time and a new one
    does the rest.
    """
    pictures = find_image_files([SAMPLES])
    with container_chain(Images(engine, image, "2g", {}), tmp_path) as running:
        names = demo.upload(running.chain, pictures)
        arriving = demo.documents(running.chain, names, tmp_path / "out")
        outcomes = [next(arriving)]
        began = time.monotonic()
        running.subscriber.stop()
        assert time.monotonic() - began < 13
        assert not answers(f"{running.subscriber.url}/health")
        written = list(running.chain.client().bucket(RESULTS).list_blobs())
        assert len(written) < len(pictures), "no delivery was in progress: use more pictures"
        port = int(running.subscriber.url.rsplit(":", 1)[1])
        again = Images(engine, image, "2g", {}).serve(
            "push", port, running.chain.storage_url, tmp_path
        )
        try:
            outcomes.extend(arriving)
        finally:
            again.stop()
        _check(outcomes, len(pictures))


def test_dead_letters_are_filed_in_a_small_container(
    engine: Engine, image: str, tmp_path: Path, figures: Figures
) -> None:
    """Given a subscriber that is gone, when all attempts fail, then the failure has a document."""
    images = Images(engine, image, "2g", {})
    with container_chain(images, tmp_path, max_attempts=5) as running:
        running.subscriber.stop()
        (picture, *_) = find_image_files([SAMPLES])
        names = demo.upload(running.chain, [picture])
        (outcome,) = demo.documents(running.chain, names, tmp_path / "out")
        resident = running.dead_letters.resident_mb()
    figures["dead-letter service, resident"] = f"{resident} MB"
    Draft202012Validator(document.schema()).validate(outcome)
    assert (outcome["status"], outcome["error"]["code"]) == ("failed", "attempts_exhausted")
    assert resident < 350
