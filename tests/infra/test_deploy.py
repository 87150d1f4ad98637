"""`make deploy` with fakes for Terraform, Docker and gcloud."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.infra.extract_schemas import INFRA

REPOSITORY = "europe-west1-docker.pkg.dev/my-project/images/image-translation"

FAKES = {
    "terraform": f"""case "$*" in
  *image_repository) echo {REPOSITORY};;
  *init*) mkdir infra/.terraform;;
esac""",
    "docker": ":",
    "uname": 'echo "${MACHINE:-x86_64}"',
    "gcloud": 'echo "${5%:*}@sha256:$(cat "$PUSHED")"',
}


class Checkout:
    """A commit with the recipes of infra.mk, and programs that only write down their arguments."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder / "checkout"
        self.calls = folder / "calls"
        self.pushed = folder / "pushed"
        (self.folder / "infra").mkdir(parents=True)
        programs = folder / "bin"
        programs.mkdir()
        for name, answer in FAKES.items():
            program = programs / name
            program.write_text(f'#!/bin/sh\necho "{name} $*" >>"{self.calls}"\n{answer}\n')
            program.chmod(0o755)
        self._environment = {
            **os.environ,
            "PATH": f"{programs}:{os.environ['PATH']}",
            "PUSHED": str(self.pushed),
        }
        for name in ("infra.mk", "versions.tf", ".gitignore"):
            shutil.copy(INFRA / name, self.folder / "infra")
        (self.folder / "Makefile").write_text("include infra/infra.mk\n")
        self.git("init", "--quiet")
        self.git("add", "--all")
        self.git("-c", "user.name=a", "-c", "user.email=a@example.org", "commit", "-qm", "all")

    def git(self, *arguments: str) -> None:
        subprocess.run(["git", *arguments], cwd=self.folder, check=True)

    def deploy(self, digest: str) -> subprocess.CompletedProcess[str]:
        """Deploys; the registry answers with the digest, whatever the tag."""
        self.pushed.write_text(digest)
        return subprocess.run(
            ["make", "deploy", "CONTAINERS=docker"],
            cwd=self.folder,
            env=self._environment,
            capture_output=True,
            text=True,
            check=False,
        )

    def build_options(self, machine: str, containers: str) -> str:
        """The commands that `make image` would run on such a machine."""
        return subprocess.run(
            ["make", "--dry-run", "image", f"CONTAINERS={containers}"],
            cwd=self.folder,
            env={**self._environment, "MACHINE": machine},
            capture_output=True,
            text=True,
            check=True,
        ).stdout

    @property
    def image(self) -> str:
        return (self.folder / "infra" / "image.auto.tfvars").read_text()


@pytest.fixture
def checkout(tmp_path: Path) -> Checkout:
    return Checkout(tmp_path)


def test_a_tag_pushed_again_is_another_image(checkout: Checkout) -> None:
    """Given two builds of one commit, each deploy records the digest of its own build."""
    for digest in ("a" * 64, "b" * 64):
        done = checkout.deploy(digest)
        assert done.returncode == 0, done.stderr
        assert checkout.image.startswith(f'image = "{REPOSITORY}@sha256:{digest}" # commit ')
    assert checkout.calls.read_text().count("terraform -chdir=infra apply\n") == 2


def test_changes_without_a_commit_are_not_deployed(checkout: Checkout) -> None:
    """Given a file that is not committed, the deploy ends before it builds or applies."""
    (checkout.folder / "new.py").touch()
    done = checkout.deploy("a" * 64)
    assert done.returncode != 0
    assert "not committed: commit or stash" in done.stdout
    assert "docker" not in checkout.calls.read_text()
    assert "apply" not in checkout.calls.read_text()


def test_files_of_terraform_do_not_stop_a_deploy(checkout: Checkout) -> None:
    """Given a backend and the lock file of `terraform init`, the deploy goes on."""
    (checkout.folder / "infra" / "backend.tf").touch()
    (checkout.folder / "infra" / ".terraform.lock.hcl").touch()
    assert checkout.deploy("a" * 64).returncode == 0


@pytest.mark.parametrize("containers", ["docker", "podman"])
def test_images_are_built_for_the_machines_of_cloud_run(
    checkout: Checkout, containers: str
) -> None:
    """Given an ARM machine, the image is built for x86-64."""
    assert "--platform linux/amd64" in checkout.build_options("arm64", containers)
    assert "--platform" not in checkout.build_options("x86_64", containers)
