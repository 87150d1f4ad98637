"""Bytes -> pages of pixels: the format from the content, the limits from the header, then decoding.

Nothing here is global and nothing stays open: an ImageFile may be read from several
threads, and holds the upload's bytes but never a decoded page.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from io import BytesIO

from PIL import Image
from PIL.BmpImagePlugin import BmpImageFile
from PIL.ExifTags import Base
from PIL.GifImagePlugin import GifImageFile
from PIL.ImageFile import ImageFile as Picture
from PIL.JpegImagePlugin import JpegImageFile
from PIL.PngImagePlugin import PngImageFile
from PIL.TiffImagePlugin import TiffImageFile
from PIL.WebPImagePlugin import WebPImageFile

from pipeline.errors import CorruptImageError, ImageTooLargeError, ImageTranslationError
from pipeline.images import headers, isolated_decoder
from pipeline.images.pixels import reduced_size, strip_bytes, swaps_sides, to_pixels
from pipeline.images.tiff import tiff_at, tiff_pages
from pipeline.models import Page

# Opened through their classes: Image.open would apply Pillow's process-wide pixel limit
# in place of ours, and try formats nobody asked for. AVIF and HEIC are isolation's.
_PICTURES: dict[str, type[Picture]] = {
    "BMP": BmpImageFile,
    "GIF": GifImageFile,
    "JPEG": JpegImageFile,
    "PNG": PngImageFile,
    "TIFF": TiffImageFile,
    "WEBP": WebPImageFile,
}
_DRAFT_SCALES = (8, 4, 2)
_FIXED_BYTES = 2 << 20
# What a page costs goes by its pixels, but for strips: those are looked at piece by piece.
_LONGEST_SIDE = 1_000_000
_LONGEST_REASON = 200
_BITS, _TILE_WIDTH, _TILE_LENGTH = 258, 322, 323

# What Pillow itself keeps of a pixel, in bytes; four in every mode not named.
_STORED = {"1": 1, "L": 1, "P": 1, "I;16": 2, "I;16B": 2, "I;16L": 2, "I;16N": 2}
# What a decoder holds beside that until it is done, in bytes a pixel, without and with alpha:
# planes, their RGB and its copy. Measured with Pillow 13.0 and pillow-heif 1.8 on the widest
# planes each may have (4:4:4, twelve bits for AVIF, eight for HEIC), rounded up.
_HELD = {"AVIF": (11, 14), "BMP": (2, 2), "HEIC": (7, 10), "WEBP": (13, 14)}
_HELD_BY_DEEP_HEIC = (13, 18)
_COPIES = {"AVIF": 1, "HEIC": 2, "WEBP": 2}  # of the upload itself

Size = tuple[int, int]


@dataclass(frozen=True, slots=True)
class _Header:
    """Where a page is and how it is stored: width x height before turning it upright.

    `place` is where a TIFF keeps the page's directory, 0 elsewhere.
    `stored` is bytes a pixel in Pillow's memory, `held` what decoding takes beside, in all.
    """

    place: int
    size: Size
    orientation: int
    stored: int
    held: int

    def upright(self, size: Size) -> Size:
        return size[::-1] if swaps_sides(self.orientation) else size


@dataclass(frozen=True, slots=True)
class ImageFile:
    """An upload whose headers were read and found within the limits; nothing is decoded yet.

    `format` is JPEG, PNG, WEBP, GIF, BMP, TIFF, HEIC or AVIF. `pages_skipped` counts a
    TIFF's pages beyond the limit, `frames_skipped` an animation's frames after the first.
    """

    format: str
    pages_skipped: int
    frames_skipped: int
    _content: bytes = field(repr=False)
    _headers: tuple[_Header, ...] = field(repr=False)

    @property
    def page_count(self) -> int:
        """Pages to be read: at least 1, at most the limit."""
        return len(self._headers)

    def page_size(self, index: int) -> Size:
        """Width and height in pixels as a person sees the page."""
        header = self._headers[index]
        return header.upright(header.size)

    def decoded_size(self, index: int, *, min_long_side: int | None = None) -> Size:
        """Width and height of the pixels that `page` will return for the same arguments."""
        header = self._headers[index]
        drafted = reduced_size(header.size, self._draft_scale(header, min_long_side))
        return header.upright(reduced_size(drafted, _factor(drafted, min_long_side)))

    def decode_peak_bytes(self, index: int, *, min_long_side: int | None = None) -> int:
        """An upper bound of what `page` takes at its peak for the same arguments.

        Counts what it returns, not the upload's own bytes. Pillow's pixels, and beside them
        first what the decoder holds, then the result and the strip on its way into it.
        """
        header = self._headers[index]
        drafted = reduced_size(header.size, self._draft_scale(header, min_long_side))
        width, height = self.decoded_size(index, min_long_side=min_long_side)
        result = 3 * width * height + strip_bytes(drafted, _factor(drafted, min_long_side))
        return _FIXED_BYTES + header.stored * drafted[0] * drafted[1] + max(header.held, result)

    def page(self, index: int, *, min_long_side: int | None = None) -> Page:
        """Decodes one page; keep one at a time.

        Args:
            index: from 0 to `page_count` - 1.
            min_long_side: the pixels may be fewer than the page's as long as their longer side
                keeps this many; None for all.

        Raises:
            CorruptImageError: the header was fine and the picture is not.
            TransientError: no memory, or no time, for a decoder of its own.
        """
        header = self._headers[index]
        width, height = self.page_size(index)
        with _map_decoder_errors(self.format):
            if self.format in isolated_decoder.FORMATS:
                peak = self.decode_peak_bytes(index, min_long_side=min_long_side)
                picture = isolated_decoder.read_picture(
                    self.format, self._content, header.size, peak
                )
            else:
                picture = self._loaded(header, min_long_side)
            pixels = to_pixels(
                picture,
                orientation=header.orientation,
                factor=_factor(picture.size, min_long_side),
            )
        return Page(index, width, height, pixels, self.frames_skipped)

    def _loaded(self, header: _Header, min_long_side: int | None) -> Picture:
        picture = _opened(self.format, self._content, header.place)
        scale = self._draft_scale(header, min_long_side)
        if scale > 1:
            picture.draft(None, (header.size[0] // scale, header.size[1] // scale))
        expected = picture.size
        picture.load()
        if picture.size != expected:
            raise CorruptImageError(f"the {self.format} unpacks to another size than it says")
        # What the decoder handed over was copied into the picture and is not needed twice.
        picture.fp = None
        return picture

    def _draft_scale(self, header: _Header, min_long_side: int | None) -> int:
        """How much smaller the JPEG decoder itself can leave a page, at no cost."""
        if self.format != "JPEG" or min_long_side is None:
            return 1
        shorter, longer = sorted(header.size)
        scales = (s for s in _DRAFT_SCALES if shorter >= s and longer >= s * min_long_side)
        return next(scales, 1)


def open_image(content: bytes, *, max_pixels: int, max_pages: int) -> ImageFile:
    """Reads the headers only.

    Args:
        content: the whole upload; its name and content type do not matter.
        max_pixels: the most a page may have, width x height.
        max_pages: of a multi-page TIFF; further pages are counted and skipped.

    Raises:
        UnsupportedImageError: not in a format read here.
        CorruptImageError: begins like one and cannot be one.
        ImageTooLargeError: a page has more than `max_pixels`.
        TransientError: no memory, or no time, for a decoder of its own.
    """
    name = headers.image_format(content)
    places, frames_skipped, held = [0], 0, 0
    copies = _COPIES.get(name, 0)
    if name == "JPEG":
        held = headers.jpeg_coefficient_bytes(content)
    elif name == "PNG":
        content, frames_skipped = headers.plain_png(content)
    elif name == "GIF":
        frames_skipped = headers.gif_frames(content) - 1
    elif name == "BMP":
        headers.check_bmp(content)
    elif name == "TIFF":
        places = tiff_pages(content)
        copies = len(places) > 1
    pages = []
    for place in places[:max_pages]:
        with _map_decoder_errors(name):
            picture = (
                isolated_decoder.read_header(name, content)
                if name in isolated_decoder.FORMATS
                else _opened(name, content, place)
            )
            _check_pixels(picture, max_pixels)
            taken = held or _held_bytes(name, picture) + copies * len(content)
            stored = _STORED.get(picture.mode, 4)
            pages.append(_Header(place, picture.size, _orientation(picture), stored, taken))
            if isinstance(picture, isolated_decoder.Header | WebPImageFile):
                frames_skipped = picture.n_frames - 1
    return ImageFile(name, len(places) - len(pages), frames_skipped, content, tuple(pages))


def _opened(name: str, content: bytes, place: int) -> Picture:
    stream = tiff_at(content, place) if name == "TIFF" else BytesIO(content)
    return _PICTURES[name](stream)


def _held_bytes(name: str, picture: Picture | isolated_decoder.Header) -> int:
    width, height = picture.size
    if isinstance(picture, TiffImageFile):
        # A strip may be the whole page and a tile more than it; turning makes a second page.
        bits = picture.tag_v2.get(_BITS, (1,))
        across = max(width, picture.tag_v2.get(_TILE_WIDTH, 0))
        down = max(height, picture.tag_v2.get(_TILE_LENGTH, 0))
        return int(across * down * max(4, -(-sum(bits) // 8)))
    held = _HELD.get(name, (0, 0))
    if picture.info.get("bit_depth", 8) > 8 and name == "HEIC":
        held = _HELD_BY_DEEP_HEIC
    own = isolated_decoder.OWN_BYTES if name in isolated_decoder.FORMATS else 0
    return own + width * height * held[picture.mode == "RGBA"]


def _check_pixels(picture: Picture | isolated_decoder.Header, max_pixels: int) -> None:
    width, height = picture.size
    if isinstance(picture, TiffImageFile):
        # A decoder holds a whole tile, and a tile may claim to be larger than its page.
        width = max(width, picture.tag_v2.get(_TILE_WIDTH, 0))
        height = max(height, picture.tag_v2.get(_TILE_LENGTH, 0))
    if max(width, height) > _LONGEST_SIDE:
        raise ImageTooLargeError(
            f"the image is {width} x {height}; {_LONGEST_SIDE} pixels a side are the most"
        )
    if width * height > max_pixels:
        raise ImageTooLargeError(
            f"the image is {width} x {height}, {width * height / 1e6:,.0f} megapixels;"
            f" MAX_IMAGE_PIXELS allows {max_pixels / 1e6:,.0f}"
        )


def _orientation(picture: Picture | isolated_decoder.Header) -> int:
    """EXIF's orientation, 1 to 8; 1 where the decoder turns by itself or EXIF is damaged."""
    stored = picture.info.get("exif")
    if isinstance(picture, TiffImageFile) or not stored or len(stored) > headers.MAX_EXIF_BYTES:
        return 1
    exif = Image.Exif()
    try:
        exif.load(stored)
        orientation = exif.get(Base.Orientation, 1)
    except Exception:  # noqa: BLE001  # Pillow raises anything here, and the picture is fine
        return 1
    return orientation if orientation in range(1, 9) else 1


def _factor(size: Size, min_long_side: int | None) -> int:
    return 1 if min_long_side is None else max(1, max(size) // min_long_side)


@contextmanager
def _map_decoder_errors(name: str) -> Iterator[None]:
    """Turns whatever a decoder raises into an error of ours.

    Raises:
        ImageTooLargeError: Pillow's own guard against bombs spoke first.
        CorruptImageError: everything else but MemoryError.
    """
    try:
        yield
    except (ImageTranslationError, MemoryError):
        raise
    except Image.DecompressionBombError as error:
        raise ImageTooLargeError(f"the {name} unpacks to too many pixels: {error}") from error
    except Exception as error:
        # A few exceptions say nothing.
        why = " ".join(str(error).split())[:_LONGEST_REASON] or type(error).__name__
        raise CorruptImageError(f"the {name} is damaged: {why}") from error
