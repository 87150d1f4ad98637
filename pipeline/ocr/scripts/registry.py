"""The scripts that a pack can be installed for: names, languages, Tesseract data, PP-OCR models."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from pipeline.errors import UsageError
from pipeline.language.tags import primary


@dataclass(frozen=True, slots=True)
class Release:
    """A recogniser's weights to download; its ONNX metadata names its characters."""

    url: str
    sha256: str


@dataclass(frozen=True, slots=True)
class Script:
    """A script, by its ISO 15924 code and the name a person types.

    `tesseract` maps primary language tags to Tesseract's data; the first one is the usual one.
    `release` is a PP-OCR recogniser, where there is one.
    """

    code: str
    name: str
    tesseract: Mapping[str, str]
    release: Release | None = None

    @property
    def remedy(self) -> str:
        """The command that installs a reader of the script."""
        data = next(iter(self.tesseract.values()))
        return (
            f'make setup SCRIPTS="{data}" (or: apt-get install tesseract-ocr tesseract-ocr-{data})'
        )


_PP_OCR_V5 = (
    "https://www.modelscope.cn/models/RapidAI/RapidOCR/resolve/v3.10.0/onnx/PP-OCRv5/rec/"
    "{}_PP-OCRv5_rec_mobile.onnx"
)


def _script(
    code: str, name: str, tesseract: str, pp_ocr: str | None = None, sha256: str = ""
) -> Script:
    """`tesseract` is pairs such as `ru=rus uk=ukr`."""
    data = dict(pair.split("=") for pair in tesseract.split())
    release = Release(_PP_OCR_V5.format(pp_ocr), sha256) if pp_ocr else None
    return Script(code, name, MappingProxyType(data), release)


SCRIPTS: Mapping[str, Script] = MappingProxyType(
    {
        script.code: script
        for script in (
            _script(
                "Arab",
                "arabic",
                "ar=ara fa=fas ur=urd",
                "arabic",
                "c1192e632d0baa9146ae5b756a0e635e3dc63c1733737ebfd1629e87144e9295",
            ),
            _script("Armn", "armenian", "hy=hye"),
            _script("Beng", "bengali", "bn=ben as=asm"),
            _script(
                "Cyrl",
                "cyrillic",
                "ru=rus uk=ukr bg=bul sr=srp mk=mkd be=bel kk=kaz",
                "cyrillic",
                "90f761b4bfcce0c8c561c0cb5c887b0971d3ec01c32164bdf7374a35b0982711",
            ),
            _script(
                "Deva",
                "devanagari",
                "hi=hin mr=mar ne=nep sa=san",
                "devanagari",
                "d6f0a906580e3fa6b324a318718f1f31f268b6ea8ef985f91c2012a37f52c91e",
            ),
            _script("Ethi", "ethiopic", "am=amh ti=tir"),
            _script("Geor", "georgian", "ka=kat"),
            _script(
                "Grek",
                "greek",
                "el=ell",
                "el",
                "b4368bccd557123c702b7549fee6cd1e94b581337d1c9b65310f109131542b7f",
            ),
            _script("Gujr", "gujarati", "gu=guj"),
            _script(
                "Hang",
                "korean",
                "ko=kor",
                "korean",
                "cd6e2ea50f6943ca7271eb8c56a877a5a90720b7047fe9c41a2e541a25773c9b",
            ),
            _script("Hebr", "hebrew", "he=heb yi=yid"),
            _script("Khmr", "khmer", "km=khm"),
            _script("Knda", "kannada", "kn=kan"),
            _script("Laoo", "lao", "lo=lao"),
            _script("Mlym", "malayalam", "ml=mal"),
            _script("Mymr", "burmese", "my=mya"),
            _script("Sinh", "sinhala", "si=sin"),
            _script(
                "Taml",
                "tamil",
                "ta=tam",
                "ta",
                "a42448808b7dea87597336f12438935f40353f1949e8360acd9e06b4da21bfe1",
            ),
            _script(
                "Telu",
                "telugu",
                "te=tel",
                "te",
                "a3690451b50028a09a3316a1274f7c05728151ea3f8fd392696397a7fefcbd92",
            ),
            _script(
                "Thai",
                "thai",
                "th=tha",
                "th",
                "de541dd83161c241ff426f7ecfd602a0ba77d686cf3ab9a6c255ea82fd08006e",
            ),
        )
    }
)
"""ISO 15924 code -> script. The addresses and checksums are those of the RapidOCR project."""


def script_named(name: str) -> Script:
    """The script of a name such as `korean`.

    Raises:
        UsageError: there is none; the message lists the names.
    """
    for script in SCRIPTS.values():
        if name.strip().lower() in {script.name, script.code.lower()}:
            return script
    names = ", ".join(script.name for script in SCRIPTS.values())
    raise UsageError(f"there is no script {name!r}: name one of {names}")


def script_of_language(tag: str) -> str | None:
    """The ISO 15924 code of the script a language is written in, None for any other."""
    language = primary(tag)
    return next((s.code for s in SCRIPTS.values() if language in s.tesseract), None)
