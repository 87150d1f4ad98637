"""PDFs of the hostile corpus: good, odd, damaged, and made to take memory or time."""

import random
import zlib
from collections.abc import Iterator

import numpy as np
import pikepdf
from pikepdf import Dictionary, Encryption, Name
from PIL import Image

from tests.support.hostile_file import (
    ANYTHING,
    CORRUPT,
    READABLE,
    TOO_LARGE,
    UNSUPPORTED,
    HostileFile,
)
from tests.support.made_pdfs import (
    add_picture_page,
    page_tree,
    pdf_of_texts,
    picture_stream,
    saved,
    stream,
    text_operators,
    with_javascript,
    with_xfa,
    written,
)

_POSTCARD = (420, 300)
_LINES = ["NO ENTRY", "Authorised persons only"]
_KID = b"/Kids [3 0 R] /Count 1"
_FORM = b"/Type /XObject /Subtype /Form /BBox [0 0 200 100] "


def _pages(pages: list[list[str]], *, rotate: int = 0) -> pikepdf.Pdf:
    """Pages of the size of a postcard."""
    return pdf_of_texts(pages, size=_POSTCARD, rotate=rotate)


def pdf_files() -> Iterator[HostileFile]:
    """About 110 files."""
    plain = saved(_pages([_LINES]))
    yield from _good(plain)
    yield from _odd(plain)
    yield from _damaged(plain)
    yield from _page_trees()
    yield from _boxes()
    yield from _costly()


def _good(plain: bytes) -> Iterator[HostileFile]:
    pages = _pages([_LINES] * 5)
    made = {
        "one page": plain,
        "five pages": saved(pages),
        "object streams": saved(pages, object_stream_mode=pikepdf.ObjectStreamMode.generate),
        "linearized": saved(pages, linearize=True),
        "version 1.0": b"%PDF-1.0" + plain[8:],
        "version 9.9": b"%PDF-9.9" + plain[8:],
        "bytes before the signature": b"\r\nmail header\r\n" + plain,
        "bytes after the end": plain + b"\0" * 3_000,
        "JavaScript": saved(with_javascript(_pages([_LINES]))),
        "XFA beside pages": saved(with_xfa(_pages([_LINES]), only=False)),
        "attachments": _with_attachment(),
        "owner's password only": _encrypted(user=""),
        "a filled form": _with_field(),
    }
    for name, content in made.items():
        yield HostileFile(f"PDF, {name}", content, READABLE)
    for turn in (90, 180, 270, 450, -90, 45):
        content = saved(_pages([_LINES], rotate=turn))
        yield HostileFile(f"PDF, rotated by {turn}", content, READABLE)
    noise = np.random.default_rng(800).normal(128, 60, (600, 800)).clip(0, 255)
    picture = Image.fromarray(noise.astype(np.uint8)).convert("RGB")
    for kind in ("JPEG", "JPEG2000", "raw"):
        pdf = pikepdf.new()
        add_picture_page(pdf, picture_stream(pdf, picture, kind), size=_POSTCARD)
        yield HostileFile(f"PDF, scan in {kind}", saved(pdf), READABLE)


def _with_attachment() -> bytes:
    pdf = _pages([_LINES])
    pdf.attachments["run.exe"] = pikepdf.AttachedFileSpec(pdf, b"MZ" * 50_000, filename="run.exe")
    return saved(pdf)


def _encrypted(*, user: str) -> bytes:
    return saved(_pages([_LINES]), encryption=Encryption(owner="owner", user=user, R=6))


def _with_field() -> bytes:
    pdf = _pages([_LINES])
    shown = text_operators(["Filled in"], top=12)
    font = pdf.pages[0].Resources.Font
    form = pdf.make_stream(
        shown, Type=Name.XObject, Subtype=Name.Form, BBox=[0, 0, 200, 40], Resources={"/Font": font}
    )
    field = Dictionary(
        Type=Name.Annot,
        Subtype=Name.Widget,
        FT=Name.Tx,
        T="name",
        V="Filled in",
        F=4,
        Rect=[50, 40, 250, 80],
        AP=Dictionary(N=form),
    )
    pdf.pages[0].Annots = pdf.make_indirect(pikepdf.Array([pdf.make_indirect(field)]))
    pdf.Root.AcroForm = Dictionary(Fields=pdf.pages[0].Annots)
    return saved(pdf)


def _odd(plain: bytes) -> Iterator[HostileFile]:
    yield HostileFile("PDF, encrypted", _encrypted(user="secret"), UNSUPPORTED)
    pdf = _pages([_LINES])
    old = Encryption(owner="owner", user="secret", R=3, aes=False, metadata=False)
    yield HostileFile("PDF, encrypted with RC4", saved(pdf, encryption=old), UNSUPPORTED)
    handler = written(
        [b"<< /Type /Catalog /Pages 2 0 R >>", b"<< /Type /Pages " + _KID + b" >>", b"<< >>"]
    ).replace(b"trailer\n<<", b"trailer\n<< /Encrypt << /Filter /Adobe.APS /V 4 >>")
    yield HostileFile("PDF, encrypted by another handler", handler, UNSUPPORTED)
    xfa = saved(with_xfa(_pages([_LINES]), only=True))
    yield HostileFile("PDF, XFA form only", xfa, UNSUPPORTED)
    yield HostileFile("PDF inside a ZIP", b"PK\x03\x04" + plain, UNSUPPORTED)
    yield HostileFile("PDF signature far inside", b"text " * 1_000 + plain, UNSUPPORTED)
    yield HostileFile("PDF of a page without content", page_tree(_KID), READABLE)
    missing = page_tree(_KID, page=b"/MediaBox [0 0 200 100] /Contents 99 0 R")
    yield HostileFile("PDF, its content is missing", missing, READABLE)
    noise = stream(random.Random(7).randbytes(5_000))
    page = b"/MediaBox [0 0 200 100] /Contents 4 0 R"
    yield HostileFile("PDF, noise as content", page_tree(_KID, noise, page=page), READABLE)
    zipped = stream(b"\x78\x9cno zip", b"/Filter /FlateDecode")
    yield HostileFile("PDF, damaged compression", page_tree(_KID, zipped, page=page), READABLE)
    unknown = stream(b"BT (x) Tj ET", b"/Filter /Unheard")
    yield HostileFile("PDF, unknown filter", page_tree(_KID, unknown, page=page), READABLE)
    crash = stream(b"q " * 100_000 + b"/F 1e38 Tf BT (x) Tj 1e-38 0 0 1e38 0 0 Tm (y) Tj ET")
    yield HostileFile("PDF, extreme numbers", page_tree(_KID, crash, page=page), READABLE)


def _damaged(plain: bytes) -> Iterator[HostileFile]:
    for at in (5, 9, 20, 60, 200):
        yield HostileFile(f"PDF, first {at} bytes", plain[:at], CORRUPT)
    for share in (0.5, 0.8, 0.95):
        content = plain[: int(len(plain) * share)]
        yield HostileFile(f"PDF, cut at {share:.0%}", content, ANYTHING)
    yield HostileFile("PDF signature and zeros", b"%PDF-1.7\n" + bytes(5_000), CORRUPT)
    noise = random.Random(8).randbytes(50_000)
    yield HostileFile("PDF signature and noise", b"%PDF-1.7\n" + noise, CORRUPT)
    yield HostileFile("PDF, no table", plain.replace(b"startxref", b"stertxraf"), READABLE)
    chance = random.Random(9)
    for number in range(20):
        broken = bytearray(plain)
        for _ in range(1 + number):
            broken[chance.randrange(9, len(broken))] = chance.randrange(256)
        yield HostileFile(f"PDF, flips {number}", bytes(broken), ANYTHING)
    chain = plain.replace(b"startxref", b"startxref\n0\n%%EOF\nstartxref")
    yield HostileFile("PDF, two ends", chain, READABLE)
    itself = plain.replace(b"/Root", b"/Prev %d /Root" % plain.rindex(b"xref\n0"))
    yield HostileFile("PDF, its table is its own predecessor", itself, READABLE)


def _page_trees() -> Iterator[HostileFile]:
    yield HostileFile("PDF without pages", page_tree(b"/Kids [] /Count 0"), CORRUPT)
    yield HostileFile("PDF, count without kids", page_tree(b"/Count 3"), CORRUPT)
    yield HostileFile("PDF, no catalogue", written([b"<< /Type /Other >>"]), CORRUPT)
    loops = {
        "tree in itself": page_tree(b"/Kids [2 0 R] /Count 1"),
        "page and its tree": page_tree(b"/Kids [3 0 R 2 0 R] /Count 2"),
        "two trees in each other": page_tree(
            b"/Kids [4 0 R] /Count 1", b"<< /Type /Pages /Kids [2 0 R] /Count 1 >>"
        ),
        "page twice": page_tree(b"/Kids [3 0 R 3 0 R] /Count 2"),
        "count of 2000000000": page_tree(b"/Kids [3 0 R] /Count 2000000000"),
        "count of -1": page_tree(b"/Kids [3 0 R] /Count -1"),
        "count too low": page_tree(b"/Kids [3 0 R 3 0 R 3 0 R] /Count 1"),
        "count too high": page_tree(b"/Kids [3 0 R] /Count 3"),
        "kid that is missing": page_tree(b"/Kids [99 0 R] /Count 1"),
        "kid that is a number": page_tree(b"/Kids [7] /Count 1"),
        "parent of itself": page_tree(_KID, page=b"/Parent 3 0 R /Rotate 90"),
    }
    readable = {"page twice", "parent of itself", "count too low"}
    readable |= {"count of 2000000000", "count of -1"}
    for name, content in loops.items():
        allowed = READABLE if name in readable else CORRUPT
        yield HostileFile(f"PDF, page tree: {name}", content, allowed)
    deep = [b"<< /Type /Pages /Kids [%d 0 R] /Count 1 >>" % (n + 5) for n in range(3_000)]
    tree = page_tree(b"/Kids [4 0 R] /Count 1", *deep, b"<< /Type /Page >>")
    yield HostileFile("PDF, page tree 3000 deep", tree, CORRUPT)
    kids = b" ".join(b"%d 0 R" % n for n in range(3, 10_003))
    many = page_tree(
        b"/Kids [" + kids + b"] /Count 10000",
        *[b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 20 20] >>"] * 9_999,
    )
    yield HostileFile("PDF of 10000 pages", many, READABLE)


def _boxes() -> Iterator[HostileFile]:
    boxes = {
        "14400 x 14400 points": (b"[0 0 14400 14400]", TOO_LARGE),
        "a billion points wide": (b"[0 0 1000000000 100]", TOO_LARGE),
        "1e30 points": (b"[0 0 1e30 1e30]", READABLE),
        "no area": (b"[0 0 0 0]", READABLE),
        "negative": (b"[0 0 -200 -100]", READABLE),
        "turned over": (b"[200 100 0 0]", READABLE),
        "a hundredth of a point": (b"[0 0 0.01 0.01]", READABLE),
        "far away": (b"[-90000 90000 -89800 90100]", READABLE),
        "three numbers": (b"[0 0 200]", READABLE),
        "words": (b"[/a /b /c /d]", READABLE),
        "a strip": (b"[0 0 20000 2]", READABLE),
        "A0": (b"[0 0 2384 3370]", READABLE),
    }
    for name, (box, allowed) in boxes.items():
        content = page_tree(_KID, page=b"/MediaBox " + box)
        yield HostileFile(f"PDF, page box: {name}", content, allowed)
    for name, crop in (("outside", b"[900 900 950 950]"), ("empty", b"[5 5 5 5]")):
        page = b"/MediaBox [0 0 200 100] /CropBox " + crop
        yield HostileFile(f"PDF, crop box: {name}", page_tree(_KID, page=page), READABLE)
    unit = page_tree(_KID, page=b"/MediaBox [0 0 200 100] /UserUnit 75000")
    yield HostileFile("PDF, a unit of 75000 points", unit, READABLE)


def _costly() -> Iterator[HostileFile]:
    page = b"/MediaBox [0 0 200 100] /Contents 4 0 R"
    bomb = stream(zlib.compress(b"0 0 m " * 15_000_000, 1), b"/Filter /FlateDecode")
    yield HostileFile("PDF, content of 90 MB", page_tree(_KID, bomb, page=page), CORRUPT)
    nested = zlib.compress(zlib.compress(bytes(90_000_000), 1), 9)
    twice = stream(nested, b"/Filter [/FlateDecode /FlateDecode]")
    yield HostileFile("PDF, compressed twice", page_tree(_KID, twice, page=page), CORRUPT)
    resources = b" /Resources << /XObject << /X 5 0 R >> >>"
    drawn = stream(b"/X Do")
    itself = stream(b"/X Do /X Do", _FORM + resources)
    content = page_tree(_KID, drawn, itself, page=page + resources)
    yield HostileFile("PDF, a drawing in itself", content, CORRUPT)
    yield HostileFile("PDF, drawings tenfold in each other", _tenfold(page), CORRUPT)
    for name, entries in {
        "claims 30000 x 30000": b"/Width 30000 /Height 30000 /Filter /DCTDecode",
        "claims 0 x 0": b"/Width 0 /Height 0",
        "claims -1 x 4294967295": b"/Width -1 /Height 4294967295",
        "of 64 bits": b"/Width 100 /Height 100 /BitsPerComponent 64",
    }.items():
        kind = b"/Type /XObject /Subtype /Image /ColorSpace /DeviceRGB " + entries
        picture = stream(b"\xff\xd8\xff\xe0" + bytes(400), kind)
        shown = stream(b"200 0 0 100 0 0 cm /X Do")
        content = page_tree(_KID, shown, picture, page=page + resources)
        yield HostileFile(f"PDF, picture that {name}", content, ANYTHING)
    groups = b"/Group << /S /Transparency /I true >> "
    layers = [stream(b"/X Do", _FORM + groups + _next(n)) for n in range(6, 36)]
    content = page_tree(
        _KID, stream(b"/X Do"), *layers, stream(b"0 0 9 9 re f", _FORM), page=page + resources
    )
    yield HostileFile("PDF, 30 transparent layers", content, READABLE)
    dashes = stream(b"[0.0001 0.0001] 0 d 0.01 w 0 0 m 200 100 l S " * 200)
    yield HostileFile("PDF, a billion dashes", page_tree(_KID, dashes, page=page), READABLE)


def _next(number: int) -> bytes:
    return b"/Resources << /XObject << /X %d 0 R >> >>" % number


def _tenfold(page: bytes) -> bytes:
    forms = [stream(b"/X Do " * 10, _FORM + _next(n)) for n in range(6, 16)]
    last = stream(b"0 0 1 1 re f", _FORM)
    return page_tree(_KID, stream(b"/X Do"), *forms, last, page=page + b" " + _next(5))
