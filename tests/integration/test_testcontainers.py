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
    """The address of an emulator in a container."""
    port = free_port()
    try:
        # It uses the host's network, so that pushes reach the services on 127.0.0.1. It is not the
        # library's own PubSubContainer: importing it needs the Datastore client.
        container = DockerContainer(IMAGE, network_mode="host").with_command(
            f"gcloud beta emulators pubsub start --project=local --host-port=127.0.0.1:{port}"
        )
        container.start()
    except DockerException as error:
        # This skips in CI too: without Docker the chain uses the emulator of the Google Cloud SDK.
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


def test_an_upload_that_is_never_acknowledged_is_a_dead_letter(
    emulator: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Given a subscriber that is gone, when five attempts fail, then the document is failed."""
    monkeypatch.setenv("PUBSUB_EMULATOR_HOST", emulator)
    with running_chain(tmp_path, ENVIRONMENT, max_attempts=5) as chain:
        chain.subscriber.stop()
        document = document_of(chain, upload(chain, "sign.png", encoded(picture_of("SIGN"))))
    assert (document["status"], document["error"]["code"]) == ("failed", "attempts_exhausted")
