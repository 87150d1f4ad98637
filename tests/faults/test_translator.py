"""A translator that is down, slow or over its quota, and the characters it bills."""

from tests.faults.conftest import BRIEF_SECONDS
from tests.faults.injected import Times, drops, loses_answer, refuses, slow, stalls
from tests.faults.scene import Scene
from tests.support.chain_client import awaited

OVER_QUOTA = refuses(403, "Quota exceeded for quota metric 'v3 characters'")
FAULTS = {
    "500": refuses(500),
    "503": refuses(503),
    "429": refuses(429),
    "quota": OVER_QUOTA,
    "reset": drops,
    "slow": slow(2),
    "lost": loses_answer,
}


def test_no_translator_fault_loses_a_text_or_pays_twice(scene: Scene) -> None:
    """Given one fault for each image, when retried, then each is translated and only a lost answer
    is paid twice.
    """
    texts = {kind: scene.texts() for kind in FAULTS}
    faults = [Times(fault, "translate", name=texts[kind][0]) for kind, fault in FAULTS.items()]
    before = scene.translator.billed
    with scene.fault(*faults):
        for kind in FAULTS:
            scene.upload(f"translator-{kind}.png", texts[kind])
        scene.audit()
    assert [fault.left for fault in faults] == [0] * len(faults)
    characters = {kind: sum(map(len, texts[kind])) for kind in FAULTS}
    assert scene.translator.billed - before == sum(characters.values()) + characters["lost"]


def test_a_used_quota_makes_deliveries_wait(scene: Scene) -> None:
    """Given a used quota, when a delivery fails, then it is retried until the quota
    is available.
    """
    with scene.fault(Times(OVER_QUOTA, "translate", count=1000)):
        scene.upload("quota.png")
        awaited(lambda: scene.canonical("quota.png"))
    scene.audit()
    first, *_, last = scene.canonical("quota.png")
    assert (first["disposition"], first["code"]) == ("retry", "quota_exceeded")
    assert last["disposition"] == "done"


def test_a_silent_translator_ends_at_the_deadline(brief: Scene) -> None:
    """Given a translator that does not answer, when the deadline passes, then the delivery is
    retried and paid again.
    """
    texts = brief.texts()
    stalled = Times(stalls(2 * BRIEF_SECONDS), "translate", name=texts[0])
    with brief.fault(stalled):
        brief.upload("silent.png", texts)
        brief.audit()
    lines = brief.canonical("silent.png")
    assert lines[0]["code"] in {"deadline_exceeded", "translator_unavailable"}
    assert lines[0]["timings_ms"]["total"] < 2 * BRIEF_SECONDS * 1000
