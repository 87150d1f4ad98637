"""Translation models: the releases to download, their installation and their folders.

A model is a folder such as `es-en` with the files that CTranslate2 needs. Models are downloaded
only by `image-translation models install --translation es-en`.
"""

import hashlib
import json
import re
import shutil
import tempfile
import urllib.request
import zipfile
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path, PurePosixPath
from types import MappingProxyType
from typing import Literal

from pipeline.errors import ConfigurationError, UnsupportedLanguageError
from pipeline.language.tags import parse_language

Pair = tuple[str, str]

# No config.json: models converted before CTranslate2 3.0, such as those of Argos, have none.
FILES = ("model.bin", "source.spm", "target.spm")
ORIGIN = "origin.json"
_TIMEOUT_SECONDS = 60
_NON_COMMERCIAL = re.compile(r"\bNC\b|non-?commercial", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Release:
    """An archive to download.

    `layout`: `opus` is a release of OPUS-MT (Marian weights, converted here), `argos` a
    package of Argos Translate (already converted). `sha256` None: no checksum is known, so
    `install` needs one from its caller.
    """

    url: str
    sha256: str | None
    licence: str
    layout: Literal["opus", "argos"] = "opus"


@dataclass(frozen=True, slots=True)
class Installed:
    """A model's folder, and a short digest of its archive."""

    folder: Path
    origin: str


_OPUS = "https://object.pouta.csc.fi/OPUS-MT-models"
_ARGOS = "https://argos-net.com/v1"

RELEASES: Mapping[str, Release] = MappingProxyType(
    {
        "es-en": Release(
            f"{_ARGOS}/translate-es_en-1_0.argosmodel",
            "1b963aa0e0cb6e5ce874f0aa1a1949a19bc4d762e833532239a8834340f6b378",
            "MIT or CC0-1.0",
            "argos",
        ),
        "en-es": Release(
            f"{_ARGOS}/translate-en_es-1_0.argosmodel",
            "d698d0ef87ad70d5d184b7fa6965905bf4368f09a2bb9ffb165a79bac96af0c4",
            "MIT or CC0-1.0",
            "argos",
        ),
        "fr-en": Release(f"{_OPUS}/fr-en/opus-2020-02-26.zip", None, "CC-BY-4.0"),
        "de-en": Release(f"{_OPUS}/de-en/opus-2020-02-26.zip", None, "CC-BY-4.0"),
        "en-de": Release(f"{_OPUS}/en-de/opus-2020-02-26.zip", None, "CC-BY-4.0"),
        "it-en": Release(f"{_OPUS}/it-en/opus-2019-12-18.zip", None, "CC-BY-4.0"),
        "ru-en": Release(f"{_OPUS}/ru-en/opus-2020-02-26.zip", None, "CC-BY-4.0"),
    }
)
"""Releases by language pair; their licences allow commercial use."""


def installed(folder: Path) -> dict[Pair, Installed]:
    """The models in `folder` by language pair; ignores folders that are not named as a pair.

    Raises:
        ConfigurationError: the folder of a model lacks a file.
    """
    found: dict[Pair, Installed] = {}
    for path in sorted(folder.glob("*-*")):
        pair = parse_pair(path.name)
        if pair is None or not path.is_dir():
            continue
        missing = [name for name in FILES if not (path / name).is_file()]
        if missing:
            raise ConfigurationError(
                f"the translation model {path} lacks {', '.join(missing)}. Type:"
                f" image-translation models install --translation {path.name} --dir {folder}"
            )
        found[pair] = Installed(path, _origin(path))
    return found


def parse_pair(name: str) -> Pair | None:
    """Splits `es-en` or `en-zh-Hant` into two tags; None if it is not two languages."""
    parts = name.split("-")
    for middle in range(1, len(parts)):
        try:
            return (
                parse_language("-".join(parts[:middle])),
                parse_language("-".join(parts[middle:])),
            )
        except UnsupportedLanguageError:
            continue
    return None


def install(
    pair: str,
    folder: Path,
    *,
    releases: Mapping[str, Release] = RELEASES,
    sha256: str | None = None,
) -> Path:
    """Downloads, verifies and converts the model of `pair` into `folder`; returns its folder.

    A failure leaves no partial model. `sha256` is used if the release has no checksum.

    Raises:
        ConfigurationError: there is no such release, its checksum is unknown or wrong, or the
            archive is not a model; the message says what to do.
    """
    release = releases.get(pair)
    if release is None or parse_pair(pair) is None:
        raise ConfigurationError(
            f"there is no translation model for {pair!r}; available: {', '.join(sorted(releases))}"
        )
    if _NON_COMMERCIAL.search(release.licence):
        raise ConfigurationError(
            f"the model for {pair} is licensed {release.licence}, not for commercial use:"
            " it is not installed"
        )
    pinned = release.sha256 or sha256
    if not pinned:
        raise ConfigurationError(
            f"no checksum is known for {release.url}: download it from a place you trust, and"
            f" type: image-translation models install --translation {pair} --sha256"
            " CHECKSUM"
        )
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder, prefix=".installing-") as scratch:
        archive = Path(scratch, "archive")
        _download(release.url, archive, pinned.lower())
        built = Path(scratch, pair)
        _build(archive, Path(scratch, "unpacked"), built, release)
        (built / ORIGIN).write_text(json.dumps(asdict(release) | {"sha256": pinned}), "utf-8")
        if (folder / pair).exists():
            (folder / pair).rename(Path(scratch, "replaced"))
        built.rename(folder / pair)
    return folder / pair


def _download(url: str, target: Path, sha256: str) -> None:
    if not url.startswith(("https://", "http://127.0.0.1:")):
        raise ConfigurationError(f"{url} is not an https address")
    digest = hashlib.sha256()
    try:
        answer = urllib.request.urlopen(url, timeout=_TIMEOUT_SECONDS)  # noqa: S310  # checked above
        with answer, target.open("wb") as file:
            while chunk := answer.read(2**20):
                file.write(chunk)
                digest.update(chunk)
    except OSError as error:
        raise ConfigurationError(f"cannot download {url}: {error}") from error
    if digest.hexdigest() != sha256:
        raise ConfigurationError(
            f"{url} has SHA-256 {digest.hexdigest()}, not {sha256} as pinned: not installed"
        )


def _build(archive: Path, unpacked: Path, built: Path, release: Release) -> None:
    try:
        with zipfile.ZipFile(archive) as zipped:
            for member in zipped.infolist():
                # Skips names that would be extracted outside the folder.
                name = PurePosixPath(member.filename)
                if not member.is_dir() and ".." not in name.parts and not name.is_absolute():
                    zipped.extract(member, unpacked)
        if release.layout == "argos":
            _lay_out_argos(unpacked, built)
        else:
            _convert_opus(unpacked, built)
    # The converter may raise any exception for a strange archive.
    except Exception as error:
        raise ConfigurationError(
            f"{release.url} is not a model of {release.layout}: {error!r}"
        ) from error


def _lay_out_argos(unpacked: Path, built: Path) -> None:
    root = next(unpacked.rglob("sentencepiece.model")).parent
    shutil.copytree(root / "model", built)
    for name in ("source.spm", "target.spm"):
        shutil.copy(root / "sentencepiece.model", built / name)


def _convert_opus(unpacked: Path, built: Path) -> None:
    from ctranslate2.converters import OpusMTConverter  # noqa: PLC0415 - needed only to install

    root = next(unpacked.rglob("decoder.yml")).parent
    OpusMTConverter(str(root)).convert(str(built), quantization="int8")
    for name in ("source.spm", "target.spm", "LICENSE"):
        if (root / name).exists() or name != "LICENSE":
            shutil.copy(root / name, built / name)


def _origin(folder: Path) -> str:
    try:
        return str(json.loads((folder / ORIGIN).read_text("utf-8"))["sha256"])[:12]
    except (OSError, ValueError, KeyError):
        return f"{(folder / 'model.bin').stat().st_size} bytes"
