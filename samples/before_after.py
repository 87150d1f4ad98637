"""Draws the strip of pictures at the top of the README: `python -m samples.before_after FILE`.

The upper row has samples, the lower row the same as `image-translation run --render` leaves them.
"""

import sys
import tempfile
from pathlib import Path

from PIL import Image, ImageOps

from pipeline.cli.run import translate_files
from pipeline.config import load_settings

SAMPLES = ("beach-es.jpg", "building-site-es.png", "wet-floor-es.png", "receipt-es.jpg")
FOLDER = Path(__file__).parent
_HEIGHT, _GAP = 330, 10
"""Of a picture, and between pictures, in pixels."""


def main(file: Path) -> None:
    """Translates the samples into English and writes the strip."""
    settings = load_settings(
        uploads_bucket="files",
        results_bucket="documents",
        target_languages="en",
        glossary=str(FOLDER / "glossary.csv"),
        render="png",
    )
    with tempfile.TemporaryDirectory() as out:
        files = [(FOLDER / name, name) for name in SAMPLES]
        list(translate_files(settings, files, Path(out)))
        before = [_picture(FOLDER / name) for name in SAMPLES]
        after = [_picture(Path(out) / f"{name}.en.png") for name in SAMPLES]
    _strip(before, after).save(file, quality=85, method=6)


def _picture(path: Path) -> Image.Image:
    with Image.open(path) as image:
        upright = ImageOps.exif_transpose(image).convert("RGB")
    width = round(upright.width * _HEIGHT / upright.height)
    return upright.resize((width, _HEIGHT), Image.Resampling.LANCZOS)


def _strip(*rows: list[Image.Image]) -> Image.Image:
    width = sum(image.width + _GAP for image in rows[0]) - _GAP
    strip = Image.new("RGB", (width, len(rows) * (_HEIGHT + _GAP) - _GAP), "white")
    for number, row in enumerate(rows):
        left = 0
        for image in row:
            strip.paste(image, (left, number * (_HEIGHT + _GAP)))
            left += image.width + _GAP
    return strip


if __name__ == "__main__":
    main(Path(sys.argv[1]))
