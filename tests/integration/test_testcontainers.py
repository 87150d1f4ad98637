"""The local chain against the Pub/Sub emulator's public image, through testcontainers."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from docker.errors import DockerException
from testcontainers.core.container import DockerContainer

from pipeline.local.chain import running_chain
from pipeline.local.emulator import IMAGE
from pipeline.local.processes import answers, free_port
from tests.support.chain_client import awaited, document_of, documents, upload
from tests.support.service_process import FAKE, ROOT
from tests.support.text_pictures import encoded, picture_of

ENVIRONMENT = {"PYTHONPATH": str(ROOT), **FAKE}


@pytest.fixture(scope="module")
def emulator() -> Iterator[str]:
    """Where an emulator in a container listens."""
    port = free_port()
    try:
        # On the host's network, so that pushes reach the services on 127.0.0.1. Not the
        # library's own PubSubContainer: importing it needs the Datastore client.
        container = DockerContainer(IMAGE, network_mode="host").with_command(
            f"gcloud beta emulators pubsub start --project=local --host-port=127.0.0.1:{port}"
        )
        container.start()
    except DockerException as error:
        # In CI too: the chain has the Google Cloud SDK's emulator where there is no Docker.
        pytest.skip(f"no container engine that testcontainers reaches ({error})")
    try:
        host = f"127.0.0.1:{port}"
        awaited(lambda: answers(f"http://{host}/"), 60)
        yield host
    finally:
        container.stop()


def test_uploads_become_documents(
    emulator: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Given the emulator in a container, when pictures are uploaded, then each has a document."""
    monkeypatch.setenv("PUBSUB_EMULATOR_HOST", emulator)
    with running_chain(tmp_path, ENVIRONMENT) as chain:
        for number in range(5):
            upload(chain, f"{number}.png", encoded(picture_of(f"SIGN {number}")))
        found = awaited(lambda: len(documents(chain)) == 5 and documents(chain))
    assert {document["status"] for document in found.values()} == {"translated"}


def test_what_is_never_taken_is_dead_lettered(
    emulator: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Given a subscriber that is gone, when five attempts fail, then the failure is filed."""
    monkeypatch.setenv("PUBSUB_EMULATOR_HOST", emulator)
    with running_chain(tmp_path, ENVIRONMENT, max_attempts=5) as chain:
        chain.subscriber.stop()
        document = document_of(chain, upload(chain, "sign.png", encoded(picture_of("SIGN"))))
    assert (document["status"], document["error"]["code"]) == ("failed", "attempts_exhausted")
