"""PDFs made by hand and with pikepdf: pages of text, and the parts that odd PDFs have."""

import zlib
from collections.abc import Iterable, Sequence
from io import BytesIO
from itertools import accumulate

import pikepdf
from pikepdf import Array, Dictionary, Name, String
from PIL import Image

A4 = (595, 842)


def pdf_of_texts(
    pages: Iterable[Sequence[str]],
    *,
    size: tuple[float, float] = A4,
    points: float = 14,
    rotate: int = 0,
    crop: tuple[float, float, float, float] | None = None,
) -> pikepdf.Pdf:
    """A page for each list of lines, in Helvetica, from the top left corner downwards."""
    pdf = pikepdf.new()
    for lines in pages:
        page = pdf.add_blank_page(page_size=size)
        page.Resources = Dictionary(Font=Dictionary(F=helvetica()))
        page.contents_add(text_operators(lines, top=size[1] - 60, points=points))
        if rotate:
            page.Rotate = rotate
        if crop:
            page.CropBox = Array(crop)
    return pdf


def helvetica() -> Dictionary:
    """The font of `text_operators`, for a page's resources."""
    return Dictionary(
        Type=Name.Font,
        Subtype=Name.Type1,
        BaseFont=Name.Helvetica,
        Encoding=Name.WinAnsiEncoding,
    )


def text_operators(lines: Sequence[str], *, top: float, points: float = 14) -> bytes:
    """Shows lines one below the other, one and a half times their size apart."""
    parts = [f"BT /F {points} Tf {1.5 * points} TL 50 {top} Td".encode()]
    for line in lines:
        escaped = line.replace("\\", "\\\\").replace("(", "\\(").replace(")", "\\)")
        parts.append(b"(" + escaped.encode("cp1252") + b") Tj T*")
    return b"\n".join([*parts, b"ET"])


def saved(pdf: pikepdf.Pdf, **options: object) -> bytes:
    """The bytes of the file, the same every time unless it is encrypted."""
    stream = BytesIO()
    if "encryption" not in options:
        options["deterministic_id"] = True
    pdf.save(stream, **options)
    return stream.getvalue()


def picture_stream(pdf: pikepdf.Pdf, picture: Image.Image, kind: str) -> pikepdf.Object:
    """A picture as an object of the file; `kind` is JPEG, JPEG2000 or raw."""
    if kind == "raw":
        data, name = zlib.compress(picture.tobytes(), 1), Name.FlateDecode
    else:
        stream = BytesIO()
        picture.save(stream, kind)
        data, name = stream.getvalue(), Name.DCTDecode if kind == "JPEG" else Name.JPXDecode
    return pdf.make_stream(
        data,
        Type=Name.XObject,
        Subtype=Name.Image,
        Width=picture.width,
        Height=picture.height,
        ColorSpace=Name.DeviceGray if picture.mode == "L" else Name.DeviceRGB,
        BitsPerComponent=8,
        Filter=name,
    )


def add_picture_page(
    pdf: pikepdf.Pdf, picture: pikepdf.Object, *, size: tuple[float, float] = A4
) -> pikepdf.Page:
    """A page that the picture fills, as scanners make them."""
    page = pdf.add_blank_page(page_size=size)
    page.Resources = Dictionary(XObject=Dictionary(Scan=picture))
    page.contents_add(f"q {size[0]} 0 0 {size[1]} 0 0 cm /Scan Do Q".encode())
    return page


def written(objects: Sequence[bytes]) -> bytes:
    """A file of objects as they are, numbered from 1, the catalogue first, and their table."""
    parts = [b"%PDF-1.7\n"]
    parts += [
        b"%d 0 obj\n%s\nendobj\n" % (number, content) for number, content in enumerate(objects, 1)
    ]
    *places, start = accumulate(map(len, parts))
    parts.append(b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1))
    parts += [b"%010d 00000 n \n" % place for place in places]
    parts.append(b"trailer\n<< /Size %d /Root 1 0 R >>\n" % (len(objects) + 1))
    parts.append(b"startxref\n%d\n%%%%EOF\n" % start)
    return b"".join(parts)


def page_tree(
    pages: bytes,
    *others: bytes,
    catalog: bytes = b"",
    page: bytes = b"/MediaBox [0 0 200 100]",
) -> bytes:
    """A file whose objects 1 to 3 are the catalogue, the page tree `pages`, and a page."""
    return written(
        [
            b"<< /Type /Catalog /Pages 2 0 R " + catalog + b" >>",
            b"<< /Type /Pages " + pages + b" >>",
            b"<< /Type /Page /Parent 2 0 R " + page + b" >>",
            *others,
        ]
    )


def stream(content: bytes, entries: bytes = b"") -> bytes:
    """A stream object."""
    return b"<< /Length %d " % len(content) + entries + b" >>\nstream\n" + content + b"\nendstream"


def with_javascript(pdf: pikepdf.Pdf) -> pikepdf.Pdf:
    """The same file with a script that runs when it is opened."""
    action = Dictionary(S=Name.JavaScript, JS=String("app.alert('opened')"))
    names = Array([String("open"), pdf.make_indirect(action)])
    pdf.Root.Names = Dictionary(JavaScript=Dictionary(Names=names))
    pdf.Root.OpenAction = action
    return pdf


def with_xfa(pdf: pikepdf.Pdf, *, only: bool) -> pikepdf.Pdf:
    """The same file with an XFA form; `only`: without it the pages are only a notice."""
    xfa = pdf.make_stream(b"<xdp:xdp xmlns:xdp='http://ns.adobe.com/xdp/'/>")
    pdf.Root.AcroForm = Dictionary(Fields=Array(), XFA=xfa)
    if only:
        pdf.Root.NeedsRendering = True
    return pdf
