"""OCR engines that fail, crash, hang, exhaust memory or return invalid lines."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import psutil
import pytest

from tests.faults.conftest import ATTEMPTS, FULL
from tests.faults.injected import Hold
from tests.faults.scene import Scene
from tests.support.chain_client import awaited
from tests.support.memory_cgroup import Group, limited

GOOD = 20 if FULL else 6
EXHAUSTED = "attempts_exhausted"


@pytest.mark.pull
def test_failing_images_become_dead_letters_and_others_pass(brief: Scene) -> None:
    """Given images that always fail and a killed dead-letter service, when retried, then they end
    failed and others pass.
    """
    poison = ("fail", "nan", "nowhere", "types", "huge")
    given_up = Hold("write", name="fail", after=brief.random.random() < 0.5)
    with brief.fault(given_up):
        # Lines that the validation can repair are kept.
        for act in ("reverse", "odd"):
            brief.upload(f"{act}.png", act=act)
        for act in poison:
            brief.upload(f"{act}.png", act=act, code=EXHAUSTED)
        brief.upload_all([f"good/{n}.png" for n in range(GOOD)])
        assert given_up.await_reached()
        brief.kill_worker(brief.chain.dead_letters)
        given_up.release(drop=True)
        brief.audit()
    for act in poison:
        ends = [(each["disposition"], each["code"]) for each in brief.canonical(f"{act}.png")]
        assert ends[:ATTEMPTS] == [("retry", "engine_unavailable")] * ATTEMPTS
        assert ends[ATTEMPTS:], "the dead-letter service has no log line about it"
        assert set(ends[ATTEMPTS:]) <= {("failed", EXHAUSTED), ("already_done", EXHAUSTED)}


@pytest.mark.lengthy
@pytest.mark.pull
def test_a_crashing_engine_fails_only_its_image(brief: Scene) -> None:
    """Given an image that crashes the worker each time, when retried, then it ends failed and
    others pass.
    """
    others = [f"good/{n}.png" for n in range(GOOD)]
    others += [f"good/{n}.pdf" for n in range(2)]
    for name in ("crash.png", "crash.pdf"):
        brief.upload(name, act="crash", code=EXHAUSTED)
    brief.upload_all(others)
    brief.audit()
    assert given_up(brief, "crash.png")
    assert given_up(brief, "crash.pdf")
    assert not given_up(brief, *others)


def test_a_crash_does_not_fail_slow_neighbours(brief: Scene) -> None:
    """Given slow images beside one that crashes, when retried, then only the crashing
    one ends failed.
    """
    neighbours = [f"slow-{n}.png" for n in range(3)]
    for name in neighbours:
        brief.upload(name, act="slow")
    brief.upload("crash.png", act="crash", code=EXHAUSTED)
    brief.audit()
    assert given_up(brief, "crash.png")
    assert not given_up(brief, *neighbours)


def test_an_engine_that_exhausts_memory_fails_only_its_image(brief: Scene) -> None:
    """Given an image that exhausts memory, when the kernel kills the worker, then it ends failed
    and others pass.
    """
    with memory_limited(brief, megabytes=400) as group:
        brief.upload("hungry.png", act="allocate", code=EXHAUSTED)
        brief.upload_all([f"good/{n}.png" for n in range(GOOD)])
        brief.audit()
        assert group is None or group.kills > 0


@pytest.mark.lengthy
@pytest.mark.pull
def test_a_hanging_engine_keeps_no_slot(brief: Scene) -> None:
    """Given an image that hangs the engine each time, when retried, then it ends failed and its
    slots are released.
    """
    for name in ("hang.png", "hang.pdf"):
        brief.upload(name, act="hang", code=EXHAUSTED)
    brief.upload_all([f"good/{n}.png" for n in range(GOOD)])
    brief.audit()
    retried = [line for line in brief.canonical("hang.png") if line["disposition"] == "retry"]
    assert {line["code"] for line in retried} <= {"deadline_exceeded", "overloaded"}
    assert brief.log_lines(event="stuck")
    awaited(lambda: brief.room_taken() == (0, 0))


def given_up(scene: Scene, *names: str) -> bool:
    """Whether the dead-letter service received a message of any of these images."""
    lines = [line for name in names for line in scene.canonical(name)]
    return any(line["event"] == "dead_letter" for line in lines)


@contextmanager
def memory_limited(scene: Scene, megabytes: int) -> Iterator[Group | None]:
    """Puts the subscriber in a memory cgroup; yields None if this machine does not allow it."""
    with ExitStack() as stack:
        try:
            group = stack.enter_context(limited(megabytes))
        except SystemExit:
            yield None
            return
        master = psutil.Process(scene.chain.subscriber.pid)
        _move([master, *master.children()], group.path)
        try:
            yield group
        finally:
            scene.await_ready()
            _move([master, *master.children()], group.path.parent)


def _move(processes: list[psutil.Process], group: Path) -> None:
    for process in processes:
        (group / "cgroup.procs").write_text(str(process.pid))
