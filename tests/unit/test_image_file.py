"""Image files: formats, orientation, pages, sizes and refusals."""

import zlib
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from PIL import Image, ImageDraw

from pipeline.errors import (
    CorruptImageError,
    ImageTooLargeError,
    PermanentError,
    UnsupportedImageError,
)
from pipeline.images.image_file import ImageFile, open_image
from tests.support.image_encoding import encoded, run_length_bmp, tiff

ORANGE = (230, 120, 20)
# Formats that keep every pixel, and formats that change pixels slightly.
LOSSLESS = {"PNG": {}, "BMP": {}, "TIFF": {}, "WEBP": {"lossless": True}, "GIF": {}}
LOSSY = {
    "JPEG": {"quality": 95, "subsampling": 0},
    "AVIF": {"quality": 95},
    "HEIC": {"quality": 95},
}


def opened(content: bytes, *, max_pixels: int = 10_000_000, max_pages: int = 20) -> ImageFile:
    return open_image(content, max_pixels=max_pixels, max_pages=max_pages)


def orange_corner(size: tuple[int, int] = (96, 64)) -> Image.Image:
    """White with an orange block in the top left quarter: it shows rotation and channel order."""
    image = Image.new("RGB", size, "white")
    ImageDraw.Draw(image).rectangle((0, 0, size[0] // 2 - 1, size[1] // 2 - 1), fill=ORANGE)
    return image


@pytest.mark.parametrize("name", [*LOSSLESS, *LOSSY])
def test_every_format_is_decoded(name: str) -> None:
    """Given the same picture in any format, when decoded, then it is upright BGR of its size."""
    image = opened(encoded(orange_corner(), name, **{**LOSSLESS, **LOSSY}[name]))
    page = image.page(0)
    assert (image.format, image.page_count, image.pages_skipped) == (name, 1, 0)
    assert image.page_size(0) == image.decoded_size(0) == (page.width, page.height) == (96, 64)
    assert page.pixels.shape == (64, 96, 3)
    assert page.pixels.dtype == np.uint8
    assert page.pixels.flags.c_contiguous
    tolerance = 0 if name in LOSSLESS else 12
    assert np.abs(page.pixels[16, 24].astype(int) - ORANGE[::-1]).max() <= tolerance
    assert page.pixels[48, 72].min() >= 255 - tolerance


@pytest.mark.parametrize("name", ["JPEG", "PNG", "WEBP", "TIFF", "AVIF"])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_every_orientation_becomes_upright(name: str, orientation: int) -> None:
    """Given any EXIF orientation, when decoded, then the picture is upright."""
    upright = orange_corner()
    turned_back = {
        2: Image.Transpose.FLIP_LEFT_RIGHT,
        3: Image.Transpose.ROTATE_180,
        4: Image.Transpose.FLIP_TOP_BOTTOM,
        5: Image.Transpose.TRANSPOSE,
        6: Image.Transpose.ROTATE_90,
        7: Image.Transpose.TRANSVERSE,
        8: Image.Transpose.ROTATE_270,
    }
    stored = upright.transpose(turned_back[orientation]) if orientation > 1 else upright
    exif = Image.Exif()
    exif[0x0112] = orientation
    image = opened(encoded(stored, name, exif=exif))
    page = image.page(0)
    assert image.page_size(0) == image.decoded_size(0) == (page.width, page.height) == (96, 64)
    assert np.abs(page.pixels.astype(int) - np.asarray(upright)[:, :, ::-1]).mean() < 8


def ramp_of_16_bits() -> Image.Image:
    levels = np.linspace(0, 65535, 256).astype(np.uint16)
    return Image.fromarray(np.tile(levels, (8, 1)))


def ramp(mode: str) -> Image.Image:
    grey = Image.fromarray(np.tile(np.arange(256, dtype=np.uint8), (8, 1)))
    if mode == "I;16":
        return ramp_of_16_bits()
    if mode == "F":
        return Image.fromarray(np.asarray(grey, dtype=np.float32) / 255)
    if mode == "LAB":
        flat = np.full((8, 256), 128, dtype=np.uint8)
        return Image.merge("LAB", [grey, *(Image.fromarray(flat) for _ in "ab")])
    return grey.convert(mode)


@pytest.mark.parametrize(
    ("mode", "name", "tolerance"),
    [
        ("L", "PNG", 0),
        ("P", "PNG", 0),
        ("LA", "PNG", 0),
        ("RGBA", "PNG", 0),
        ("I;16", "PNG", 1),
        ("I;16", "TIFF", 1),
        ("F", "TIFF", 1),
        ("LAB", "TIFF", 45),  # lightness is not a linear scale; black and white are exact
        ("CMYK", "TIFF", 1),
        ("CMYK", "JPEG", 6),
    ],
)
def test_every_colour_mode_keeps_black_and_white(mode: str, name: str, tolerance: int) -> None:
    """Given a grey ramp in any colour mode, when decoded, then it goes from black to white."""
    pixels = opened(encoded(ramp(mode), name)).page(0).pixels
    expected = np.arange(256)[None, :, None]
    assert np.abs(pixels.astype(int) - expected).max() <= tolerance
    assert pixels[:, 0].max() <= 6
    assert pixels[:, 255].min() >= 249


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("top", [1.0, 200.0, 70_000.0, 3e38])
def test_floats_of_any_scale_are_decoded(top: float) -> None:
    """Given floats up to 1 or more, when decoded, then the greatest is near white."""
    grey = np.linspace(0, top, 256, dtype=np.float32)[None, :]
    pixels = opened(encoded(Image.fromarray(grey), "TIFF")).page(0).pixels
    assert pixels[0, 0].max() == 0
    assert pixels[0, -1].min() >= 128


def test_a_one_bit_page_is_black_and_white() -> None:
    """Given a one-bit page of a fax, when decoded, then it is black and white."""
    image = orange_corner().convert("L").point([255 * (v > 200) for v in range(256)]).convert("1")
    pixels = opened(encoded(image, "TIFF", compression="group4")).page(0).pixels
    assert (pixels[16, 24] == 0).all()
    assert (pixels[48, 72] == 255).all()


@pytest.mark.parametrize("ink", [0, 255])
@pytest.mark.parametrize("mode", ["RGBA", "LA"])
def test_transparent_text_contrasts(ink: int, mode: str) -> None:
    """Given black or white text on transparency, when decoded, then it contrasts."""
    image = Image.new("LA", (200, 60), (ink, 0))
    ImageDraw.Draw(image).text((10, 10), "EXIT", fill=(ink, 255), font_size=40)
    pixels = opened(encoded(image.convert(mode), "PNG")).page(0).pixels
    assert (pixels[0, 0] == 255 - ink).all()
    assert (pixels == ink).any()


def test_a_mostly_opaque_picture_keeps_its_colours() -> None:
    """Given an opaque picture with soft edges, when decoded, then its inside does not change."""
    image = orange_corner().convert("RGBA")
    soft = Image.new("L", image.size, 255)
    ImageDraw.Draw(soft).rectangle((0, 0, 95, 63), outline=90)
    image.putalpha(soft)
    pixels = opened(encoded(image, "PNG")).page(0).pixels
    assert (pixels[1:-1, 1:-1] == np.asarray(orange_corner())[1:-1, 1:-1, ::-1]).all()


@pytest.mark.parametrize("name", ["JPEG", "PNG"])
@pytest.mark.parametrize("min_long_side", [16, 40, 100, 250, 1000, 5000])
@pytest.mark.parametrize("orientation", [1, 6])
def test_a_reduced_picture_keeps_the_minimum_side(
    name: str, min_long_side: int, orientation: int
) -> None:
    """Given min_long_side=N, when decoded, then the longer side has at least N
    pixels, as announced.
    """
    exif = Image.Exif()
    exif[0x0112] = orientation
    image = opened(encoded(orange_corner((1003, 701)), name, exif=exif))
    page = image.page(0, min_long_side=min_long_side)
    height, width, _ = page.pixels.shape
    assert (width, height) == image.decoded_size(0, min_long_side=min_long_side)
    assert max(width, height) >= min(min_long_side, 1003)
    assert max(width, height) < max(2 * min_long_side, 1004 if min_long_side > 500 else 130)
    assert {page.width, page.height} == {1003, 701}
    assert abs(width / height - page.width / page.height) < 0.06


def test_pages_above_the_limit_are_skipped() -> None:
    """Given five pages and a limit of three, when read, then two are counted as skipped."""
    first, *others = [Image.new("L", (40 + n, 30), 50 * n) for n in range(5)]
    content = encoded(first, "TIFF", save_all=True, append_images=others)
    image = opened(content, max_pages=3)
    assert (image.page_count, image.pages_skipped) == (3, 2)
    assert [image.page_size(n) for n in range(3)] == [(40, 30), (41, 30), (42, 30)]
    assert [int(image.page(n).pixels.mean()) for n in range(3)] == [0, 50, 100]


@pytest.mark.parametrize("name", ["GIF", "WEBP", "PNG", "AVIF"])
def test_only_the_first_frame_is_read(name: str) -> None:
    """Given an animation, when decoded, then the first frame is read and the others are counted."""
    frames = [orange_corner(), Image.new("RGB", (96, 64)), Image.new("RGB", (96, 64), "red")]
    image = opened(encoded(frames[0], name, save_all=True, append_images=frames[1:]))
    assert image.page_count == 1
    page = image.page(0)
    assert page.frames_skipped == 2
    assert page.pixels[48, 72].min() > 240


def test_the_pixel_limit_applies_to_the_header() -> None:
    """Given a header of 60000 x 60000 and no pixels, when opened, then the image is too large."""
    content = bytearray(encoded(orange_corner(), "PNG"))
    content[16:24] = (60000).to_bytes(4, "big") * 2
    content[29:33] = zlib.crc32(content[12:29]).to_bytes(4, "big")
    with pytest.raises(ImageTooLargeError, match=r"60000 x 60000.*MAX_IMAGE_PIXELS"):
        opened(bytes(content), max_pixels=100_000_000)


def test_a_side_has_a_limit() -> None:
    """Given a row of more than a million pixels, when opened, then the image is too large."""
    with pytest.raises(ImageTooLargeError, match="1000000 pixels a side"):
        opened(encoded(Image.new("1", (1_000_001, 1)), "PNG"))


def test_the_pixel_limit_applies_to_every_page() -> None:
    """Given a small page and then a large one, when opened, then the image is too large."""
    large = [Image.new("1", (4000, 3000))]
    content = encoded(Image.new("1", (10, 10)), "TIFF", save_all=True, append_images=large)
    with pytest.raises(ImageTooLargeError):
        opened(content)


def test_pillows_own_limit_does_not_apply(monkeypatch: pytest.MonkeyPatch) -> None:
    """Given a low limit in Pillow, when an image within our limit is decoded, then it is read."""
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 100)
    assert opened(encoded(orange_corner(), "PNG")).page(0).pixels.shape == (64, 96, 3)


@pytest.mark.parametrize("name", [*LOSSLESS, *LOSSY])
@pytest.mark.parametrize("share", [0.02, 0.5, 0.9])
def test_a_truncated_picture_is_damaged(name: str, share: float) -> None:
    """Given a truncated picture, when read, then it is damaged and no other error is raised."""
    noise = Image.effect_noise((300, 200), 80).convert("RGB")
    content = encoded(noise, name, **{**LOSSLESS, **LOSSY}[name])
    with pytest.raises((CorruptImageError, UnsupportedImageError)):
        opened(content[: int(len(content) * share)]).page(0)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "empty"),
        (b"PK\x03\x04rest", "ZIP"),
        (b"\n<svg xmlns='http://www.w3.org/2000/svg'/>", "SVG"),
        (b"<!DOCTYPE html><html>", "web page"),
        (b"hello", "68 65 6c 6c 6f"),
        (b"\x00\x00\x00\x18ftypmp42\x00\x00\x00\x00mp42isom", "video"),
    ],
)
def test_another_file_is_unsupported(content: bytes, message: str) -> None:
    """Given a file that is not an image, when opened, then the error names its type."""
    with pytest.raises(UnsupportedImageError, match=message):
        opened(content)


def test_image_errors_are_permanent() -> None:
    """Given any refusal of an image, when it is raised, then it is a permanent error."""
    for error in (CorruptImageError, ImageTooLargeError, UnsupportedImageError):
        assert issubclass(error, PermanentError)


def test_thumbnails_are_not_pages() -> None:
    """Given thumbnails before the pages of a TIFF, when read, then only the pages are returned."""

    def directory(number: int, *, thumbnail: bool) -> list[tuple[int, int, int, int]]:
        size = [(256, 3, 1, 1), (257, 3, 1, 1), (258, 3, 1, 8), (259, 3, 1, 1), (262, 3, 1, 1)]
        return [(254, 4, 1, int(thumbnail)), *size, (273, 4, 1, 8 + number), (279, 4, 1, 1)]

    directories = [directory(n, thumbnail=n in (0, 2)) for n in range(4)]
    image = opened(tiff(*directories, data=bytes((10, 20, 30, 40))))
    assert [image.page(n).pixels.max() for n in range(image.page_count)] == [20, 40]


def test_a_large_run_length_bmp_is_refused() -> None:
    """Given a run-length BMP that Python would decode for a minute, when opened, then
    it is refused.
    """
    assert opened(run_length_bmp(300, 200)).page(0).pixels.shape == (200, 300, 3)
    with pytest.raises(UnsupportedImageError, match="PNG"):
        opened(run_length_bmp(3000, 2000))


@pytest.mark.parametrize("name", [*LOSSLESS, *LOSSY])
def test_pages_decode_in_parallel(name: str) -> None:
    """Given eight threads, when each decodes, then all get the same pixels as one alone."""
    noise = [Image.effect_noise((300, 200), 80).convert("RGB") for _ in range(4)]
    images = [opened(encoded(picture, name, **{**LOSSLESS, **LOSSY}[name])) for picture in noise]
    alone = [image.page(0).pixels for image in images]
    with ThreadPoolExecutor(8) as threads:
        together = list(threads.map(lambda n: images[n % 4].page(0).pixels, range(32)))
    assert all((pixels == alone[n % 4]).all() for n, pixels in enumerate(together))
