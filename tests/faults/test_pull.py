"""Streaming pull under many kills at once with duplicates, then a recognition that hangs."""

import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from pipeline.errors import ConfigurationError
from tests.faults.conftest import FULL, SEED
from tests.faults.injected import Hold
from tests.faults.pubsub import publish
from tests.faults.scene import Scene, running_scene
from tests.support.chain_client import awaited

PICTURES, KILLS = (2_000, 20) if FULL else (60, 2)
DEADLINE_SECONDS = 4


@pytest.fixture
def pulled(tmp_path: Path) -> Iterator[Scene]:
    """A chain whose subscriber pulls, with a short deadline and a hundred attempts."""
    settings = {"DELIVERY_DEADLINE_SECONDS": str(DEADLINE_SECONDS)}
    try:
        with running_scene(tmp_path, delivery="pull", **settings) as scene:
            scene.begin(f"{SEED} pulled")
            yield scene
    except ConfigurationError as error:
        if os.environ.get("CI"):
            raise
        pytest.skip(str(error))


@pytest.mark.lengthy
def test_kills_duplicates_and_a_hang_leave_one_document_each(pulled: Scene) -> None:
    """Given pictures and copies of their messages, when workers are killed and one recognition
    hangs, then each picture has one document.
    """
    names = [f"many/{n}.png" for n in range(PICTURES)]
    with ThreadPoolExecutor(4) as pool:
        uploads = list(pool.map(lambda name: pulled.upload(name, copies=2), names))
    for kill in range(1, KILLS + 1):
        part = PICTURES * kill // (KILLS + 1)
        awaited(lambda part=part: documents(pulled) >= part, 300, pause=0.1)
        publish(pulled.chain, pulled.random.sample(uploads, 5))
        pulled.kill_worker()
    hold = Hold("ocr", name="stuck")
    with pulled.fault(hold):
        pulled.upload("stuck.png", pulled.texts(about="stuck"))
        assert hold.await_reached(120)
        awaited(lambda: pulled.log_lines(event="stuck"), 60)
        hold.release(drop=True)
        pulled.audit(480)
    assert pulled.canonical("stuck.png")[-1]["disposition"] == "done"
    given_up = [line for line in pulled.log_lines(event="dead_letter") if "object" in line]
    assert not given_up


def documents(scene: Scene) -> int:
    """The number of documents written so far."""
    return Path(scene.chain.logs, "push.log").read_bytes().count(b'"disposition": "done"')
