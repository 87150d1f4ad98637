"""A storage server that is down or slow, refuses, resets, loses answers or returns other bytes."""

from tests.faults.conftest import BRIEF_SECONDS, FULL
from tests.faults.injected import (
    Times,
    corrupted,
    cut_short,
    drops,
    loses_answer,
    refuses,
    shortened,
    slow,
)
from tests.faults.scene import Scene
from tests.support.chain_client import awaited

ANYWHERE = {
    "403": refuses(403),
    "429": refuses(429),
    "500": refuses(500),
    "503": refuses(503),
    "reset": drops,
    "slow": slow(2),
}
SHORT = {"cut": cut_short, "shortened": shortened}
FAULTS = {
    f"{step}-{kind}": (step, fault)
    for step, faults in {
        "stat": ANYWHERE | SHORT,
        "download": ANYWHERE | SHORT | {"corrupted": corrupted},
        "write": ANYWHERE | SHORT | {"lost": loses_answer},
    }.items()
    for kind, fault in faults.items()
}


def test_no_storage_fault_loses_or_changes_a_document(scene: Scene) -> None:
    """Given one fault for each request of a delivery, when retried, then every image has one
    correct document.
    """
    faults = [Times(fault, step, name=name) for name, (step, fault) in FAULTS.items()]
    scene.random.shuffle(names := list(FAULTS))
    with scene.fault(*faults):
        scene.upload_all([f"{name}.png" for name in names])
        scene.audit()
    assert [fault.left for fault in faults] == [0] * len(faults)
    for name in ("download-corrupted.png", "download-shortened.png"):
        first, *_, last = scene.canonical(name)
        assert (first["code"], last["disposition"]) == ("store_unavailable", "done")
    assert scene.canonical("write-lost.png")[-1]["disposition"] in {"done", "already_done"}


def test_a_storage_server_that_is_down_loses_no_upload(scene: Scene) -> None:
    """Given a storage server that is down, when it works again, then every upload
    has its document.
    """
    scene.upload_all([f"before/{n}.png" for n in range(4)])
    with scene.fault(drops):
        scene.upload_all([f"during/{n}.png" for n in range(4)])
        if FULL:  # longer than a delivery retries internally
            names = [each.name for each in scene.expected]
            awaited(lambda: "store_unavailable" in str([scene.canonical(each) for each in names]))
        else:
            awaited(lambda: scene.proxy.dropped > 3)
    scene.audit()


def test_a_download_longer_than_the_deadline_is_retried(brief: Scene) -> None:
    """Given a download longer than the deadline, when it is retried, then the image
    has its document.
    """
    with brief.fault(Times(slow(2 * BRIEF_SECONDS), "download", name="crawls")):
        brief.upload("crawls.png")
        brief.audit()
    first, *_, last = brief.canonical("crawls.png")
    assert (first["disposition"], first["code"]) == ("retry", "deadline_exceeded")
    assert last["disposition"] == "done"
