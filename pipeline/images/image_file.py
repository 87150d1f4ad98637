"""Image files: checks format and limits from the header, then decodes single pages.

An ImageFile holds the upload's bytes but no open file and no decoded page, so that several
threads may read it.
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
from pipeline.images.decode_memory import (
    UPLOAD_COPIES,
    decoder_bytes,
    pillow_bytes_per_pixel,
    size_with_tile,
)
from pipeline.images.pixels import reduced_size, strip_bytes, swaps_sides, to_pixels
from pipeline.images.tiff import tiff_at, tiff_pages
from pipeline.models import OutcomeWarning, Page

# Image.open would apply Pillow's own pixel limit and try more formats, so the classes are
# used. `isolated_decoder` reads AVIF and HEIC.
_PICTURE_CLASSES: dict[str, type[Picture]] = {
    "BMP": BmpImageFile,
    "GIF": GifImageFile,
    "JPEG": JpegImageFile,
    "PNG": PngImageFile,
    "TIFF": TiffImageFile,
    "WEBP": WebPImageFile,
}
_DRAFT_SCALES = (8, 4, 2)
_FIXED_BYTES = 2 << 20
# Long strips are read in many windows, so MAX_IMAGE_PIXELS alone does not bound their time.
MAX_SIDE_PIXELS = 1_000_000
_MAX_REASON_CHARACTERS = 200

Size = tuple[int, int]


@dataclass(frozen=True, slots=True)
class _PageHeader:
    """Where a page is and how it is stored; `size` is width x height before turning upright.

    `offset` is the place of the page's directory in a TIFF, 0 in other formats. Decoding takes
    `bytes_per_pixel` in Pillow's memory and `decoder_bytes` in all beside it.
    """

    offset: int
    size: Size
    orientation: int
    bytes_per_pixel: int
    decoder_bytes: int

    def upright(self, size: Size) -> Size:
        return size[::-1] if swaps_sides(self.orientation) else size


@dataclass(frozen=True, slots=True)
class ImageFile:
    """An upload whose headers are within the limits; `page` decodes.

    `format` is JPEG, PNG, WEBP, GIF, BMP, TIFF, HEIC or AVIF. `pages_skipped` counts a
    TIFF's pages beyond the limit, `frames_skipped` an animation's frames after the first.
    """

    format: str
    pages_skipped: int
    frames_skipped: int
    _content: bytes = field(repr=False)
    _headers: tuple[_PageHeader, ...] = field(repr=False)

    @property
    def warnings(self) -> tuple[OutcomeWarning, ...]:
        """None: an image has no content that it does not show."""
        return ()

    @property
    def page_count(self) -> int:
        """Number of pages to read: at least 1, at most the limit."""
        return len(self._headers)

    def page_size(self, index: int) -> Size:
        """Width and height in pixels of the upright page."""
        header = self._headers[index]
        return header.upright(header.size)

    def decoded_size(self, index: int, *, min_long_side: int | None = None) -> Size:
        """Width and height of the pixels that `page` returns for the same arguments."""
        header = self._headers[index]
        drafted = reduced_size(header.size, self._draft_scale(header, min_long_side))
        return header.upright(reduced_size(drafted, _factor(drafted, min_long_side)))

    def decode_peak_bytes(self, index: int, *, min_long_side: int | None = None) -> int:
        """An upper bound of the peak memory of `page` for the same arguments.

        Counts the result, but not the upload itself. Pillow's pixels are in memory all the
        time: first beside the decoder's memory, then beside the result and one strip.
        """
        header = self._headers[index]
        drafted = reduced_size(header.size, self._draft_scale(header, min_long_side))
        width, height = self.decoded_size(index, min_long_side=min_long_side)
        result = 3 * width * height + strip_bytes(drafted, _factor(drafted, min_long_side))
        pillow = header.bytes_per_pixel * drafted[0] * drafted[1]
        return _FIXED_BYTES + pillow + max(header.decoder_bytes, result)

    def page(self, index: int, *, min_long_side: int | None = None) -> Page:
        """Decodes one page; callers should hold only one at a time.

        Args:
            index: from 0 to `page_count` - 1.
            min_long_side: the result may be shrunk, but its longer side keeps at least this
                many pixels; None: not shrunk.

        Raises:
            CorruptImageError: the picture after the header is damaged.
            TransientError: the decoder process lacked memory or time.
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

    def close(self) -> None:
        """Does nothing: no file is open."""

    def _loaded(self, header: _PageHeader, min_long_side: int | None) -> Picture:
        picture = _opened(self.format, self._content, header.offset)
        scale = self._draft_scale(header, min_long_side)
        if scale > 1:
            picture.draft(None, (header.size[0] // scale, header.size[1] // scale))
        expected = picture.size
        picture.load()
        if picture.size != expected:
            raise CorruptImageError(
                f"the {self.format} decodes to another size than its header says"
            )
        # The pixels were copied into the picture; this frees the decoder's buffers.
        picture.fp = None
        return picture

    def _draft_scale(self, header: _PageHeader, min_long_side: int | None) -> int:
        """The factor by which the JPEG decoder itself can shrink a page, at no cost."""
        if self.format != "JPEG" or min_long_side is None:
            return 1
        shorter, longer = sorted(header.size)
        scales = (s for s in _DRAFT_SCALES if shorter >= s and longer >= s * min_long_side)
        return next(scales, 1)


def open_image(content: bytes, *, max_pixels: int, max_pages: int) -> ImageFile:
    """Reads the headers only; `page_file.open_file` opens PDFs too.

    Args:
        content: the whole upload; its name and content type do not matter.
        max_pixels: limit of each page's width x height.
        max_pages: limit for a TIFF; further pages are counted and skipped.

    Raises:
        UnsupportedImageError: the format is not supported.
        CorruptImageError: the headers are damaged.
        ImageTooLargeError: a page has more than `max_pixels`, or a side over a million pixels.
        TransientError: the decoder process lacked memory or time.
    """
    name = headers.image_format(content)
    offsets, frames_skipped, coefficient_bytes = [0], 0, 0
    upload_copies = UPLOAD_COPIES.get(name, 0)
    if name == "JPEG":
        coefficient_bytes = headers.jpeg_coefficient_bytes(content)
    elif name == "PNG":
        content, frames_skipped = headers.plain_png(content)
    elif name == "GIF":
        frames_skipped = headers.gif_frames(content) - 1
    elif name == "BMP":
        headers.check_bmp(content)
    elif name == "TIFF":
        offsets = tiff_pages(content)
        if len(offsets) > 1:
            upload_copies = 1
    pages = []
    for offset in offsets[:max_pages]:
        with _map_decoder_errors(name):
            picture = (
                isolated_decoder.read_header(name, content)
                if name in isolated_decoder.FORMATS
                else _opened(name, content, offset)
            )
            _check_pixels(picture, max_pixels)
            page = _PageHeader(
                offset,
                picture.size,
                _orientation(picture),
                pillow_bytes_per_pixel(picture.mode),
                coefficient_bytes + decoder_bytes(name, picture) + upload_copies * len(content),
            )
            pages.append(page)
            if isinstance(picture, isolated_decoder.Header | WebPImageFile):
                frames_skipped = picture.n_frames - 1
    return ImageFile(name, len(offsets) - len(pages), frames_skipped, content, tuple(pages))


def _opened(name: str, content: bytes, offset: int) -> Picture:
    stream = tiff_at(content, offset) if name == "TIFF" else BytesIO(content)
    return _PICTURE_CLASSES[name](stream)


def _check_pixels(picture: Picture | isolated_decoder.Header, max_pixels: int) -> None:
    width, height = size_with_tile(picture)
    if max(width, height) > MAX_SIDE_PIXELS:
        raise ImageTooLargeError(
            f"the image is {width} x {height}; the limit is {MAX_SIDE_PIXELS} pixels a side"
        )
    if width * height > max_pixels:
        raise ImageTooLargeError(
            f"the image is {width} x {height}, {width * height / 1e6:,.0f} megapixels;"
            f" MAX_IMAGE_PIXELS allows {max_pixels / 1e6:,.0f}"
        )


def _orientation(picture: Picture | isolated_decoder.Header) -> int:
    """EXIF's orientation, 1 to 8; 1 if the decoder applies it itself or EXIF is damaged."""
    raw = picture.info.get("exif")
    if isinstance(picture, TiffImageFile) or not raw or len(raw) > headers.MAX_EXIF_BYTES:
        return 1
    exif = Image.Exif()
    try:
        exif.load(raw)
        orientation = exif.get(Base.Orientation, 1)
    except Exception:  # noqa: BLE001  # Pillow may raise anything; the picture itself is fine
        return 1
    return orientation if orientation in range(1, 9) else 1


def _factor(size: Size, min_long_side: int | None) -> int:
    return 1 if min_long_side is None else max(1, max(size) // min_long_side)


@contextmanager
def _map_decoder_errors(name: str) -> Iterator[None]:
    """Turns the exceptions of decoders into declared errors; MemoryError passes.

    Raises:
        ImageTooLargeError: Pillow's own limit against decompression bombs was exceeded.
        CorruptImageError: any other exception of a decoder.
    """
    try:
        yield
    except (ImageTranslationError, MemoryError):
        raise
    except Image.DecompressionBombError as error:
        raise ImageTooLargeError(f"the {name} decodes to too many pixels: {error}") from error
    except Exception as error:
        # Some exceptions have no message.
        why = " ".join(str(error).split())[:_MAX_REASON_CHARACTERS] or type(error).__name__
        raise CorruptImageError(f"the {name} is damaged: {why}") from error
