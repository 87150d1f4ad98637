"""SIGTERM with deliveries in flight, a deployment, and recognitions past their deadline."""

import signal
import time
from dataclasses import replace

import psutil
import pytest

from pipeline.local.processes import free_port
from tests.faults.conftest import FULL
from tests.faults.injected import Hold
from tests.faults.pubsub import move_pushes
from tests.faults.scene import Scene
from tests.support.chain_client import awaited

GRACE_SECONDS = 10
"""The time that Cloud Run gives between SIGTERM and SIGKILL."""


@pytest.mark.pull
def test_after_sigterm_work_finishes_or_is_retried(scene: Scene) -> None:
    """Given two deliveries, when SIGTERM arrives, then one finishes in time and the
    other is retried.
    """
    finishes, stays = Hold("write", name="finishes"), Hold("ocr", name="stays")
    with scene.fault(finishes, stays):
        scene.upload("finishes.png")
        assert finishes.await_reached()
        scene.upload("stays.png", scene.texts(about="stays"))
        assert stays.await_reached()
        master = psutil.Process(scene.chain.subscriber.pid)
        asked = time.monotonic()
        master.send_signal(signal.SIGTERM)
        finishes.release()
        awaited(lambda: scene.document_is_there("finishes.png"), GRACE_SECONDS)
        psutil.wait_procs([master], timeout=GRACE_SECONDS)
        took = time.monotonic() - asked
        stays.release(drop=True)
    assert not scene.chain.subscriber.is_alive()
    assert took < GRACE_SECONDS
    assert not scene.document_is_there("stays.png")
    scene.restart_subscriber()
    scene.audit()


@pytest.mark.lengthy
@pytest.mark.pull
def test_a_deployment_loses_no_upload(scene: Scene) -> None:
    """Given an old and a new subscriber, when messages move to the new one, then no
    upload is lost.
    """
    names = iter([f"deploy/{n}.png" for n in range(60 if FULL else 15)])
    third = 20 if FULL else 5
    old, chain = scene.chain.subscriber, scene.chain
    hold = Hold("ocr")
    with scene.fault(hold):
        scene.upload_all([next(names) for _ in range(third)])
        assert hold.await_reached()
        pushed = chain.delivery == "push"
        chain = replace(chain, subscriber_url=f"http://127.0.0.1:{free_port()}" if pushed else "")
        scene.chain = replace(chain, subscriber=chain.start_subscriber(scene.environment))
        if pushed:
            move_pushes(chain, chain.subscriber_url)
        scene.upload_all([next(names) for _ in range(third)])
        hold.release()
        old.stop()
        scene.upload_all(list(names))
        scene.audit()


def test_a_late_recognition_releases_its_slot_and_bytes(brief: Scene) -> None:
    """Given a recognition past its deadline, when it ends, then its slot and bytes are released."""
    hold = Hold("ocr", name="late")
    with brief.fault(hold):
        brief.upload("late.png", brief.texts(about="late"))
        assert hold.await_reached()
        lines = awaited(lambda: brief.canonical("late.png"))
        assert (lines[0]["disposition"], lines[0]["code"]) == ("retry", "deadline_exceeded")
        assert lines[0]["slots_taken"] == 1
        hold.release()
        brief.audit()
    assert not brief.log_lines(event="stuck")
    awaited(lambda: brief.room_taken() == (0, 0))
