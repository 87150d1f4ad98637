"""The fonts of drawn lines: some calibrate, others judge."""

import hashlib
from collections.abc import Mapping, Sequence
from pathlib import Path

Face = tuple[Path, int]
Faces = Mapping[str, Sequence[Face]]
"""Script ("latin", "zh", "ja") -> font files, each with its index inside a collection."""

_FONTS = Path("/usr/share/fonts")
_JAPANESE, _CHINESE = 0, 2  # in Noto's collections


def _faces(folder: str, *names: str, index: int = 0) -> list[Face]:
    return [(_FONTS / folder / name, index) for name in names]


_NOTO_CJK = (
    "NotoSansCJK-Regular.ttc",
    "NotoSansCJK-Bold.ttc",
    "NotoSerifCJK-Regular.ttc",
    "NotoSerifCJK-Bold.ttc",
)

CALIBRATING: Faces = {
    "latin": [
        *_faces(
            "truetype/dejavu",
            "DejaVuSans.ttf",
            "DejaVuSans-Bold.ttf",
            "DejaVuSansCondensed.ttf",
            "DejaVuSansCondensed-Bold.ttf",
            "DejaVuSerif.ttf",
            "DejaVuSerif-Bold.ttf",
            "DejaVuSerif-Italic.ttf",
            "DejaVuSansMono.ttf",
            "DejaVuSansMono-Bold.ttf",
        ),
        *_faces(
            "truetype/liberation",
            "LiberationSans-Regular.ttf",
            "LiberationSans-Bold.ttf",
            "LiberationSansNarrow-Regular.ttf",
            "LiberationSerif-Regular.ttf",
            "LiberationSerif-Italic.ttf",
            "LiberationMono-Regular.ttf",
            "LiberationMono-Bold.ttf",
        ),
    ],
    "zh": _faces("opentype/noto", *_NOTO_CJK, index=_CHINESE),
    "ja": _faces("opentype/noto", *_NOTO_CJK, index=_JAPANESE),
}
CALIBRATING_PACKAGES = "fonts-dejavu fonts-liberation fonts-noto-cjk"

HELD_OUT: Faces = {
    "latin": [
        *_faces("truetype/open-sans", "OpenSans-Regular.ttf", "OpenSans-CondBold.ttf"),
        *_faces("opentype/linux-libertine", "LinLibertine_R.otf", "LinLibertine_RI.otf"),
        *_faces("truetype/crosextra", "Carlito-Regular.ttf", "Caladea-Bold.ttf"),
        *_faces("opentype/courier-prime", "Courier Prime.otf"),
        *_faces("truetype/inconsolata", "Inconsolata.otf"),
        *_faces("opentype/comic-neue", "ComicNeue-Regular.otf"),
    ],
    "zh": [
        *_faces("truetype/wqy", "wqy-zenhei.ttc"),
        *_faces("truetype/droid", "DroidSansFallbackFull.ttf"),
    ],
    "ja": [
        *_faces("opentype/ipafont-gothic", "ipag.ttf"),
        *_faces("opentype/ipafont-mincho", "ipam.ttf"),
        *_faces("truetype/vlgothic", "VL-Gothic-Regular.ttf"),
    ],
}
HELD_OUT_PACKAGES = (
    "fonts-open-sans fonts-linuxlibertine fonts-crosextra-carlito fonts-crosextra-caladea"
    " fonts-courier-prime fonts-inconsolata fonts-comic-neue fonts-wqy-zenhei"
    " fonts-droid-fallback fonts-ipafont-gothic fonts-ipafont-mincho fonts-vlgothic"
)


def require(faces: Faces, packages: str) -> None:
    """Ends the program where a font is missing, with the command that installs all."""
    for path, _ in (face for of_script in faces.values() for face in of_script):
        if not path.is_file():
            raise SystemExit(f"{path} is missing; type:  sudo apt-get install {packages}")


def hashes(faces: Faces) -> dict[str, str]:
    """Font file's name -> its SHA-256."""
    paths = {path.name: path for of_script in faces.values() for path, _ in of_script}
    return {name: hashlib.sha256(paths[name].read_bytes()).hexdigest() for name in sorted(paths)}
