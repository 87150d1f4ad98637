"""Small images in every format and mode, and the blocks that hostile files are built from."""

import random
import struct
import zlib
from io import BytesIO

import numpy as np
import pillow_heif
from PIL import Image, ImageDraw


def healthy_pictures() -> dict[str, bytes]:
    """A small picture in every format and colour mode, by file name."""
    noise = random.Random(4).randbytes(67 * 45 * 3)
    picture = Image.frombytes("RGB", (67, 45), noise)
    ImageDraw.Draw(picture).text((5, 10), "EXIT", fill="black", font_size=20)
    frames = [picture, picture.rotate(180), picture.rotate(90)]
    grey = picture.convert("L")
    deep = Image.fromarray(np.asarray(grey).astype(np.uint16) * 257)
    real = Image.fromarray(np.asarray(grey, dtype=np.float32) / 255)
    animated = {"save_all": True, "append_images": frames[1:]}
    return {
        "baseline.jpg": encoded(picture, "JPEG"),
        "progressive.jpg": encoded(picture, "JPEG", progressive=True),
        "grey.jpg": encoded(grey, "JPEG"),
        "cmyk.jpg": encoded(picture.convert("CMYK"), "JPEG"),
        "rgb.png": encoded(picture, "PNG"),
        "palette.png": encoded(picture.quantize(16), "PNG", transparency=3),
        "rgba.png": encoded(picture.convert("RGBA"), "PNG"),
        "deep.png": encoded(deep, "PNG"),
        "one-bit.png": encoded(grey.convert("1"), "PNG"),
        "animated.png": encoded(picture, "PNG", **animated),
        "lossy.webp": encoded(picture, "WEBP"),
        "lossless.webp": encoded(picture.convert("RGBA"), "WEBP", lossless=True),
        "animated.webp": encoded(picture, "WEBP", **animated),
        "still.gif": encoded(picture, "GIF"),
        "animated.gif": encoded(picture, "GIF", **animated),
        "true-colour.bmp": encoded(picture, "BMP"),
        "palette.bmp": encoded(picture.quantize(16), "BMP"),
        "run-length.bmp": run_length_bmp(300, 200),
        "plain.tif": encoded(picture, "TIFF"),
        "lzw.tif": encoded(picture, "TIFF", compression="tiff_lzw"),
        "jpeg.tif": encoded(picture, "TIFF", compression="jpeg"),
        "fax.tif": encoded(grey.convert("1"), "TIFF", compression="group4"),
        "pages.tif": encoded(picture, "TIFF", **animated),
        "big.tif": encoded(picture, "TIFF", big_tiff=True),
        "deep.tif": encoded(deep, "TIFF"),
        "float.tif": encoded(real, "TIFF"),
        "cmyk.tif": encoded(picture.convert("CMYK"), "TIFF"),
        "lab.tif": encoded(Image.merge("LAB", [grey, grey, grey]), "TIFF"),
        "still.avif": encoded(picture, "AVIF"),
        "animated.avif": _timeless(encoded(picture, "AVIF", **animated)),
        "still.heic": encoded(picture, "HEIC"),
    }


def encoded(picture: Image.Image, name: str, **options: object) -> bytes:
    """The picture as a file in Pillow's format `name`, or as HEIC."""
    out = BytesIO()
    if name == "HEIC":
        pillow_heif.from_pillow(picture).save(out, **options)
    else:
        picture.save(out, name, **options)
    return out.getvalue()


def _timeless(movie: bytes) -> bytes:
    """The movie without its creation times, so that every run makes the same file."""
    for box in (b"mvhd", b"tkhd", b"mdhd"):
        at = movie.index(box) + 8
        movie = movie[:at] + bytes(16) + movie[at + 16 :]
    return movie


def png_chunk(kind: bytes, body: bytes) -> bytes:
    """A PNG chunk with its length and checksum."""
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def png(width: int, height: int, *, chunks: bytes = b"", rows: bytes = b"") -> bytes:
    """A one-bit PNG of that size with further chunks before its rows (unpacked)."""
    header = struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0)
    picture = png_chunk(b"IDAT", zlib.compress(rows)) + png_chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + png_chunk(b"IHDR", header) + chunks + picture


def exif(*entries: bytes, count: int | None = None) -> bytes:
    """An EXIF block of little-endian entries whose header claims `count` entries."""
    number = len(entries) if count is None else count
    return b"Exif\0\0II*\0\x08\0\0\0" + struct.pack("<H", number) + b"".join(entries) + bytes(4)


def jpeg_segment(marker: int, body: bytes) -> bytes:
    """A JPEG marker segment with its length."""
    return struct.pack(">BBH", 0xFF, marker, len(body) + 2) + body


def tiff(*directories: list[tuple[int, int, int, int]], data: bytes = b"") -> bytes:
    """A little-endian TIFF: entries of tag, type, count and value, and `data` at offset 8."""
    out = b"II*\0" + struct.pack("<I", 8 + len(data)) + data
    for n, entries in enumerate(directories):
        packed = b"".join(struct.pack("<HHII", *entry) for entry in entries)
        following = len(out) + 6 + len(packed) if n < len(directories) - 1 else 0
        out += struct.pack("<H", len(entries)) + packed + struct.pack("<I", following)
    return out


def run_length_bmp(width: int, height: int) -> bytes:
    """A run-length compressed BMP with eight bits per pixel and black rows."""
    rows = (b"\xff\0" * (width // 255) + bytes((width % 255, 0)) + b"\0\0") * height + b"\0\1"
    header = struct.pack("<IiiHHIIiiII", 40, width, height, 1, 8, 1, len(rows), 0, 0, 1, 0)
    start = 14 + len(header) + 4
    return b"BM" + struct.pack("<IHHI", start + len(rows), 0, 0, start) + header + bytes(4) + rows
