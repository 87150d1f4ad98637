"""OCR engines that fail, crash, hang, exhaust memory or return invalid lines."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import psutil

from tests.faults.conftest import ATTEMPTS, FULL
from tests.faults.injected import Hold
from tests.faults.scene import Scene
from tests.support.chain_client import awaited
from tests.support.memory_cgroup import Group, limited

GOOD = 20 if FULL else 6
EXHAUSTED = "attempts_exhausted"


def test_poison_and_garbage_end_in_the_dead_letters_while_others_flow(brief: Scene) -> None:
    """Given images that fail or read as garbage, and dead letters killed, others flow."""
    poison = ("fail", "nan", "nowhere", "types", "huge")
    given_up = Hold("write", name="fail", after=brief.random.random() < 0.5)
    with brief.fault(given_up):
        # What can be made sense of is kept.
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
        assert ends[ATTEMPTS:], "the dead letters have no line about it"
        assert set(ends[ATTEMPTS:]) <= {("failed", EXHAUSTED), ("already_done", EXHAUSTED)}


def test_an_engine_that_crashes_the_process_takes_no_other_image_along(brief: Scene) -> None:
    """Given an image that crashes the worker every time, it ends failed while others flow."""
    others = [f"good/{n}.png" for n in range(GOOD)]
    brief.upload("crash.png", act="crash", code=EXHAUSTED)
    brief.upload_all(others)
    brief.audit()
    assert given_up(brief, "crash.png")
    assert not given_up(brief, *others)


def test_a_crash_every_time_spares_its_neighbours(brief: Scene) -> None:
    """Given pictures that are slow beside one that crashes at once, only that one ends failed."""
    neighbours = [f"slow-{n}.png" for n in range(3)]
    for name in neighbours:
        brief.upload(name, act="slow")
    brief.upload("crash.png", act="crash", code=EXHAUSTED)
    brief.audit()
    assert given_up(brief, "crash.png")
    assert not given_up(brief, *neighbours)


def test_an_engine_that_takes_all_memory_takes_no_other_image_along(brief: Scene) -> None:
    """Given an image the kernel kills the worker for, it ends failed while others flow."""
    with memory_limited(brief, megabytes=400) as group:
        brief.upload("hungry.png", act="allocate", code=EXHAUSTED)
        brief.upload_all([f"good/{n}.png" for n in range(GOOD)])
        brief.audit()
        assert group is None or group.kills > 0


def test_an_engine_that_hangs_keeps_nothing(brief: Scene) -> None:
    """Given an image that hangs the engine every time, it ends failed and its slots come back."""
    brief.upload("hang.png", act="hang", code=EXHAUSTED)
    brief.upload_all([f"good/{n}.png" for n in range(GOOD)])
    brief.audit()
    retried = [line for line in brief.canonical("hang.png") if line["disposition"] == "retry"]
    assert {line["code"] for line in retried} <= {"deadline_exceeded", "overloaded"}
    assert brief.log_lines(event="stuck")
    awaited(lambda: brief.room_taken() == (0, 0))


def given_up(scene: Scene, *names: str) -> bool:
    """Whether a message of any of these came to the dead letters."""
    lines = [line for name in names for line in scene.canonical(name)]
    return any(line["event"] == "dead_letter" for line in lines)


@contextmanager
def memory_limited(scene: Scene, megabytes: int) -> Iterator[Group | None]:
    """The subscriber in a memory cgroup, where this machine lets us; None elsewhere."""
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
