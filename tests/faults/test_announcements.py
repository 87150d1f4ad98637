"""Announcements of outcomes: killed before them, refused, slow, repeated, left to dead letters."""

from pathlib import Path

import pytest

from pipeline.errors import ConfigurationError
from pipeline.local.processes import free_port
from pipeline.local.services import start_target
from tests.faults.conftest import ATTEMPTS
from tests.faults.injected import Hold, Times, drops, loses_answer, refuses, slow
from tests.faults.proxy import Fault
from tests.faults.scene import Scene

FAULTS = {
    "refused": refuses(503),
    "without a topic": refuses(404),
    "reset": drops,
    "answer lost": loses_answer,
    "slow": slow(4),
}


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
def test_a_kill_between_write_and_announcement_loses_neither(scene: Scene, after: bool) -> None:
    """Given a worker killed before or after its announcement was accepted, then each outcome is
    announced, and its document was written once.
    """
    for number in range(3):
        name = f"killed-{number}"
        hold = Hold("publish", name=name, after=after)
        with scene.fault(hold):
            scene.upload(name, scene.texts(about=name))
            assert hold.await_reached()
            assert scene.document_is_there(name)
            scene.kill_worker()
            hold.release(drop=True)
        scene.await_ready()
    scene.audit()


@pytest.mark.parametrize("fault", FAULTS.values(), ids=FAULTS)
def test_a_topic_with_a_fault_delays_the_announcement(scene: Scene, fault: Fault) -> None:
    """Given a topic that refuses, resets, loses answers or is slow, then each outcome is announced
    and each document stands.
    """
    faulty = Times(fault, "publish", name="announced", count=4)
    with scene.fault(faulty):
        scene.upload_all([f"announced/{number}.png" for number in range(3)])
        scene.audit()
    assert faulty.left < 3


def test_duplicates_announce_with_the_same_key(scene: Scene) -> None:
    """Given each message pushed three times more, then all announcements of one outcome are
    equal.
    """
    uploads = [scene.upload(f"again-{number}.png", copies=4) for number in range(3)]
    for upload in uploads * 3:
        assert scene.push(upload).status_code == 204
    scene.audit()
    keys = [each.attributes["key"] for each in scene.announced]
    assert len(keys) > len(set(keys)) == len(uploads)


@pytest.mark.parametrize("target", ["push", "dead_letter"])
def test_a_topic_that_does_not_exist_refuses_the_start(
    scene: Scene, target: str, tmp_path: Path
) -> None:
    """Given a RESULTS_TOPIC that was never created, when a service starts, then it ends and says
    how to create it.
    """
    environment = scene.environment | {"RESULTS_TOPIC": "projects/local/topics/absent"}
    with pytest.raises(ConfigurationError, match="topics/absent does not exist: create it with"):
        start_target(target, free_port(), tmp_path, scene.chain.storage_url, environment)


def test_a_dead_letter_makes_up_for_refused_announcements(brief: Scene) -> None:
    """Given a topic that refuses every delivery of an upload, when Pub/Sub gives up, then the
    dead-letter service announces the good document.
    """
    fault = Times(refuses(503), "publish", name="late", count=ATTEMPTS)
    with brief.fault(fault):
        brief.upload("late.png")
        brief.upload("fails.png", act="fail", code="attempts_exhausted")
        brief.audit()
    assert fault.left == 0
    ends = [(line["event"], line["disposition"]) for line in brief.canonical("late.png")]
    assert ends == [("delivery", "retry")] * ATTEMPTS + [("dead_letter", "already_done")]
