"""The conversion of the tiny OPUS-MT models in tests/data/opus."""

import shutil
import zipfile
from pathlib import Path

from ctranslate2.converters import OpusMTConverter

RELEASES = Path(__file__).parents[1] / "data" / "opus"


def convert_tiny_models(folder: Path, *pairs: str) -> Path:
    """Lays the models of `pairs` out below `folder`, as `models install` does."""
    for pair in pairs:
        unpacked = folder / f".{pair}"
        with zipfile.ZipFile(RELEASES / f"{pair}.zip") as release:
            release.extractall(unpacked)
        OpusMTConverter(str(unpacked)).convert(str(folder / pair), quantization="int8")
        for name in ("source.spm", "target.spm"):
            shutil.copy(unpacked / name, folder / pair / name)
    return folder
