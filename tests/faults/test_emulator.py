"""A Pub/Sub emulator that restarts and loses its messages."""

from datetime import UTC, datetime

from pipeline.delivery import redelivery
from pipeline.local.chain import RESULTS, UPLOADS
from pipeline.stores.gcs import GcsStore
from tests.conftest import missing
from tests.faults.injected import Hold
from tests.faults.pubsub import restarted_emulator
from tests.faults.scene import Scene
from tests.support.chain_client import awaited


def test_redeliver_restores_lost_messages(scene: Scene) -> None:
    """Given an emulator that lost its messages, when uploads are redelivered, then
    each has a document.
    """
    if scene.chain.emulator.child is None:
        missing("an emulator that the suite can restart (unset PUBSUB_EMULATOR_HOST)")
    # Both pushes that the emulator has in flight: nothing is written or announced meanwhile.
    holds = Hold("download", nth=4), Hold("download", nth=4)
    with scene.fault(*holds):
        scene.upload_all([f"forgotten/{n}.png" for n in range(12)])
        assert all(hold.await_reached() for hold in holds)
        scene.collect_announcements()
        scene.chain = restarted_emulator(scene.chain)
        for hold in holds:
            hold.release()
    scene.upload_all([f"after/{n}.png" for n in range(3)])
    awaited(lambda: all(scene.document_is_there(f"after/{n}.png") for n in range(3)))
    store = GcsStore(scene.client)
    windows = redelivery.compare(store, UPLOADS, RESULTS, before=datetime.now(UTC))
    uploads = [one.upload for window in windows for one in window.pending]
    assert uploads, "the emulator did not lose a message"
    publisher = redelivery.connect(scene.chain.emulator.host)
    redelivery.announce(publisher, scene.chain.topic_path, uploads, redelivery.Pace(1000))
    scene.audit()
