"""PP-OCR recognisers as packs: their download, their check and their folders.

A pack is a folder such as `models/scripts/korean` with the weights and `pack.json`: the address
and SHA-256 of the weights, and the characters that they name.
"""

import hashlib
import json
import tempfile
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from pipeline.errors import ConfigurationError
from pipeline.ocr.model_files import WEIGHTS, characters_of_onnx
from pipeline.ocr.scripts.registry import SCRIPTS, Script

FOLDER = "scripts"
"""The folder of the packs, below that of the models."""

RECORD = "pack.json"
_TIMEOUT_SECONDS = 60
_LARGEST_BYTES = 200_000_000


@dataclass(frozen=True, slots=True)
class Pack:
    """An installed recogniser that was checked; `characters` are in the order of its classes."""

    script: Script
    weights: Path
    sha256: str
    characters: tuple[str, ...]


def install(
    script: Script,
    model_dir: Path,
    *,
    file: Path | None = None,
    fetch: Callable[[str], bytes] | None = None,
) -> Path:
    """Downloads, verifies and lays out the pack of a script; returns its folder.

    `file` holds weights that were downloaded elsewhere. The folder appears whole or not at all.

    Raises:
        ConfigurationError: there is no pack of the script, it cannot be fetched, or it is not
            the pinned one; the message says what to do.
    """
    if script.release is None:
        raise ConfigurationError(
            f"there is no PP-OCR recogniser for {script.name}; Tesseract reads it: {script.remedy}"
        )
    weights = _content(file) if file else (fetch or _download)(script.release.url)
    _check_hash(weights, script.release.sha256, str(file or script.release.url))
    record = {
        "script": script.code,
        "url": script.release.url,
        "sha256": script.release.sha256,
        "characters": [each for each in characters_of_onnx(weights) if each],
    }
    target = model_dir / FOLDER / script.name
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=target.parent, prefix=".installing-") as scratch:
        built = Path(scratch, script.name)
        built.mkdir()
        (built / WEIGHTS).write_bytes(weights)
        (built / RECORD).write_text(json.dumps(record, ensure_ascii=False), "utf-8")
        if target.exists():
            target.rename(Path(scratch, "replaced"))
        built.rename(target)
    return target


def installed_packs(model_dir: Path, scripts: Mapping[str, Script] = SCRIPTS) -> Mapping[str, Pack]:
    """The packs below `model_dir`, by ISO 15924 code.

    Raises:
        ConfigurationError: a pack is of no known script, incomplete, or not the installed file.
    """
    by_name = {script.name: script for script in scripts.values()}
    packs = {}
    for folder in sorted((model_dir / FOLDER).glob("[!.]*")):
        if folder.name not in by_name:
            raise ConfigurationError(
                f"{folder} is the pack of no known script: name it one of"
                f" {', '.join(by_name)}, or remove it"
            )
        script = by_name[folder.name]
        packs[script.code] = _checked(folder, script)
    return packs


def _checked(folder: Path, script: Script) -> Pack:
    again = f"to install it again, run: {install_command(script, folder.parent.parent)}"
    try:
        record = json.loads((folder / RECORD).read_text("utf-8"))
        sha256, characters = str(record["sha256"]), tuple(map(str, record["characters"]))
        weights = (folder / WEIGHTS).read_bytes()
    except (OSError, ValueError, LookupError, TypeError) as error:
        raise ConfigurationError(
            f"the pack {folder} is incomplete ({type(error).__name__}); {again}"
        ) from error
    if hashlib.sha256(weights).hexdigest() != sha256:
        raise ConfigurationError(f"the pack {folder} is damaged: another SHA-256; {again}")
    return Pack(script, folder / WEIGHTS, sha256, characters)


def install_command(script: Script, model_dir: Path) -> str:
    """The command that installs the pack of a script."""
    return f"image-translation models install --script {script.name} --dir {model_dir}"


def _content(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except OSError as error:
        raise ConfigurationError(f"cannot read {file}: {error.strerror}") from error


def _check_hash(weights: bytes, sha256: str, source: str) -> None:
    found = hashlib.sha256(weights).hexdigest()
    if found != sha256:
        raise ConfigurationError(
            f"{source} has SHA-256 {found} instead of {sha256}: it is damaged or was replaced;"
            " download it again"
        )


def _download(url: str) -> bytes:
    if not url.startswith(("https://", "http://127.0.0.1:")):
        raise ConfigurationError(f"{url}: only https is downloaded")
    try:
        with urllib.request.urlopen(url, timeout=_TIMEOUT_SECONDS) as answer:  # noqa: S310 - checked
            return bytes(answer.read(_LARGEST_BYTES))
    except (OSError, urllib.error.URLError) as error:
        reason = getattr(error, "reason", error)
        raise ConfigurationError(
            f"cannot download {url} ({reason}): download it on another machine, bring it here,"
            " and add  --file FILE  to the command"
        ) from error
