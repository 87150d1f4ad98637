"""Pages of a TIFF: walks its directories in bounded time, before a decoder does."""

import struct
from collections.abc import Iterator
from io import BytesIO

from pipeline.errors import CorruptImageError

_MAX_DIRECTORIES = 10_000
_MAX_ENTRIES = 200_000
# Each strip of a picture is one value, and each value costs the decoder a hundred bytes.
_MAX_VALUES = 1 << 18
_OPAQUE_TYPES = {1, 2, 6, 7}
# A fraction costs the decoder a thousand bytes, and real tags have only a few.
_MAX_FRACTIONS = 1 << 12
_FRACTION_TYPES = {5, 10}
_SUBFILE_TYPE = 254
_REDUCED_OR_MASK = 1 | 4


def tiff_pages(content: bytes) -> list[int]:
    """The byte offset of each page's directory; thumbnails and masks are left out.

    Raises:
        CorruptImageError: a directory lies outside the file, or there are too many tags.
    """
    directories = list(_directories(content))
    pages = [at for at, kind in directories if not kind & _REDUCED_OR_MASK]
    if not directories:
        raise CorruptImageError("the TIFF holds no page")
    return pages or [directories[0][0]]


def tiff_at(content: bytes, page: int) -> BytesIO:
    """The TIFF with the directory at offset `page` as its first, so decoders need not walk.

    Copies the content only if another directory is first.
    """
    stream = BytesIO(content)
    at, form = _first_offset(content)
    if struct.unpack_from(form, content, at) != (page,):
        stream.seek(at)
        stream.write(struct.pack(form, page))
        stream.seek(0)
    return stream


def _is_big(content: bytes) -> bool:
    return content[2:4] in (b"+\x00", b"\x00+")


def _order(content: bytes) -> str:
    return "<" if content[:2] == b"II" else ">"


def _first_offset(content: bytes) -> tuple[int, str]:
    return (8, _order(content) + "Q") if _is_big(content) else (4, _order(content) + "I")


def _directories(content: bytes) -> Iterator[tuple[int, int]]:
    order = _order(content)
    count, offset = ("Q", "Q") if _is_big(content) else ("H", "I")
    entry = struct.Struct(f"{order}HH{offset}{offset}")
    seen: set[int] = set()
    entries = 0
    try:
        (start,) = struct.unpack_from(order + offset, content, _first_offset(content)[0])
        while start and start not in seen and len(seen) < _MAX_DIRECTORIES:
            seen.add(start)
            (entry_count,) = struct.unpack_from(order + count, content, start)
            entries += entry_count
            if entries > _MAX_ENTRIES:
                raise CorruptImageError(f"the TIFF has more than {_MAX_ENTRIES} tags")
            at = start + struct.calcsize(order + count)
            end = at + entry_count * entry.size
            yield start, _subfile_type(content, entry, range(at, end, entry.size))
            (start,) = struct.unpack_from(order + offset, content, end)
    except (struct.error, OverflowError) as error:
        raise CorruptImageError(
            f"the TIFF is cut short: page {len(seen) or 1} lies outside the file"
        ) from error


def _subfile_type(content: bytes, entry: struct.Struct, places: range) -> int:
    kind = 0
    for at in places:
        tag, value_type, values, value = entry.unpack_from(content, at)
        limit = _MAX_FRACTIONS if value_type in _FRACTION_TYPES else _MAX_VALUES
        if values > limit and value_type not in _OPAQUE_TYPES:
            raise CorruptImageError(f"tag {tag} of the TIFF has {values} values")
        if tag == _SUBFILE_TYPE:
            kind = value
    return kind
