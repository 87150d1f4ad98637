"""Memory of decoding: an upper bound of the bytes that each format's decoder takes."""

from PIL.ImageFile import ImageFile as Picture
from PIL.TiffImagePlugin import TiffImageFile

from pipeline.images import isolated_decoder

_BITS_TAG, _TILE_WIDTH_TAG, _TILE_LENGTH_TAG = 258, 322, 323

_BYTES_PER_PIXEL_IN_PILLOW = {
    "1": 1, "L": 1, "P": 1, "I;16": 2, "I;16B": 2, "I;16L": 2, "I;16N": 2,
}  # fmt: skip
_BYTES_PER_PIXEL_IN_OTHER_MODES = 4
# The memory of a decoder beside Pillow's own, in bytes a pixel, without and with alpha:
# planes, their RGB and its copy. Measured with Pillow 13.0 and pillow-heif 1.8 on the widest
# planes of each format (4:4:4, twelve bits for AVIF, eight for HEIC), rounded up.
_BYTES_PER_PIXEL_IN_DECODER = {
    "AVIF": (11, 14),
    "BMP": (2, 2),
    "HEIC": (7, 10),
    "WEBP": (13, 14),
}
_BYTES_PER_PIXEL_IN_DEEP_HEIC_DECODER = (13, 18)
UPLOAD_COPIES = {"AVIF": 1, "HEIC": 2, "WEBP": 2}
"""How many copies of the upload a decoder holds; formats that are not listed hold none."""


def pillow_bytes_per_pixel(mode: str) -> int:
    """Bytes that Pillow keeps for a pixel of a picture in this mode."""
    return _BYTES_PER_PIXEL_IN_PILLOW.get(mode, _BYTES_PER_PIXEL_IN_OTHER_MODES)


def size_with_tile(picture: Picture | isolated_decoder.Header) -> tuple[int, int]:
    """Width and height of the picture, or of a TIFF's tile where that is larger.

    A decoder holds a whole tile, and a tile may be larger than its page.
    """
    width, height = picture.size
    if isinstance(picture, TiffImageFile):
        width = max(width, picture.tag_v2.get(_TILE_WIDTH_TAG, 0))
        height = max(height, picture.tag_v2.get(_TILE_LENGTH_TAG, 0))
    return width, height


def decoder_bytes(name: str, picture: Picture | isolated_decoder.Header) -> int:
    """Bytes that the decoder of format `name` takes beside Pillow's pixels and upload copies.

    The coefficients of a JPEG are counted by `headers.jpeg_coefficient_bytes`.
    """
    width, height = size_with_tile(picture)
    if isinstance(picture, TiffImageFile):
        # A strip may be as large as the page; turning the page upright needs another page.
        bits = picture.tag_v2.get(_BITS_TAG, (1,))
        return int(width * height * max(4, -(-sum(bits) // 8)))
    opaque, with_alpha = _BYTES_PER_PIXEL_IN_DECODER.get(name, (0, 0))
    if name == "HEIC" and picture.info.get("bit_depth", 8) > 8:
        opaque, with_alpha = _BYTES_PER_PIXEL_IN_DEEP_HEIC_DECODER
    process_bytes = isolated_decoder.PROCESS_BYTES if name in isolated_decoder.FORMATS else 0
    return process_bytes + width * height * (with_alpha if picture.mode == "RGBA" else opaque)
