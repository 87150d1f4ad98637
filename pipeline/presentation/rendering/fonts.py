"""Installed fonts: which files draw a language, and whether one has a character."""

import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path

import langcodes
from PIL import ImageFont, features

from pipeline.errors import ConfigurationError
from pipeline.language.scripts import RIGHT_TO_LEFT

FOLDERS = (
    Path("/usr/share/fonts"),
    Path("/usr/local/share/fonts"),
    Path.home() / ".local/share/fonts",
)

_CJK = ("NotoSansCJK", "DroidSansFallbackFull", "DroidSansFallback")
_FAMILIES: Mapping[str, tuple[str, ...]] = {
    "Arab": ("NotoSansArabic", "DejaVuSans"),
    "Armn": ("NotoSansArmenian", "DejaVuSans"),
    "Beng": ("NotoSansBengali",),
    "Cyrl": ("NotoSans", "DejaVuSans"),
    "Deva": ("NotoSansDevanagari",),
    "Ethi": ("NotoSansEthiopic",),
    "Geor": ("NotoSansGeorgian", "DejaVuSans"),
    "Grek": ("NotoSans", "DejaVuSans"),
    "Gujr": ("NotoSansGujarati",),
    "Guru": ("NotoSansGurmukhi",),
    "Hang": _CJK,
    "Hani": _CJK,
    "Hebr": ("NotoSansHebrew", "DejaVuSans"),
    "Kana": _CJK,
    "Khmr": ("NotoSansKhmer",),
    "Knda": ("NotoSansKannada",),
    "Laoo": ("NotoSansLao",),
    "Latn": ("NotoSans", "DejaVuSans"),
    "Mlym": ("NotoSansMalayalam",),
    "Mymr": ("NotoSansMyanmar",),
    "Sinh": ("NotoSansSinhala",),
    "Taml": ("NotoSansTamil",),
    "Telu": ("NotoSansTelugu",),
    "Thai": ("NotoSansThai",),
}
"""ISO 15924 script -> font families that draw it, the best first; see the README for licences."""

_COMMON = ("NotoSans", "DejaVuSans", "NotoSansSymbols2", *_CJK)
"""Families for characters that the script's own fonts lack: Latin words, symbols, Han."""

_CODES = {"Hans": "Hani", "Hant": "Hani", "Jpan": "Kana", "Kore": "Hang", "Aran": "Arab"}
"""Scripts of languages that `script_of` knows by another name."""

_FACES = {"Jpan": 0, "Kore": 1, "Hans": 2, "Hant": 3}
"""The face inside NotoSansCJK's collections whose forms a script's readers expect."""

_PROBE_SIZE = 20
_NOT_A_CHARACTER = "\U0010ffff"


@dataclass(frozen=True, slots=True)
class FontFile:
    """A face in a font file; `index` is its place in a collection."""

    path: str
    index: int = 0

    def at(self, size: float) -> ImageFont.FreeTypeFont:
        """The face at `size` pixels an em, with shaping; not for use by several threads."""
        return ImageFont.truetype(
            self.path, size, index=self.index, layout_engine=ImageFont.Layout.RAQM
        )

    def has(self, character: str) -> bool:
        """Whether the face has a glyph of its own for a character."""
        if character.isspace() or unicodedata.category(character) == "Cf":
            return True
        return _has_glyph(self, character)


@lru_cache(maxsize=1 << 15)
def _has_glyph(font: FontFile, character: str) -> bool:
    """Compares the drawn character with the glyph that stands for what a font lacks.

    Without shaping, which would draw a dotted circle before a lone mark.
    """
    face = ImageFont.truetype(
        font.path, _PROBE_SIZE, index=font.index, layout_engine=ImageFont.Layout.BASIC
    )
    drawn, missing = face.getmask(character), face.getmask(_NOT_A_CHARACTER)
    return drawn.size != missing.size or bytes(drawn) != bytes(missing)


class Fonts:
    """The fonts of this machine.

    Threading: may be shared.
    """

    def __init__(self, folders: Iterable[Path] = FOLDERS) -> None:
        found = (path for folder in folders for path in sorted(folder.rglob("*.tt[fc]")))
        self._files = {path.stem: path for path in found}

    def chain(self, language: str, *, bold: bool) -> tuple[FontFile, ...]:
        """The faces for texts in a language, in order of preference; empty if there is none."""
        code = script_code(language)
        families = dict.fromkeys((*_FAMILIES.get(_CODES.get(code, code), ()), *_COMMON))
        others = (family for names in _FAMILIES.values() for family in names)
        faces = (
            self._face(family, code, bold=bold) for family in dict.fromkeys((*families, *others))
        )
        return tuple(face for face in faces if face)

    def _face(self, family: str, code: str, *, bold: bool) -> FontFile | None:
        stems = [f"{family}-Regular", family]
        if bold:
            stems = [f"{family}-Bold", *stems]
        path = next((self._files[stem] for stem in stems if stem in self._files), None)
        if path is None:
            return None
        return FontFile(str(path), _FACES.get(code, 0) if path.suffix == ".ttc" else 0)

    def check(self, languages: Sequence[str]) -> None:
        """Checks that texts in these languages can be shaped and drawn.

        Raises:
            ConfigurationError: a library or a font is missing; the message says what to type.
        """
        check_shaping()
        for language in languages:
            code = script_code(language)
            families = _FAMILIES.get(_CODES.get(code, code), _COMMON)
            if not any(self._face(family, code, bold=False) for family in families):
                package = "fonts-noto-cjk" if families is _CJK else "fonts-noto-core"
                raise ConfigurationError(
                    f"RENDER: no font here draws the language {language}: type"
                    f" `apt-get install {package}`"
                )


def check_shaping() -> None:
    """Checks that Pillow shapes texts; it loads the library for both directions at run time.

    Raises:
        ConfigurationError: a library is missing; the message says what to type.
    """
    if not (features.check("raqm") and features.check("fribidi")):
        raise ConfigurationError(
            "RENDER needs the library FriBiDi: type `apt-get install libfribidi0`"
        )


def first_missing(text: str, chain: Sequence[FontFile]) -> str | None:
    """The first character of a text that no face of the chain has."""
    missing = (char for char in text if not any(font.has(char) for font in chain))
    return next(missing, None)


@cache
def script_code(language: str) -> str:
    """The ISO 15924 code of the script that a language is usually written in: Latn, Jpan, ..."""
    return langcodes.Language.get(language).maximize().script or "Latn"


def is_right_to_left_language(language: str) -> bool:
    """Whether the language is written from right to left."""
    return _CODES.get(script_code(language), script_code(language)) in RIGHT_TO_LEFT
