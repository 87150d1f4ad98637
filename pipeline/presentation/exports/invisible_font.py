"""A PDF font whose glyphs are all empty: any text can be searched and copied, none is seen."""

from collections.abc import Iterable
from functools import cache
from importlib.resources import files

import pikepdf
from pikepdf import Dictionary, Name, String

ADVANCE = 500
"""Width of every character, in thousandths of the font's size."""
ASCENT, DESCENT = 800, -200
_NAME = Name("/Invisible")
# Adobe Technical Note 5014; a `bfchar` block may have a hundred lines.
_CMAP_START = """/CIDInit /ProcSet findresource begin
12 dict begin
begincmap
/CIDSystemInfo << /Registry (Adobe) /Ordering (UCS) /Supplement 0 >> def
/CMapName /Adobe-Identity-UCS def
/CMapType 2 def
1 begincodespacerange
<0000> <ffff>
endcodespacerange
"""
_CMAP_END = """endcmap
CMapName currentdict /CMap defineresource pop
end
end
"""


class InvisibleFont:
    """A font for the characters of some texts; each gets a two-byte code."""

    def __init__(self, texts: Iterable[str]) -> None:
        characters = sorted({character for text in texts for character in text})
        self._codes = {character: code for code, character in enumerate(characters, 1)}

    def encoded(self, text: str) -> bytes:
        """`text` as the operand of a `Tj`."""
        return f"<{''.join(f'{self._codes[character]:04x}' for character in text)}>".encode()

    def add_to(self, pdf: pikepdf.Pdf) -> pikepdf.Object:
        """Puts the font into `pdf`, for a page's resources."""
        program = pdf.make_stream(_font_program())
        program.Length1 = len(_font_program())
        descriptor = Dictionary(
            Type=Name.FontDescriptor,
            FontName=_NAME,
            Flags=4,  # symbolic: its characters are not those of a Latin alphabet
            FontBBox=[0, DESCENT, ADVANCE, ASCENT],
            ItalicAngle=0,
            Ascent=ASCENT,
            Descent=DESCENT,
            CapHeight=ASCENT,
            StemV=80,
            FontFile2=program,
        )
        glyphs = Dictionary(
            Type=Name.Font,
            Subtype=Name.CIDFontType2,
            BaseFont=_NAME,
            CIDSystemInfo=Dictionary(
                Registry=String("Adobe"), Ordering=String("Identity"), Supplement=0
            ),
            FontDescriptor=pdf.make_indirect(descriptor),
            DW=ADVANCE,
            CIDToGIDMap=pdf.make_stream(bytes(2 * (len(self._codes) + 1))),
        )
        font = Dictionary(
            Type=Name.Font,
            Subtype=Name.Type0,
            BaseFont=_NAME,
            Encoding=Name("/Identity-H"),
            DescendantFonts=[pdf.make_indirect(glyphs)],
            ToUnicode=pdf.make_stream(self._to_unicode()),
        )
        return pdf.make_indirect(font)

    def _to_unicode(self) -> bytes:
        """The CMap from codes to text."""
        pairs = [
            f"<{code:04x}> <{character.encode('utf-16-be').hex()}>"
            for character, code in self._codes.items()
        ]
        blocks = [
            f"{len(block)} beginbfchar\n" + "\n".join(block) + "\nendbfchar\n"
            for block in (pairs[at : at + 100] for at in range(0, len(pairs), 100))
        ]
        return (_CMAP_START + "".join(blocks) + _CMAP_END).encode("ascii")


@cache
def _font_program() -> bytes:
    """A TrueType font with one glyph: a box without ink, for readers ask a glyph for its box."""
    return files(__package__).joinpath("invisible.ttf").read_bytes()
