"""The corpus of hostile files, the same on every run: files uploaded by accident or malice.

`python -m tests.support.hostile_corpus FOLDER` writes the files to a folder.
"""

import random
import struct
import sys
import zlib
from collections.abc import Iterator
from pathlib import Path

from PIL import Image

from tests.support.hostile_blocks import boundary_files
from tests.support.hostile_file import (
    ANYTHING,
    CORRUPT,
    READ,
    READABLE,
    REFUSED,
    TOO_LARGE,
    UNSUPPORTED,
    HostileFile,
)
from tests.support.hostile_pdfs import pdf_files
from tests.support.image_encoding import (
    encoded,
    exif,
    healthy_pictures,
    jpeg_segment,
    png,
    png_chunk,
    run_length_bmp,
    tiff,
)


def hostile_files(seed: int = 20) -> Iterator[HostileFile]:
    """More than a thousand files; `seed` decides which bits are flipped."""
    healthy = healthy_pictures()
    for make in (_truncated, _flipped, _wrong_magic, _false_sizes):
        yield from make(healthy, random.Random(seed))
    for name, content in healthy.items():
        yield HostileFile(f"healthy {name}", content, READABLE)
    yield from _shapes()
    yield from _other_formats(healthy)
    yield from _polyglots(healthy)
    yield from _exif_and_profiles()
    yield from _bombs()
    yield from _endless_metadata(healthy)
    yield from boundary_files(healthy)
    yield from pdf_files()


def _truncated(healthy: dict[str, bytes], _: random.Random) -> Iterator[HostileFile]:
    for name, content in healthy.items():
        # Inside the signature, the first header, the tables, the pixels and the last bytes.
        whole = len(content)
        for at in {1, 3, 11, 20, 33, 60, whole // 4, whole // 2, 3 * whole // 4, whole - 40}:
            unreadable = at < min(33, whole // 2)
            allowed = REFUSED if unreadable else ANYTHING
            yield HostileFile(f"first {at} bytes of {name}", content[:at], allowed)
        yield HostileFile(f"last bytes missing of {name}", content[:-3], ANYTHING)


def _flipped(healthy: dict[str, bytes], chance: random.Random) -> Iterator[HostileFile]:
    for name, content in healthy.items():
        for part, places in (("header", range(4, 80)), ("body", range(80, len(content)))):
            for n in range(6):
                broken = bytearray(content)
                for _ in range(1 if n < 4 else 8):
                    broken[chance.choice(places)] ^= 1 << chance.randrange(8)
                yield HostileFile(f"{part} flip {n} of {name}", bytes(broken), ANYTHING)
        noise = bytearray(content)
        noise[40:] = chance.randbytes(len(content) - 40)
        yield HostileFile(f"noise after the header of {name}", bytes(noise), ANYTHING)


def _wrong_magic(healthy: dict[str, bytes], _: random.Random) -> Iterator[HostileFile]:
    names = ["baseline.jpg", "rgb.png", "lossy.webp", "still.gif", "true-colour.bmp", "plain.tif"]
    for name, other in zip(names, [*names[1:], names[0]], strict=True):
        disguised = healthy[other][:12] + healthy[name][12:]
        yield HostileFile(f"{name} with the start of {other}", disguised, ANYTHING - {READ})


def _patched(content: bytes, at: int, value: bytes) -> bytes:
    return content[:at] + value + content[at + len(value) :]


def _false_sizes(healthy: dict[str, bytes], _: random.Random) -> Iterator[HostileFile]:
    jpeg, gif = healthy["baseline.jpg"], healthy["still.gif"]
    bmp, webp = healthy["true-colour.bmp"], healthy["animated.webp"]
    frame, canvas = jpeg.index(b"\xff\xc0") + 5, webp.index(b"VP8X") + 12
    for side in (0, 1, 68, 9_000, 60_000, 65_535):
        allowed = TOO_LARGE if side > 10_000 else ANYTHING
        pairs: list[tuple[str, bytes, int, bytes, frozenset[str]]] = [
            ("JPEG", jpeg, frame, struct.pack(">HH", side, side), allowed),
            ("GIF", gif, 6, struct.pack("<HH", side, side), allowed),
            ("BMP", bmp, 18, struct.pack("<ii", side, side), allowed),
            ("BMP upside down", bmp, 18, struct.pack("<ii", side, -side), allowed),
            ("WebP", webp, canvas, struct.pack("<I", side)[:3] * 2, ANYTHING),
        ]
        for name, content, at, size, may in pairs:
            changed = _patched(content, at, size)
            yield HostileFile(f"{name} claims {side} x {side}", changed, may)
        may = TOO_LARGE if side > 10_000 else CORRUPT
        yield HostileFile(f"PNG claims {side} x {side}", png(side, side), may)
    for name in ("still.avif", "still.heic"):
        at = healthy[name].index(b"ispe") + 8
        for side in (0, 1, 68, 60_000, 2**31 - 1, 2**32 - 1):
            changed = _patched(healthy[name], at, struct.pack(">II", side, side))
            yield HostileFile(f"{name} claims {side} x {side}", changed, ANYTHING)


def _shapes() -> Iterator[HostileFile]:
    for width, height in ((1, 1), (1, 30_000), (30_000, 1), (2, 3), (16_383, 2)):
        picture = Image.new("RGB", (width, height), "white")
        for name in ("JPEG", "PNG", "WEBP", "GIF", "BMP", "TIFF"):
            allowed = ANYTHING if name == "WEBP" else READABLE
            if name == "WEBP" and max(width, height) > 16_383:
                continue
            content = encoded(picture, name)
            yield HostileFile(f"{name} of {width} x {height}", content, allowed)
    for width, height in ((65_535, 3), (3, 65_535), (1_000_000, 1)):
        content = encoded(Image.new("1", (width, height)), "PNG")
        yield HostileFile(f"PNG of {width} x {height}", content, READABLE)
    for orientation in (*range(1, 9), 0, 9, 255, 65_535):
        turned = exif(struct.pack("<HHII", 0x0112, 3, 1, orientation))
        content = encoded(Image.new("RGB", (30, 20), "white"), "JPEG", exif=turned)
        yield HostileFile(f"orientation {orientation}", content, READABLE)


def _other_formats(healthy: dict[str, bytes]) -> Iterator[HostileFile]:
    svg = b'<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg"><text>EXIT</text></svg>'
    entity = b'<!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;&a;">]><svg>&b;</svg>'
    others = {
        "empty": b"",
        "one byte": b"\xff",
        "text": b"EXIT\n" * 100,
        "svg": svg,
        "svg with a byte order mark": b"\xef\xbb\xbf" + svg,
        "svg of entities": entity,
        "zip": b"PK\x03\x04" + bytes(200),
        "gzip bomb": b"\x1f\x8b\x08\0\0\0\0\0\0\xff" + zlib.compress(bytes(10_000_000))[2:-4],
        "html": b"<!DOCTYPE html><html><body><img src=x></body></html>",
        "icon": b"\0\0\x01\0\x01\0" + bytes(40),
        "photoshop": b"8BPS\0\x01" + bytes(40),
        "jpeg 2000": b"\0\0\0\x0cjP  \r\n\x87\n" + bytes(40),
        "video": b"\0\0\0\x18ftypisom\0\0\x02\0isomiso2" + bytes(100),
        "executable": b"\x7fELF" + bytes(200),
        "postscript": b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 99999 99999\n",
        "zeros": bytes(10_000),
        "ones": b"\xff" * 10_000,
        "random": random.Random(1).randbytes(10_000),
        "a page of a picture": b"\n" + healthy["rgb.png"],
    }
    for name, content in others.items():
        yield HostileFile(f"{name} uploaded as a picture", content, UNSUPPORTED)
    for signature in (b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n", b"GIF89a", b"BM", b"II*\0", b"MM\0*"):
        yield HostileFile(f"{signature!r} and nothing", signature, CORRUPT)
        yield HostileFile(f"{signature!r} and zeros", signature + bytes(500), CORRUPT)
        yield HostileFile(f"{signature!r} and ones", signature + b"\xff" * 500, CORRUPT)
    for name in ("RIFF\xff\xff\xff\x7fWEBPVP8 ", "RIFF\0\0\0\0WEBP", "RIFF\0\0\0\0WEBPVP8X"):
        yield HostileFile(f"{name!r}", name.encode("latin-1") + bytes(50), CORRUPT)
    for brand in (b"avif", b"heic", b"mif1", b"avis"):
        bare = b"\0\0\0\x14ftyp" + brand + bytes(4) + brand
        yield HostileFile(f"{brand!r} and nothing", bare, CORRUPT)
        yield HostileFile(f"{brand!r} and a bad box", bare + b"\xff\xff\xff\xffmeta", CORRUPT)


def _polyglots(healthy: dict[str, bytes]) -> Iterator[HostileFile]:
    tails = {
        "zip": b"PK\x03\x04" + bytes(100) + b"PK\x05\x06" + bytes(18),
        "script": b"<script>alert(1)</script>",
        "pdf": b"%PDF-1.7\n%%EOF",
        "another picture": healthy["rgb.png"],
    }
    for name in ("baseline.jpg", "rgb.png", "animated.gif", "lossy.webp", "true-colour.bmp"):
        for tail, bytes_after in tails.items():
            yield HostileFile(f"{name} and a {tail}", healthy[name] + bytes_after, READABLE)
    yield HostileFile("pdf around a jpeg", b"%PDF-1.4\n" + healthy["baseline.jpg"], CORRUPT)


def _exif_and_profiles() -> Iterator[HostileFile]:
    picture = Image.new("RGB", (30, 20), "white")
    entry = struct.pack("<HHII", 0x0112, 3, 1, 6)
    blocks = {
        "noise": b"Exif\0\0" + random.Random(2).randbytes(300),
        "cut": exif(entry)[:12],
        "count above its entries": exif(entry, count=65_535),
        "text for orientation": exif(struct.pack("<HHII", 0x0112, 2, 4, 0x00383838)),
        "many orientations": exif(struct.pack("<HHII", 0x0112, 3, 9_999, 8)),
        "far away": exif(struct.pack("<HHII", 0x0112, 3, 2**31, 2**32 - 1)),
        "pointer to itself": exif(entry, struct.pack("<HHII", 0x8769, 4, 1, 8)),
        "all overlap": exif(*[struct.pack("<HHII", n, 7, 60_000, 8) for n in range(5_000)]),
        "fraction by zero": exif(struct.pack("<HHIIII", 0x011A, 5, 1, 26, 0, 0)),
    }
    for name, block in blocks.items():
        for kind in ("JPEG", "PNG", "WEBP"):
            content = encoded(picture, kind, exif=block)
            yield HostileFile(f"{kind}, EXIF: {name}", content, READABLE)
    profiles = {"noise": random.Random(3).randbytes(900), "bare": b"acsp", "huge": bytes(2_000_000)}
    for name, profile in profiles.items():
        for kind in ("JPEG", "PNG", "WEBP", "TIFF"):
            content = encoded(picture, kind, icc_profile=profile)
            yield HostileFile(f"{kind}, profile: {name}", content, READABLE)


def _bombs() -> Iterator[HostileFile]:
    zeros = zlib.compress(bytes(60_000_000))
    long_text = png_chunk(b"zTXt", b"bomb\0\0" + zeros)
    profile = png_chunk(b"iCCP", b"bomb\0\0" + zeros)
    white = b"\0" + b"\xff" * 500
    yield HostileFile("PNG of 60000 x 60000", png(60_000, 60_000, rows=white), TOO_LARGE)
    yield HostileFile("PNG, text bomb", png(4_000, 2, chunks=long_text, rows=white * 2), READABLE)
    yield HostileFile("PNG, profile bomb", png(4_000, 2, chunks=profile, rows=white * 2), READABLE)
    yield HostileFile("PNG, too many rows", png(8, 8, rows=bytes(60_000_000)), READABLE)
    yield HostileFile(
        "PNG, packed a thousandfold", png(8_000, 4_000, rows=bytes(4_004_000)), READABLE
    )
    for name in ("GIF", "BMP"):
        content = encoded(Image.new("1", (12_000, 9_000)), name)
        yield HostileFile(f"{name} of 108 megapixels", content, TOO_LARGE)
    blank = Image.new("1", (11_000, 11_000))
    pages = encoded(Image.new("1", (9, 9)), "TIFF", save_all=True, append_images=[blank])
    yield HostileFile("TIFF, its second page too large", pages, TOO_LARGE)
    tile = [(256, 4, 1, 9), (257, 4, 1, 9), (258, 3, 1, 8), (259, 3, 1, 8), (262, 3, 1, 1)]
    tile += [(322, 4, 1, 60_000), (323, 4, 1, 60_000), (324, 4, 1, 8), (325, 4, 1, 99)]
    yield HostileFile("TIFF, a tile larger than its page", tiff(tile), TOO_LARGE)
    packed = run_length_bmp(9_000, 9_000)
    yield HostileFile("BMP, run-length bomb", packed, UNSUPPORTED)
    scan = jpeg_segment(0xDA, b"\x01\x01\0\x01\x3f\0") + b"\xe0\x7f\xff"
    rows = encoded(Image.new("L", (3_000, 3_000)), "JPEG", progressive=True)[:-2]
    yield HostileFile("JPEG of 5000 scans", rows + scan * 5_000 + b"\xff\xd9", CORRUPT)


def _endless_metadata(healthy: dict[str, bytes]) -> Iterator[HostileFile]:
    jpeg, picture, gif = healthy["baseline.jpg"], healthy["rgb.png"], healthy["still.gif"]
    text = png_chunk(b"tEXt", b"k\0v")
    table = 13 + 3 * 256
    blocks = {
        "JPEG of 200000 comments": jpeg[:2] + jpeg_segment(0xFE, b"") * 200_000 + jpeg[2:],
        "JPEG, megabytes of fill": jpeg[:2] + b"\xff" * 5_000_000 + jpeg[2:],
        "JPEG, megabytes of junk": jpeg[:20] + b"junk" * 5_000_000 + jpeg[20:],
        "PNG of 200000 texts": picture[:33] + text * 200_000 + picture[33:],
        "GIF, comment in tiny blocks": gif[:table]
        + b"!\xfe"
        + b"\1x" * 3_000_000
        + b"\0"
        + gif[table:],
    }
    for name, content in blocks.items():
        yield HostileFile(name, content, CORRUPT)
    exifs = jpeg_segment(0xE1, exif(*[struct.pack("<HHII", n, 7, 60_000, 8) for n in range(5_000)]))
    segments = jpeg[:2] + exifs * 300 + jpeg[2:]
    yield HostileFile("JPEG of 300 EXIF segments", segments, CORRUPT)
    xmp = jpeg_segment(0xE1, b"http://ns.adobe.com/xap/1.0/\0" + b"<" * 60_000)
    yield HostileFile("JPEG, megabytes of XMP", jpeg[:2] + xmp * 90 + jpeg[2:], READABLE)
    page = [(256, 3, 1, 1), (257, 3, 1, 1), (258, 3, 1, 8), (259, 3, 1, 1), (262, 3, 1, 1)]
    page += [(273, 4, 1, 8), (279, 4, 1, 1)]
    dot = b"\xff"
    yield HostileFile("TIFF of 5000 pages", tiff(*[page] * 5_000, data=dot), READABLE)
    thumbs = [[(254, 4, 1, 1), *page]] * 5_000
    yield HostileFile("TIFF, 5000 thumbnails first", tiff(*thumbs, page, page, data=dot), READABLE)
    endless = tiff(page, data=dot)[:-4] + struct.pack("<I", 9)
    yield HostileFile("TIFF whose page follows itself", endless, READABLE)
    yield HostileFile("TIFF of 60000 tags", tiff(*[page * 800] * 40, data=dot), CORRUPT)
    far = b"II+\0\x08\0\0\0" + struct.pack("<Q", 2**64 - 1)
    yield HostileFile("TIFF with a page offset of exabytes", far, CORRUPT)
    strips = [*page[:-2], (273, 4, 2**20, 8), (279, 4, 2**20, 8)]
    yield HostileFile("TIFF of a million strips", tiff(strips, data=bytes(2**22)), CORRUPT)
    fractions = [*page, (282, 5, 2**17, 8)]
    yield HostileFile("TIFF, resolution of fractions", tiff(fractions, data=dot * 2**20), CORRUPT)


if __name__ == "__main__":
    folder = Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    for number, file in enumerate(hostile_files()):
        (folder / f"{number:04}.bin").write_bytes(file.content)
        print(number, file.name, *sorted(file.allowed))  # noqa: T201  # the output of the program
