"""Runs Terraform on a copy of infra/ with the provider that has only the schema."""

import json
import os
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from tests.infra.extract_google_schema import INFRA, SCHEMA_FILE, Json
from tests.infra.schema_provider import schema_provider

REQUIRED: Mapping[str, Any] = {
    "project_id": "my-project",
    "region": "europe-west1",
    "image": "europe-west1-docker.pkg.dev/my-project/images/image-translation:1",
}


class RefusedError(Exception):
    """Terraform refused the configuration or the variables; the message is Terraform's."""


@dataclass(frozen=True, slots=True)
class Workspace:
    """A copy of infra/ that may be edited, and the environment that Terraform needs for it."""

    folder: Path
    environment: Mapping[str, str]

    def validate(self) -> None:
        """Checks every argument, block and reference.

        Raises:
            RefusedError: Terraform found a problem.
        """
        self._terraform("validate")

    def plan(self, **variables: object) -> Json:
        """The planned resources, as `terraform show -json` prints them.

        Raises:
            RefusedError: Terraform found a problem, such as a broken rule.
        """
        chosen = self.folder / "chosen.auto.tfvars.json"
        chosen.write_text(json.dumps({**REQUIRED, **variables}), encoding="utf-8")
        self._terraform("plan", "-input=false", "-out=chosen.tfplan")
        plan: Json = json.loads(self._terraform("show", "-json", "chosen.tfplan"))
        return plan

    def replace(self, file: str, old: str, new: str) -> None:
        """Replaces the first occurrence of `old`, which must exist."""
        path = self.folder / file
        text = path.read_text(encoding="utf-8")
        assert old in text, f"{file} has no {old!r}: the test is out of date"
        path.write_text(text.replace(old, new, 1), encoding="utf-8")

    def initialise(self) -> None:
        """Links the local module; reads nothing outside the folder."""
        self._terraform("init", "-input=false")

    def copy(self, folder: Path) -> "Workspace":
        """The same initialised configuration in another folder."""
        shutil.copytree(self.folder, folder)
        return Workspace(folder, self.environment)

    def _terraform(self, command: str, *arguments: str) -> str:
        done = subprocess.run(
            ["terraform", command, "-no-color", *arguments]
            if command != "show"
            else ["terraform", command, *arguments],
            cwd=self.folder,
            env={**os.environ, **self.environment},
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            # Terraform draws a frame and wraps lines: tests search for whole sentences.
            raise RefusedError(" ".join(done.stderr.replace("│", " ").split()))
        return done.stdout


@contextmanager
def workspace() -> Iterator[Workspace]:
    """A new, initialised copy of infra/ in a temporary folder."""
    schema = json.loads(SCHEMA_FILE.read_text(encoding="utf-8"))
    with TemporaryDirectory() as folder, schema_provider(schema, Path(folder)) as attached:
        copy = Path(folder, "infra")
        own = shutil.ignore_patterns(".terraform*", "*.tfstate*", "*.tfvars", "*.tfplan")
        shutil.copytree(INFRA, copy, ignore=own)
        # An empty file: settings and mirrors of the user do not apply.
        configuration = Path(folder, "terraform.rc")
        configuration.touch()
        made = Workspace(copy, {"TF_CLI_CONFIG_FILE": str(configuration), **attached})
        made.initialise()
        yield made
