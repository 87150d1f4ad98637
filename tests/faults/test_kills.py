"""SIGKILL of the subscriber, at every stage of a delivery."""

from collections import Counter

from tests.faults.conftest import FULL
from tests.faults.injected import Hold
from tests.faults.scene import Scene

# The stage, and whether what it asks for was done when the kill comes: the translator has
# billed, the storage server has written, and nobody heard of it.
STAGES = [
    ("download", False),
    ("decode", False),
    ("ocr", False),
    ("translate", False),
    ("translate", True),
    ("write", False),
    ("write", True),
]


def test_kills_at_every_stage_lose_nothing(scene: Scene) -> None:
    """Given images under way and SIGKILL at every stage, each image is one right document."""
    rounds, images = (4, 200) if FULL else (1, 35)
    plan = STAGES * rounds
    scene.random.shuffle(plan)
    killed: Counter[str] = Counter()
    names = iter([f"kills/{n}.png" for n in range(images)])
    for number, (stage, after) in enumerate(plan):
        hold = Hold(stage, nth=scene.random.randint(1, 3), after=after)
        with scene.fault(hold):
            scene.upload_all([next(names) for _ in range(images // len(plan))])
            assert hold.await_reached(), f"no delivery came to {stage}"
            assert hold.exchange.step != "write" or _is_written(scene, hold) == after
            whole_group = number % len(STAGES) == 3
            scene.chain.subscriber.stop(kill=True) if whole_group else scene.kill_worker()
            hold.release(drop=True)
            scene.proxy.timeline.mark("kill")
            killed[stage] += 1
        if whole_group:
            scene.restart_subscriber()
        scene.await_ready()
    scene.upload_all(list(names))
    scene.audit()
    print(f"killed in {dict(killed)}, of {images} images")  # noqa: T201 - shown with pytest -s


def _is_written(scene: Scene, hold: Hold) -> bool:
    return scene.document_is_there(hold.exchange.name.removesuffix(".json"))
