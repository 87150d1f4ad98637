"""SIGKILL of the subscriber at every stage of a delivery."""

import time
from collections import Counter

import pytest

from tests.faults.conftest import FULL
from tests.faults.injected import Hold
from tests.faults.scene import Scene

# The stage, and whether its request is executed before the kill: then the translator has
# billed or the storage server has written, and the answer is lost.
STAGES = [
    ("download", False),
    ("decode", False),
    ("ocr", False),
    ("translate", False),
    ("translate", True),
    ("write", False),
    ("write", True),
]
ANYWHERE = ("", False)


@pytest.mark.lengthy
@pytest.mark.pull
def test_kills_at_every_stage_lose_no_image(scene: Scene) -> None:
    """Given images in progress, when the worker is killed at every stage, then each image has one
    correct document.
    """
    plan, images = ([*STAGES, ANYWHERE] * 4, 200) if FULL else (STAGES, 35)
    plan = scene.random.sample(plan, len(plan))
    killed: Counter[str] = Counter()
    names = iter([f"kills/{n}.{'png' if n % 3 else 'pdf'}" for n in range(images)])
    billed = scene.translator.billed
    for number, (stage, after) in enumerate(plan):
        hold = Hold(stage, nth=scene.random.randint(1, 3), after=after)
        whole_group = FULL and number % 7 == 3
        with scene.fault(hold):
            scene.upload_all([next(names) for _ in range(images // len(plan))])
            if stage:
                assert hold.await_reached(), f"no delivery reached {stage}"
                assert hold.exchange.step != "write" or _is_written(scene, hold) == after
            else:
                time.sleep(scene.random.uniform(0, 0.3))
            scene.chain.subscriber.stop(kill=True) if whole_group else scene.kill_worker()
            hold.release(drop=True)
            killed[stage or "anywhere"] += 1
        if whole_group:
            scene.restart_subscriber()
        elif scene.random.random() < 0.2:
            scene.kill_worker()  # the next worker, while it starts
        scene.await_ready()
    scene.upload_all(list(names))
    scene.audit()
    once = sum(len(text) for each in scene.expected for text in each.texts)
    paid = scene.translator.billed - billed
    summary = f"killed in {dict(killed)}, {images} images; {paid} characters paid for {once}"
    print(summary)  # noqa: T201 - pytest shows it with -s


def _is_written(scene: Scene, hold: Hold) -> bool:
    return scene.document_is_there(hold.exchange.name.removesuffix(".json"))
