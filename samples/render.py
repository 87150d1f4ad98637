"""Draws the sample pictures: `python -m samples.render [FOLDER]`.

Needs the fonts of the Debian packages fonts-dejavu and fonts-noto-cjk.
"""

import sys
from collections.abc import Callable, Mapping
from pathlib import Path

from PIL import Image

from samples import papers, signs

_ROTATED_CLOCKWISE = 6
_ORIENTATION = 0x0112

Save = Callable[[Path], None]


def _png(image: Image.Image, colours: int = 64) -> Save:
    # A palette makes flat drawings four times smaller.
    drawn = image.quantize(colours, dither=Image.Dither.NONE) if colours else image
    return lambda path: drawn.save(path, optimize=True)


def _jpeg(image: Image.Image) -> Save:
    return lambda path: image.save(path, quality=82, optimize=True)


def _held_upright(image: Image.Image) -> Save:
    """As a phone saves it: in the orientation of the sensor, with an EXIF orientation."""
    exif = Image.Exif()
    exif[_ORIENTATION] = _ROTATED_CLOCKWISE
    turned = image.transpose(Image.Transpose.ROTATE_90)
    return lambda path: turned.save(path, quality=82, optimize=True, exif=exif)


def _tiff(pages: list[Image.Image]) -> Save:
    return lambda path: pages[0].save(
        path, save_all=True, append_images=pages[1:], compression="group4", dpi=(100, 100)
    )


def pictures() -> Mapping[str, Save]:
    """The file name of every picture and the function that saves it."""
    return {
        "menu-es.png": _png(papers.menu_es()),
        "slate-fr.jpg": _jpeg(papers.slate_fr()),
        "label-es.png": _png(papers.label_es()),
        "receipt-es.jpg": _jpeg(papers.receipt_es()),
        "flyer-es.png": _png(papers.flyer_es()),
        "instructions-es.tiff": _tiff(papers.instructions_es()),
        "wet-floor-es.png": _png(signs.wet_floor_es()),
        "building-site-es.png": _png(signs.building_site_es()),
        "parking-fr.jpg": _jpeg(signs.parking_fr()),
        "exit-ca.png": _png(signs.exit_ca()),
        "settings-en.png": _png(signs.settings_en()),
        "park-zh.png": _png(signs.park_zh()),
        "station-ja.png": _png(signs.station_ja()),
        "beach-es.jpg": _held_upright(signs.beach_es()),
        "logo-fr.png": _png(signs.logo_fr(), colours=0),
        "blank.png": _png(Image.new("RGB", (800, 600), "#ffffff"), colours=2),
    }


def main(folder: Path) -> None:
    """Writes every picture into `folder`."""
    for name, save in pictures().items():
        save(folder / name)
        print(f"{name}  {(folder / name).stat().st_size / 1000:.0f} kB")


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parent)
