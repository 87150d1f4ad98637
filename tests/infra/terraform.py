"""Terraform run on a copy of infra/, against providers that only know their schemas."""

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

from tests.infra.extract_schemas import INFRA, PROVIDERS, Json, schema_file
from tests.infra.schema_provider import schema_providers

REQUIRED: Mapping[str, Any] = {
    "project_id": "my-project",
    "region": "europe-west1",
    "image": "europe-west1-docker.pkg.dev/my-project/images/image-translation:1",
}


class RefusedError(Exception):
    """Terraform found the configuration or the variables wrong; the message is its own."""


@dataclass(frozen=True, slots=True)
class Workspace:
    """A copy of infra/ that may be edited, and the environment Terraform needs for it."""

    folder: Path
    environment: Mapping[str, str]

    def validate(self) -> None:
        """Judges every argument, block and reference.

        Raises:
            RefusedError: what Terraform says is wrong.
        """
        self._terraform("validate")

    def plan(self, **variables: object) -> Json:
        """What would be created, as `terraform show -json` prints a plan.

        Raises:
            RefusedError: what Terraform says is wrong, broken rules included.
        """
        chosen = self.folder / "chosen.auto.tfvars.json"
        chosen.write_text(json.dumps({**REQUIRED, **variables}), encoding="utf-8")
        self._terraform("plan", "-input=false", "-out=chosen.tfplan")
        plan: Json = json.loads(self._terraform("show", "-json", "chosen.tfplan"))
        return plan

    def replace(self, file: str, old: str, new: str) -> None:
        """Replaces the first occurrence, which must exist."""
        path = self.folder / file
        text = path.read_text(encoding="utf-8")
        assert old in text, f"{file} has no {old!r}: the test is out of date"
        path.write_text(text.replace(old, new, 1), encoding="utf-8")

    def initialise(self) -> None:
        """Ties the local module in; reaches for nothing outside the folder."""
        self._terraform("init", "-input=false")

    def copy(self, folder: Path) -> "Workspace":
        """The same configuration in another folder, initialised as this one is."""
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
            # Terraform frames and wraps its messages: tests look for whole sentences.
            raise RefusedError(" ".join(done.stderr.replace("│", " ").split()))
        return done.stdout


@contextmanager
def workspace() -> Iterator[Workspace]:
    """A fresh, initialised copy of infra/ in a temporary folder."""
    schemas = {
        name: json.loads(schema_file(name).read_text(encoding="utf-8")) for name in PROVIDERS
    }
    with TemporaryDirectory() as folder, schema_providers(schemas, Path(folder)) as attached:
        copy = Path(folder, "infra")
        own = shutil.ignore_patterns(".terraform*", "*.tfstate*", "*.tfvars", "*.tfplan")
        shutil.copytree(INFRA, copy, ignore=own)
        # Nobody's own settings, mirrors or variables take part.
        configuration = Path(folder, "terraform.rc")
        configuration.touch()
        made = Workspace(copy, {"TF_CLI_CONFIG_FILE": str(configuration), **attached})
        made.initialise()
        yield made
