"""Image formats by signature, and checks of JPEG, PNG, GIF and BMP headers in bounded time.

A hostile file can keep a decoder in its metadata for minutes. The checks here stop early and
pass only files that a decoder reads quickly.
"""

from collections.abc import Iterator

from pipeline.errors import CorruptImageError, UnsupportedImageError

_PNG_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_PDF_SIGNATURE = b"%PDF-"
# PDF readers accept other bytes before the signature (ISO 32000-1, Annex H, note 13).
_MAX_BYTES_BEFORE_PDF = 1024
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
    (_PDF_SIGNATURE, "PDF"),
)
_OTHER_SIGNATURES = (
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
_SUPPORTED_FORMATS = "JPEG, PNG, WebP, GIF, BMP, TIFF, HEIC, AVIF and PDF are read"
_AVIF_BRANDS = {b"avif", b"avis"}
_HEIC_BRANDS = {b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1"}

# Cameras write dozens of segments, scanners thousands of chunks, attackers millions.
_MAX_BLOCKS = 100_000
_MAX_GIF_BLOCKS = 1_000_000
MAX_EXIF_BYTES = 1 << 20
_MAX_JUNK_BYTES = 1 << 20
# A progressive picture usually has ten scans, and each costs a pass over the whole picture.
_MAX_SCANS = 100
# Pillow decodes run-length BMPs in Python: some hundred nanoseconds a run or padded pixel.
_MAX_RLE_BYTES, _MAX_RLE_PIXELS = 2 << 20, 4_000_000
_PNG_KEPT_CHUNKS = {b"IHDR", b"PLTE", b"IDAT", b"IEND", b"tRNS"}
_JPEG_FRAMES = {*range(0xC0, 0xD0)} - {0xC4, 0xC8, 0xCC}
_JPEG_PROGRESSIVE = {0xC2, 0xC6, 0xCA, 0xCE}
_JPEG_SCAN = 0xDA
_JPEG_MARKERS_WITHOUT_LENGTH = {0x00, 0x01, *range(0xD0, 0xDA)}


def image_format(content: bytes) -> str:
    """The format by content: JPEG, PNG, WEBP, GIF, BMP, TIFF, HEIC, AVIF or PDF.

    Raises:
        UnsupportedImageError: another format; the message names it if its signature is known.
    """
    if not content:
        raise UnsupportedImageError(f"the file is empty (0 bytes); {_SUPPORTED_FORMATS}")
    for signature, name in _SIGNATURES:
        if content.startswith(signature):
            return name
    if content[:4] == b"RIFF" and content[8:12] == b"WEBP":
        return "WEBP"
    if content[4:8] == b"ftyp":
        return _iso_media_format(content)
    start = content[:64].lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    for signature, description in _OTHER_SIGNATURES:
        if content.startswith(signature) or start.startswith(signature):
            raise UnsupportedImageError(f"the file is {description}; {_SUPPORTED_FORMATS}")
    if _PDF_SIGNATURE in content[:_MAX_BYTES_BEFORE_PDF]:
        return "PDF"
    raise UnsupportedImageError(
        f"the file is not an image in a known format (it begins {content[:8].hex(' ')});"
        f" {_SUPPORTED_FORMATS}"
    )


def _iso_media_format(content: bytes) -> str:
    brands = _brands(content)
    # AVIF first: an AVIF may list the HEIC brand mif1, but a HEIC never lists avif.
    if brands & _AVIF_BRANDS:
        return "AVIF"
    if brands & _HEIC_BRANDS:
        return "HEIC"
    raise UnsupportedImageError(
        f"the file is a video or another ISO media file; {_SUPPORTED_FORMATS}"
    )


def _brands(content: bytes) -> set[bytes]:
    end = min(int.from_bytes(content[:4], "big"), 256)
    return {content[at : at + 4] for at in range(16, end, 4)} | {content[8:12]}


def jpeg_coefficient_bytes(content: bytes) -> int:
    """The bytes of coefficients that libjpeg holds until the last scan, at any output size.

    0 for a picture in one scan; any other picture keeps all coefficients, two bytes each.

    Raises:
        CorruptImageError: more segments, junk or scans than a real picture has.
    """
    frame = b""
    progressive = False
    exif_bytes = 0
    for at, marker in _jpeg_segments(content):
        if content.startswith(b"Exif", at + 4):
            exif_bytes += int.from_bytes(content[at + 2 : at + 4], "big")
        if exif_bytes > MAX_EXIF_BYTES:
            raise CorruptImageError("the JPEG has more than a megabyte of EXIF")
        if marker in _JPEG_FRAMES:
            frame = content[at + 5 : at + 10 + 3 * 4]
            progressive = marker in _JPEG_PROGRESSIVE
        elif marker == _JPEG_SCAN:
            if not progressive and content[at + 4 : at + 5] == frame[4:5]:
                return 0
            if content.count(bytes((0xFF, _JPEG_SCAN)), at) > _MAX_SCANS:
                raise CorruptImageError(f"the JPEG has more than {_MAX_SCANS} scans")
            return _coefficient_bytes(frame)
    return 0


def _jpeg_segments(content: bytes) -> Iterator[tuple[int, int]]:
    at = 2
    junk = 0
    for _ in range(_MAX_BLOCKS):
        start = content.find(0xFF, at)
        if not 0 <= start < len(content) - 1:
            return
        junk += start - at
        if junk > _MAX_JUNK_BYTES:
            raise CorruptImageError("the JPEG has no picture within its first megabyte of junk")
        marker = content[start + 1]
        if marker == 0xFF:
            at = start + 1
        elif marker in _JPEG_MARKERS_WITHOUT_LENGTH:
            at = start + 2
        else:
            yield start, marker
            if marker == _JPEG_SCAN:
                return
            at = start + 2 + max(2, int.from_bytes(content[start + 2 : start + 4], "big"))
    raise CorruptImageError(f"the JPEG has more than {_MAX_BLOCKS} segments before its picture")


def _coefficient_bytes(frame: bytes) -> int:
    height, width = int.from_bytes(frame[:2], "big"), int.from_bytes(frame[2:4], "big")
    samplings = [(s >> 4, s & 15) for s in frame[6 : 6 + 3 * sum(frame[4:5]) : 3]]
    across = max((h for h, _ in samplings), default=1) or 1
    down = max((v for _, v in samplings), default=1) or 1
    columns, rows = -(-width // (8 * across)), -(-height // (8 * down))
    return sum(2 * 64 * columns * h * rows * v for h, v in samplings)


def plain_png(content: bytes) -> tuple[bytes, int]:
    """Keeps only the picture and its orientation; also returns the number of dropped frames.

    Texts and profiles are compressed and may be bombs, and there may be millions of them.

    Raises:
        CorruptImageError: more than 100,000 chunks.
    """
    kept: list[bytes] = []
    exif = b""
    frames = 0
    start = at = len(_PNG_SIGNATURE)
    for _ in range(_MAX_BLOCKS):
        kind = content[at + 4 : at + 8]
        if len(kind) < 4:
            break
        end = at + 12 + int.from_bytes(content[at : at + 4], "big")
        if kind not in _PNG_KEPT_CHUNKS:
            kept.append(content[start:at])
            start = min(end, len(content))
            if kind == b"eXIf" and not exif:
                exif = content[at:end]
            elif kind == b"fcTL":
                frames += 1
        at = end
        if kind == b"IEND":
            break
    else:
        raise CorruptImageError(f"the PNG has more than {_MAX_BLOCKS} chunks")
    if not kept:
        return content, 0
    kept.append(content[start:at])
    picture = b"".join(kept)
    # The orientation goes right after the header, so that it is known before decoding.
    plain = b"".join((_PNG_SIGNATURE, picture[:25], exif, picture[25:]))
    return plain, max(0, frames - 1)


def gif_frames(content: bytes) -> int:
    """Counts the frames of a GIF without decoding them, at most up to a million blocks.

    Raises:
        CorruptImageError: more than 100,000 blocks before the first frame.
    """
    at = 13 + _colour_table(content[10:11])
    frames = blocks = 0
    while blocks < (_MAX_GIF_BLOCKS if frames else _MAX_BLOCKS):
        kind = content[at : at + 1]
        if kind == b",":
            frames += 1
            at += 11 + _colour_table(content[at + 9 : at + 10])
        elif kind == b"!":
            at += 2
        else:
            return max(1, frames)
        length = 1
        while length and blocks < _MAX_GIF_BLOCKS:
            length = content[at] if at < len(content) else 0
            at += 1 + length
            blocks += 1
    if not frames:
        raise CorruptImageError(f"the GIF has more than {_MAX_BLOCKS} blocks before its picture")
    return frames


def _colour_table(flags: bytes) -> int:
    return 3 << (flags[0] & 7) + 1 if flags and flags[0] & 0x80 else 0


def check_bmp(content: bytes) -> None:
    """Refuses large run-length compressed BMPs, because Pillow decodes them too slowly.

    Raises:
        UnsupportedImageError: run-length compressed, and over 2 MiB or 4 megapixels.
    """
    if int.from_bytes(content[14:18], "little") < 40:
        return
    width, height = (
        abs(int.from_bytes(content[at : at + 4], "little", signed=True)) for at in (18, 22)
    )
    packed = int.from_bytes(content[30:34], "little") in (1, 2)
    if packed and (len(content) > _MAX_RLE_BYTES or width * height > _MAX_RLE_PIXELS):
        raise UnsupportedImageError(
            f"the BMP of {width} x {height} is run-length compressed: save it as PNG"
        )
