"""What an upload's first bytes say, read in bounded time before any decoder sees them.

Decoders walk metadata in loops as long as the file wants; the walks here stop early
and leave to the decoder only what it gets through quickly.
"""

import struct
from collections.abc import Iterator

from pipeline.errors import CorruptImageError, UnsupportedImageError

_PNG_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_SIGNATURES = (
    (b"\xff\xd8\xff", "JPEG"),
    (_PNG_SIGNATURE, "PNG"),
    (b"GIF87a", "GIF"),
    (b"GIF89a", "GIF"),
    (b"BM", "BMP"),
    (b"II*\x00", "TIFF"),
    (b"MM\x00*", "TIFF"),
    (b"II+\x00", "TIFF"),
    (b"MM\x00+", "TIFF"),
)
_STRANGERS = (
    (b"%PDF", "a PDF document: export its pages as PNG or JPEG"),
    (b"PK\x03\x04", "a ZIP archive or office document: upload the pictures inside it"),
    (b"\x1f\x8b", "a gzip archive: upload the pictures inside it"),
    (b"<svg", "an SVG drawing: export it as PNG"),
    (b"<?xml", "an XML document: export it as PNG"),
    (b"<!doctype", "a web page: upload a screenshot of it"),
    (b"<html", "a web page: upload a screenshot of it"),
    (b"\x00\x00\x01\x00", "an icon: export it as PNG"),
    (b"\x00\x00\x00\x0cjP  ", "a JPEG 2000 picture: export it as JPEG"),
    (b"\x00\x00\x00\x0cJXL ", "a JPEG XL picture: export it as JPEG"),
    (b"\xff\x0a", "a JPEG XL picture: export it as JPEG"),
    (b"8BPS", "a Photoshop document: export it as PNG"),
)
_READ = "JPEG, PNG, WebP, GIF, BMP, TIFF, HEIC and AVIF are read"
_AVIF_BRANDS = {b"avif", b"avis"}
_HEIC_BRANDS = {b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1"}

# Cameras write dozens of segments and scanners thousands of chunks; only attacks write more.
_MAX_BLOCKS = 100_000
_MAX_DIRECTORIES = 10_000
_MAX_DIRECTORY_ENTRIES = 4096
_PNG_NEEDED = {b"IHDR", b"PLTE", b"IDAT", b"IEND", b"tRNS"}
_REDUCED_OR_MASK = 1 | 4


def image_format(content: bytes) -> str:
    """The format by content: JPEG, PNG, WEBP, GIF, BMP, TIFF, HEIC or AVIF.

    Raises:
        UnsupportedImageError: none of these; the message says what it is, if that shows.
    """
    if not content:
        raise UnsupportedImageError(f"the file is empty (0 bytes); {_READ}")
    for signature, name in _SIGNATURES:
        if content.startswith(signature):
            return name
    if content[:4] == b"RIFF" and content[8:12] == b"WEBP":
        return "WEBP"
    if content[4:8] == b"ftyp":
        brands = _brands(content)
        # AVIF first: an AVIF names mif1 too, a HEIC never avif.
        if brands & _AVIF_BRANDS:
            return "AVIF"
        if brands & _HEIC_BRANDS:
            return "HEIC"
        raise UnsupportedImageError(f"the file is a video or another ISO media file; {_READ}")
    start = content[:64].lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    for signature, what in _STRANGERS:
        if content.startswith(signature) or start.startswith(signature):
            raise UnsupportedImageError(f"the file is {what}; {_READ}")
    raise UnsupportedImageError(
        f"the file is not an image in a known format (it begins {content[:8].hex(' ')}); {_READ}"
    )


def _brands(content: bytes) -> set[bytes]:
    end = min(int.from_bytes(content[:4], "big"), 256)
    return {content[at : at + 4] for at in range(16, end, 4)} | {content[8:12]}


def check_jpeg(content: bytes) -> None:
    """Refuses a JPEG with absurdly many segments before its picture.

    Raises:
        CorruptImageError: too many to be a camera's work.
    """
    at = 2
    for _ in range(_MAX_BLOCKS):
        marker = content[at : at + 2]
        if len(marker) < 2 or marker[0] != 0xFF or marker[1] == 0xDA:
            return
        if marker[1] == 0xFF:
            at += 1
        elif marker[1] in (0x00, 0x01) or 0xD0 <= marker[1] <= 0xD9:
            at += 2
        else:
            at += 2 + max(2, int.from_bytes(content[at + 2 : at + 4], "big"))
    raise CorruptImageError(f"the JPEG has more than {_MAX_BLOCKS} segments before its picture")


def plain_png(content: bytes) -> tuple[bytes, int]:
    """The PNG without texts, profiles and animation, and how many frames of it were dropped.

    What stays is the bare picture and its orientation. Compressed texts and profiles
    may be bombs, and there may be millions of them.

    Raises:
        CorruptImageError: absurdly many chunks.
    """
    needed: list[bytes] = []
    exif = b""
    frames = 0
    start = at = len(_PNG_SIGNATURE)
    for _ in range(_MAX_BLOCKS):
        kind = content[at + 4 : at + 8]
        if len(kind) < 4:
            break
        end = at + 12 + int.from_bytes(content[at : at + 4], "big")
        if kind not in _PNG_NEEDED:
            needed.append(content[start:at])
            start = min(end, len(content))
            if kind == b"eXIf" and not exif:
                exif = content[at:end]
            frames += kind == b"fcTL"
        at = end
        if kind == b"IEND":
            break
    else:
        raise CorruptImageError(f"the PNG has more than {_MAX_BLOCKS} chunks")
    if not needed:
        return content, 0
    needed.append(content[start:at])
    picture = b"".join(needed)
    # Behind the header, where the orientation is known before the picture is decoded.
    plain = b"".join((_PNG_SIGNATURE, picture[:25], exif, picture[25:]))
    return plain, max(0, frames - 1)


def gif_frames(content: bytes) -> int:
    """How many frames a GIF holds, counted up to a bound, without decoding any.

    Raises:
        CorruptImageError: absurdly many blocks before the first frame.
    """
    at = 13 + _colour_table(content[10:11])
    frames = 0
    for _ in range(_MAX_BLOCKS):
        kind = content[at : at + 1]
        if kind == b",":
            frames += 1
            at += 11 + _colour_table(content[at + 9 : at + 10])
        elif kind == b"!":
            at += 2
        else:
            return max(1, frames)
        for _ in range(_MAX_BLOCKS):
            length = content[at] if at < len(content) else 0
            at += 1 + length
            if not length:
                break
        else:
            if not frames:
                break
            return frames
    if not frames:
        raise CorruptImageError(f"the GIF has more than {_MAX_BLOCKS} blocks before its picture")
    return frames


def _colour_table(flags: bytes) -> int:
    return 3 << (flags[0] & 7) + 1 if flags and flags[0] & 0x80 else 0


def tiff_pages(content: bytes) -> list[int]:
    """Which images of a TIFF are pages: thumbnails and masks among them are not.

    Raises:
        CorruptImageError: the chain of directories leaves the file, or one is absurdly large.
    """
    frames = [
        frame
        for frame, subfile_type in enumerate(_tiff_subfile_types(content))
        if not subfile_type & _REDUCED_OR_MASK
    ]
    return frames or [0]


def _tiff_subfile_types(content: bytes) -> Iterator[int]:
    order = "<" if content[:2] == b"II" else ">"
    big = content[2:4] in (b"+\x00", b"\x00+")
    count, entry, offset = ("Q", 20, "Q") if big else ("H", 12, "I")
    first = 8 if big else 4
    seen: set[int] = set()
    try:
        (at,) = struct.unpack_from(order + offset, content, first)
        while at and at not in seen and len(seen) < _MAX_DIRECTORIES:
            seen.add(at)
            (entries,) = struct.unpack_from(order + count, content, at)
            if entries > _MAX_DIRECTORY_ENTRIES:
                raise CorruptImageError(f"page {len(seen)} of the TIFF has {entries} tags")
            at += struct.calcsize(order + count)
            # Tags are in ascending order, and no other is lower than this one.
            tag, _, _, value = struct.unpack_from(f"{order}HH{offset}{offset}", content, at)
            yield value if tag == 254 else 0
            (at,) = struct.unpack_from(order + offset, content, at + entries * entry)
    except struct.error as error:
        raise CorruptImageError(
            f"the TIFF is cut short: page {len(seen) or 1} lies outside the file"
        ) from error
