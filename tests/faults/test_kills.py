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
            whole_group = FULL and number % len(STAGES) == 3
            scene.chain.subscriber.stop(kill=True) if whole_group else scene.kill_worker()
            hold.release(drop=True)
            scene.proxy.timeline.mark("kill")
            killed[stage] += 1
        if scene.random.random() < 0.2 and not whole_group:
            scene.kill_worker()  # the next one, while it starts
        if whole_group:
            scene.restart_subscriber()
        scene.await_ready()
    scene.upload_all(list(names))
    scene.audit()
    print(f"killed in {dict(killed)}, of {images} images")  # noqa: T201 - shown with pytest -s


def test_a_kill_of_the_dead_letters_loses_no_failure(brief: Scene) -> None:
    """Given SIGKILL of the dead letters' service around its write, the failure is filed once."""
    for after in (False, True) if FULL else (True,):
        hold = Hold("write", name="given-up", after=after)
        with brief.fault(hold):
            brief.upload(f"given-up-{after}.png", act="fail", code="attempts_exhausted")
            assert hold.await_reached(), "nothing was given up"
            brief.kill_worker(brief.chain.dead_letters)
            hold.release(drop=True)
            brief.audit()


def _is_written(scene: Scene, hold: Hold) -> bool:
    return scene.document_is_there(hold.exchange.name.removesuffix(".json"))
