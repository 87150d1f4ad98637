"""The Pub/Sub emulator: a running one, one in a container, or that of the Google Cloud SDK."""

import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from pipeline.errors import ConfigurationError
from pipeline.local.processes import Child, answers, await_ready, free_port, start

IMAGE = "google/cloud-sdk:emulators"

_LOG = "pubsub-emulator.log"
_MISSING = (
    "there is no Pub/Sub emulator. Do one of three things: set PUBSUB_EMULATOR_HOST=host:port of"
    f" a running one; start Docker (the image {IMAGE} is used); or install the Google Cloud SDK"
    " and run `gcloud components install pubsub-emulator` (needs Java)"
)
# Otherwise Java silently repeats a POST whose connection was lost.
_JAVA_OPTS = "-Xmx256m -Dsun.net.http.retryPost=false"


@dataclass(frozen=True, slots=True)
class Emulator:
    """The emulator's address and process; `push_host` is this machine as the emulator sees it.

    An emulator that was running already has no `child`.
    """

    host: str
    child: Child | None
    container: str | None = None
    push_host: str = "127.0.0.1"

    def await_ready(self, logs: Path) -> None:
        """Returns when the emulator answers.

        Raises:
            ConfigurationError: it ended, or does not answer.
        """
        url = f"http://{self.host}/"
        if self.child:
            await_ready(self.child, lambda: answers(url), logs / _LOG)
        elif not answers(url):
            raise ConfigurationError(
                f"PUBSUB_EMULATOR_HOST={self.host} does not answer: start it, or unset the variable"
            )

    def stop(self) -> None:
        """Stops the emulator, unless it was running already."""
        if self.container:
            _docker("rm", "--force", self.container)
        if self.child:
            self.child.stop()


def start_emulator(logs: Path, *, port: int | None = None) -> Emulator:
    """Starts the first of the three that is available; `await_ready` waits for it.

    Without `port` a free one is used.

    Raises:
        ConfigurationError: none is available; the message names all three.
    """
    running = os.environ.get("PUBSUB_EMULATOR_HOST")
    if running:
        return Emulator(running, child=None)
    if _docker_has_image():
        return _in_container(logs, port or free_port())
    script = _sdk_script()
    if script:
        return _from_sdk(script, logs, port or free_port())
    raise ConfigurationError(_MISSING)


def _from_sdk(script: Path, logs: Path, port: int) -> Emulator:
    # Not through gcloud, because SIGTERM to gcloud leaves the Java process running.
    child = start(
        "pubsub-emulator",
        [str(script), "--host=127.0.0.1", f"--port={port}"],
        log=logs / _LOG,
        environment={**os.environ, "JAVA_OPTS": _JAVA_OPTS},
    )
    return Emulator(f"127.0.0.1:{port}", child)


def _in_container(logs: Path, port: int) -> Emulator:
    name = f"image-translation-pubsub-{port}"
    # A container can use the host's network, and push to 127.0.0.1, only on Linux.
    is_linux = sys.platform == "linux"
    network = ["--network", "host"] if is_linux else ["--publish", f"127.0.0.1:{port}:{port}"]
    address = f"127.0.0.1:{port}" if is_linux else f"0.0.0.0:{port}"
    gcloud = ["gcloud", "beta", "emulators", "pubsub", "start", "--project=local"]
    child = start(
        "pubsub-emulator",
        [
            *("docker", "run", "--rm", "--name", name, "--env", f"JAVA_OPTS={_JAVA_OPTS}"),
            *network,
            IMAGE,
            *gcloud,
            f"--host-port={address}",
        ],
        log=logs / _LOG,
        environment=os.environ,
    )
    push_host = "127.0.0.1" if is_linux else "host.docker.internal"
    return Emulator(f"127.0.0.1:{port}", child, name, push_host)


def _docker(*arguments: str) -> int:
    if not shutil.which("docker"):
        return 127
    try:
        return subprocess.run(  # noqa: S603 - our own arguments
            ["docker", *arguments],  # noqa: S607 - the user's docker
            check=False,
            capture_output=True,
            timeout=600,
        ).returncode
    except subprocess.TimeoutExpired:
        return 124


def _docker_has_image() -> bool:
    if _docker("info") != 0:
        return False
    return _docker("image", "inspect", IMAGE) == 0 or _docker("pull", "--quiet", IMAGE) == 0


def _sdk_script() -> Path | None:
    if not shutil.which("gcloud") or not shutil.which("java"):
        return None
    root = subprocess.run(
        ["gcloud", "info", "--format=value(installation.sdk_root)"],  # noqa: S607 - the user's
        check=False,
        capture_output=True,
        text=True,
    ).stdout.strip()
    script = Path(root, "platform/pubsub-emulator/bin/cloud-pubsub-emulator")
    return script if root and script.is_file() else None
