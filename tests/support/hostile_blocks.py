"""Hostile files built from whole blocks: truncated between blocks, looped, nested or very deep."""

import struct
from collections.abc import Iterator

import numpy as np
from PIL import Image

from tests.support.hostile_file import ANYTHING, READABLE, REFUSED, TOO_LARGE, HostileFile
from tests.support.image_encoding import encoded, exif, jpeg_segment, png_chunk, tiff
from tests.support.mismatched_images import MISMATCHED_AVIF, MISMATCHED_HEIC

_EXIF_POINTERS = {"EXIF": 0x8769, "GPS": 0x8825, "interoperability": 0xA005}
_BARE_JPEG_MARKERS = {0xD8, 0xD9, *range(0xD0, 0xD8)}


def boundary_files(healthy: dict[str, bytes]) -> Iterator[HostileFile]:
    """About five hundred files; `healthy` is the result of `healthy_pictures`."""
    yield from _truncated_between_blocks(healthy)
    yield from _false_streams(healthy)
    yield from _exif_loops(healthy)
    yield from _animations(healthy)
    yield from _largest_sides()
    yield from _odd_tiffs()


def _truncated_between_blocks(healthy: dict[str, bytes]) -> Iterator[HostileFile]:
    walks = {
        "baseline.jpg": _jpeg_ends,
        "progressive.jpg": _jpeg_ends,
        "rgb.png": _png_ends,
        "animated.png": _png_ends,
        "palette.png": _png_ends,
        "lossy.webp": _riff_ends,
        "lossless.webp": _riff_ends,
        "animated.webp": _riff_ends,
        "still.avif": _box_ends,
        "animated.avif": _box_ends,
        "still.heic": _box_ends,
    }
    for name, walk in walks.items():
        content = healthy[name]
        for at in walk(content):
            yield HostileFile(f"{name} ends after a block, at {at}", content[:at], ANYTHING)
            # The header of a block without its content: its length exceeds the file.
            yield HostileFile(f"{name} ends in a block, at {at + 6}", content[: at + 6], ANYTHING)


def _jpeg_ends(content: bytes) -> Iterator[int]:
    at = 2
    while at < len(content) - 2:
        yield at
        marker = content[at + 1]
        if marker == 0xDA:  # the pixel stream: it ends at the next marker
            at += 2
            while content[at] != 0xFF or content[at + 1] in {0, *range(0xD0, 0xD8)}:
                at += 1
        else:
            at += 2 + int.from_bytes(content[at + 2 : at + 4], "big")


def _png_ends(content: bytes) -> Iterator[int]:
    at = 8
    while at < len(content):
        yield at
        at += 12 + int.from_bytes(content[at : at + 4], "big")


def _riff_ends(content: bytes) -> Iterator[int]:
    at = 12
    while at < len(content):
        yield at
        length = int.from_bytes(content[at + 4 : at + 8], "little")
        at += 8 + length + length % 2


def _box_ends(content: bytes) -> Iterator[int]:
    at = 0
    while at < len(content):
        length = int.from_bytes(content[at : at + 4], "big")
        if content[at + 4 : at + 8] == b"meta":  # and between its inner boxes
            inner = at + 12
            while inner < at + length:
                yield inner
                inner += int.from_bytes(content[inner : inner + 4], "big")
        at += length
        yield at


def _false_streams(healthy: dict[str, bytes]) -> Iterator[HostileFile]:
    yield HostileFile("AVIF of 64 x 64 that holds 12000 x 12000", MISMATCHED_AVIF, REFUSED)
    yield HostileFile("HEIC of 64 x 64 that holds 8000 x 8000", MISMATCHED_HEIC, REFUSED)
    for name in ("still.avif", "still.heic"):
        content = healthy[name]
        at = content.index(b"ispe") + 8
        for width, height in ((9_999, 9_999), (66, 45), (67, 44), (68, 46), (1, 1)):
            changed = content[:at] + struct.pack(">II", width, height) + content[at + 8 :]
            yield HostileFile(f"{name} that claims {width} x {height}", changed, ANYTHING)
        # Fields that only the header of the stream has: depth, sampling and a second size.
        stream = content.index(b"mdat") + 4
        for offset in range(12):
            broken = bytearray(content)
            broken[stream + offset] ^= 0xFF
            yield HostileFile(f"{name}, byte {offset} of its stream", bytes(broken), ANYTHING)
    outer = healthy["lossy.webp"]
    for side in (1, 66, 9_000, 16_383):
        changed = outer[:26] + struct.pack("<HH", side, side) + outer[30:]
        yield HostileFile(f"WebP whose stream says {side} x {side}", changed, ANYTHING)


def _exif_loops(healthy: dict[str, bytes]) -> Iterator[HostileFile]:
    jpeg, picture = healthy["baseline.jpg"], Image.new("RGB", (30, 20), "white")
    blocks = {
        f"{name} block that contains itself": exif(struct.pack("<HHII", tag, 4, 1, 8))
        for name, tag in _EXIF_POINTERS.items()
    }
    pointers = [struct.pack("<HHII", tag, 4, 1, 8) for tag in _EXIF_POINTERS.values()]
    blocks["all blocks at one offset"] = exif(*pointers)
    # The next directory is the same directory.
    blocks["directory that is its own successor"] = exif(pointers[0])[:-4] + struct.pack("<I", 8)
    blocks["thumbnail in the thumbnail"] = exif(
        struct.pack("<HHII", 0x0201, 4, 1, 0), struct.pack("<HHII", 0x0202, 4, 1, 60_000)
    )
    for name, block in blocks.items():
        for kind in ("JPEG", "PNG", "WEBP", "AVIF"):
            content = encoded(picture, kind, exif=block)
            allowed = ANYTHING if kind == "AVIF" else READABLE
            yield HostileFile(f"{kind}, EXIF: {name}", content, allowed)
    own = jpeg_segment(0xE1, b"Exif\0\0" + jpeg[:60_000])
    yield HostileFile("JPEG whose EXIF is the JPEG", jpeg[:2] + own + jpeg[2:], READABLE)


def _animations(healthy: dict[str, bytes]) -> Iterator[HostileFile]:
    content = healthy["animated.png"]
    at = content.index(b"acTL")
    for frames in (0, 1, 2**31, 2**32 - 1):
        chunk = png_chunk(b"acTL", struct.pack(">II", frames, 0))
        changed = content[: at - 4] + chunk + content[at + 16 :]
        yield HostileFile(f"animated PNG that claims {frames} frames", changed, READABLE)
    first = content.index(b"fcTL")
    for place in ((9_999, 9_999, 0, 0), (67, 45, 2**31, 0), (0, 0, 0, 0)):
        control = struct.pack(">IIIIIHHBB", 0, *place, 1, 10, 0, 0)
        changed = content[: first - 4] + png_chunk(b"fcTL", control) + content[first + 34 :]
        yield HostileFile(f"animated PNG, first frame {place}", changed, READABLE)
    frame = png_chunk(b"fcTL", struct.pack(">IIIIIHHBB", 0, 67, 45, 0, 0, 1, 10, 0, 0))
    many = content[:33] + frame * 20_000 + content[33:]
    yield HostileFile("animated PNG of 20000 frames and no pictures", many, READABLE)
    for name in ("animated.gif", "animated.webp", "animated.avif"):
        half = len(healthy[name]) // 2
        yield HostileFile(
            f"{name}, half of it twice", healthy[name] + healthy[name][half:], ANYTHING
        )


def _largest_sides() -> Iterator[HostileFile]:
    for name in ("GIF", "BMP", "TIFF"):
        for size in ((65_535, 1), (1, 65_535)):
            content = encoded(Image.new("1", size), name)
            yield HostileFile(f"{name} of {size[0]} x {size[1]}", content, READABLE)
    for size in ((65_500, 1), (1, 65_500)):
        content = encoded(Image.new("L", size), "JPEG")
        yield HostileFile(f"JPEG of {size[0]} x {size[1]}", content, READABLE)
        # The largest size of the header, and a size above the limit of libjpeg.
        at = content.index(b"\xff\xc0") + 5
        widest = struct.pack(">HH", *(65_535 if side > 1 else 1 for side in reversed(size)))
        changed = content[:at] + widest + content[at + 4 :]
        yield HostileFile(f"JPEG that claims 65535, not {size}", changed, REFUSED)
    wide = encoded(Image.new("1", (65_535, 1)), "PNG")
    square = png_chunk(b"IHDR", struct.pack(">IIBBBBB", 65_535, 65_535, 1, 0, 0, 0, 0))
    yield HostileFile("PNG of 65535 x 65535", wide[:8] + square + wide[33:], TOO_LARGE)


def _odd_tiffs() -> Iterator[HostileFile]:
    levels = np.linspace(0, 1, 67 * 45, dtype=np.float64).reshape(45, 67)
    odd = levels.copy()
    odd[::2, ::3], odd[1::2, ::3], odd[::5, 1::3] = np.nan, np.inf, -np.inf
    pictures = {
        "not a number": Image.fromarray(odd.astype(np.float32)),
        "all not a number": Image.fromarray(np.full((45, 67), np.nan, np.float32)),
        "huge floats": Image.fromarray((levels * 3e38).astype(np.float32)),
        "negative floats": Image.fromarray((-levels).astype(np.float32)),
        "32 bits": Image.fromarray((levels * 2**31 - 2**30).astype(np.int32)),
        "16 bits": Image.fromarray((levels * 65_535).astype(np.uint16)),
        "12 bits in 16": Image.fromarray((levels * 4_095).astype(np.uint16)),
        "one bit": Image.fromarray(levels > 0.5),
        "palette": Image.fromarray((levels * 255).astype(np.uint8)).quantize(4),
        "CMYK": Image.fromarray((levels * 255).astype(np.uint8)).convert("CMYK"),
        "Lab": Image.merge("LAB", [Image.fromarray((levels * 255).astype(np.uint8))] * 3),
        "grey and alpha": Image.fromarray((levels * 255).astype(np.uint8)).convert("LA"),
    }
    for name, picture in pictures.items():
        for compression in ("raw", "tiff_lzw", "tiff_adobe_deflate", "packbits"):
            content = encoded(picture, "TIFF", compression=compression)
            yield HostileFile(f"TIFF, {name}, {compression}", content, READABLE)
            yield HostileFile(f"TIFF, {name}, {compression}, cut", content[:-200], ANYTHING)
    page = [(256, 3, 1, 16), (257, 3, 1, 16), (259, 3, 1, 1), (273, 4, 1, 8), (279, 4, 1, 4096)]
    for bits in (2, 7, 8, 12, 32, 64, 65_535):
        for kind in (1, 2, 3, 5, 7):
            for colours in (1, 3, 5, 8):
                tags = [(258, 3, 1, bits), (262, 3, 1, 2 if colours > 2 else 1)]
                tags += [(277, 3, 1, colours), (339, 3, 1, kind)]
                content = tiff(sorted(page + tags), data=bytes(range(256)) * 16)
                name = f"TIFF of {colours} colours, {bits} bits of kind {kind}"
                yield HostileFile(name, content, ANYTHING)
