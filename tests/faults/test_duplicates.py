"""Messages that are duplicated, reordered, late, or of deleted uploads."""

import pytest

from tests.faults.conftest import FULL
from tests.faults.injected import Hold
from tests.faults.scene import Scene
from tests.support.chain_client import awaited

IMAGES = 60 if FULL else 12


@pytest.mark.pull
def test_duplicate_messages_make_one_document(scene: Scene) -> None:
    """Given one to five copies of each message, when pushed in any order at once, then each image
    is written once.
    """
    pushes = []
    for number in range(IMAGES):
        copies = scene.random.randint(1, 5)
        # Pub/Sub itself delivers it once more.
        upload = scene.upload(f"twice/{number}.png", copies=copies + 1)
        pushes += [upload] * copies
    scene.random.shuffle(pushes)
    scene.deliver(pushes)
    assert scene.findings() == []


def test_the_newest_generation_wins_in_any_order(scene: Scene) -> None:
    """Given up to four generations each, when delivered in any order at once, then
    the newest wins.
    """
    pushes = []
    for number in range(IMAGES):
        name = f"again/{number}.png"
        uploads = [scene.upload(name, copies=3) for _ in range(scene.random.randint(2, 4))]
        pushes += uploads * 2
    scene.random.shuffle(pushes)
    scene.deliver(pushes)
    assert scene.findings() == []


def test_an_upload_overwritten_at_any_stage_is_stale(scene: Scene) -> None:
    """Given a delivery held at a stage, when a newer generation is written, then the
    newer one wins.
    """
    for stage in ("stat", "download", "decode", "ocr", "translate", "write"):
        name = f"overwritten-{stage}"
        hold = Hold(stage, name=name)
        with scene.fault(hold):
            older = scene.upload(name, scene.texts(about=name))
            assert hold.await_reached()
            newer = [scene.upload(name, copies=2) for _ in range(2)]
            scene.deliver_again(newer[-1])
            hold.release()
            scene.audit()
            # Pub/Sub delivers the same upload too, and the next hold must not catch that delivery.
            awaited(lambda name=name: len(scene.canonical(name)) >= 4)
        first = str(older.ref.generation)
        ends = [line for line in scene.canonical(name) if line["generation"] == first]
        assert [line["disposition"] for line in ends] == [
            "gone" if stage == "download" else "stale"
        ]


def test_an_upload_deleted_at_any_stage_is_acknowledged(scene: Scene) -> None:
    """Given a delivery held at a stage, when its upload is deleted, then it ends
    without a retry.
    """
    for stage in ("stat", "download", "ocr", "write"):
        name = f"deleted-{stage}"
        hold = Hold(stage, name=name)
        with scene.fault(hold):
            scene.upload(name, scene.texts(about=name))
            assert hold.await_reached()
            scene.delete(name)
            hold.release()
            scene.audit()
        ends = {"stat": "gone", "download": "gone", "ocr": "done", "write": "done"}
        assert [line["disposition"] for line in scene.canonical(name)] == [ends[stage]]
