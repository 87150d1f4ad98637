"""compose.yaml, started from a fresh clone: a picture in, its document out, nothing left behind."""

import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
import requests
from jsonschema import Draft202012Validator

from pipeline.outcomes.document import schema
from tests.image.conftest import Figures
from tests.image.containers import Engine
from tests.support.chain_client import awaited

ROOT = Path(__file__).parents[2]
PROJECT = "image-translation-test"
STORAGE = "http://127.0.0.1:4443/storage/v1"


@dataclass(frozen=True, slots=True)
class Compose:
    """The compose command of the engine, for the project of this test."""

    engine: Engine
    command: tuple[str, ...]

    @classmethod
    def find(cls, engine: Engine) -> "Compose":
        """`docker compose`, or `podman-compose` where podman is the engine."""
        command = ("docker", "compose") if engine.command == "docker" else ("podman-compose",)
        is_there = (
            shutil.which(command[0])
            and not subprocess.run(
                [*command, "version"], capture_output=True, check=False
            ).returncode
        )
        if not is_there:
            how = (
                "install Compose 2" if engine.command == "docker" else "pip install podman-compose"
            )
            pytest.fail(f"{' '.join(command)} is missing: {how}", pytrace=False)
        return cls(engine, command)

    @contextmanager
    def running(self, clone: Path, image: str) -> Iterator[None]:
        """The services of a clone, removed at the end."""
        base = [*self.command, "--project-name", PROJECT]
        environment = {**os.environ, "IMAGE": image}
        try:
            done = subprocess.run(
                [*base, "up", "--detach", "--no-build"],
                cwd=clone,
                env=environment,
                capture_output=True,
                text=True,
                check=False,
                timeout=300,
            )
            assert done.returncode == 0, done.stderr
            yield
        finally:
            subprocess.run(
                [*base, "down"], cwd=clone, env=environment, capture_output=True, check=True
            )

    def left(self) -> dict[str, str]:
        """The containers, networks and volumes of the project."""
        mine = ("--filter", f"label=com.docker.compose.project={PROJECT}", "--quiet")
        listings = {"containers": ("ps", "--all"), "networks": ("network", "ls")}
        listings["volumes"] = ("volume", "ls")
        return {name: self.engine.output(*command, *mine) for name, command in listings.items()}


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    """A fresh clone; its drop folder belongs to a user who is not root."""
    folder = tmp_path / "clone"
    subprocess.run(["git", "clone", "--quiet", str(ROOT), str(folder)], check=True)
    if os.geteuid() == 0:
        os.chown(folder / "drop", 1234, 1234)
    return folder


def test_a_picture_dropped_into_a_fresh_clone_gets_its_document(
    engine: Engine, image: str, clone: Path, figures: Figures
) -> None:
    """Given a fresh clone, when compose starts it and a picture is dropped in, then its document
    comes beside it and is in the bucket; `down` leaves no container, network or volume.
    """
    compose = Compose.find(engine)
    drop = clone / "drop"
    beside = drop / "exit-ca.png.json"
    with compose.running(clone, image):
        shutil.copy(ROOT / "samples" / "exit-ca.png", drop)
        awaited(beside.exists, 120, pause=0.25)
        listed = requests.get(f"{STORAGE}/b/results/o", timeout=10).json()["items"]
        left = compose.left()
    document = json.loads(beside.read_bytes())
    Draft202012Validator(schema()).validate(document)
    (first, *_) = document["pages"][0]["paragraphs"]
    assert (document["status"], first["text"]) == ("translated", "Sortida d'emergència")
    assert [item["name"] for item in listed] == ["exit-ca.png.json"]
    assert beside.stat().st_uid == drop.stat().st_uid
    figures["compose: containers"] = str(len(left["containers"].split()))
    assert left["containers"]
    assert compose.left() == {"containers": "", "networks": "", "volumes": ""}
    assert {path.name for path in drop.iterdir()} == {".gitignore", "exit-ca.png", beside.name}
