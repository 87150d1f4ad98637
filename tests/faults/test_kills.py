"""SIGKILL of the subscriber, at every stage of a delivery."""

from collections import Counter

from tests.faults.conftest import FULL
from tests.faults.holds import Hold
from tests.faults.scene import Scene

STAGES = [(stage, False) for stage in ("download", "decode", "ocr", "translate", "write")]
# The translator has billed, the storage server has written, and nobody heard of it.
STAGES += [("translate", True), ("write", True)]


def test_kills_at_every_stage_lose_nothing(scene: Scene) -> None:
    """Given images under way and SIGKILL at every stage, each image is one right document."""
    rounds, images = (4, 200) if FULL else (1, 40)
    plan = STAGES * rounds
    scene.random.shuffle(plan)
    spread: Counter[str] = Counter()
    names = iter([f"kills/{n}.png" for n in range(images)])
    for number, (step, after) in enumerate(plan):
        hold = Hold(step, nth=scene.random.randint(1, 3), after=after)
        with scene.fault(hold):
            scene.upload_all([next(names) for _ in range(images // len(plan))])
            assert hold.await_reached(), f"no delivery came to {step}"
            whole_group = number % len(STAGES) == 3
            scene.chain.subscriber.stop(kill=True) if whole_group else scene.kill_worker()
            hold.release(drop=True)
            scene.proxy.timeline.mark("kill")
        if whole_group:
            scene.restart_subscriber()
        spread[f"{step}{' after' if after else ''}"] += 1
        scene.await_ready()
    scene.upload_all(list(names))
    scene.audit()
    print(dict(spread))
