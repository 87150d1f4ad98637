"""Which images of a TIFF are pages, found before any decoder walks its directories."""

import struct
from collections.abc import Iterator

from pipeline.errors import CorruptImageError

_MAX_DIRECTORIES = 10_000
_MAX_ENTRIES = 200_000
# Every strip of a picture is one value, and a value costs the decoder a hundred bytes.
_MAX_VALUES = 1 << 18
_OPAQUE_TYPES = {1, 2, 6, 7}
_SUBFILE_TYPE = 254
_REDUCED_OR_MASK = 1 | 4


def tiff_pages(content: bytes) -> list[int]:
    """The numbers of the directories that hold pages: thumbnails and masks do not.

    Raises:
        CorruptImageError: the chain of directories leaves the file, or is absurdly large.
    """
    pages = [n for n, kind in enumerate(_subfile_types(content)) if not kind & _REDUCED_OR_MASK]
    return pages or [0]


def _subfile_types(content: bytes) -> Iterator[int]:
    order = "<" if content[:2] == b"II" else ">"
    big = content[2:4] in (b"+\x00", b"\x00+")
    count, offset = ("Q", "Q") if big else ("H", "I")
    entry = struct.Struct(f"{order}HH{offset}{offset}")
    seen: set[int] = set()
    entries = 0
    try:
        (at,) = struct.unpack_from(order + offset, content, 8 if big else 4)
        while at and at not in seen and len(seen) < _MAX_DIRECTORIES:
            seen.add(at)
            (here,) = struct.unpack_from(order + count, content, at)
            entries += here
            if entries > _MAX_ENTRIES:
                raise CorruptImageError(f"the TIFF has more than {_MAX_ENTRIES} tags")
            at += struct.calcsize(order + count)
            end = at + here * entry.size
            yield _subfile_type(content, entry, range(at, end, entry.size))
            (at,) = struct.unpack_from(order + offset, content, end)
    except struct.error as error:
        raise CorruptImageError(
            f"the TIFF is cut short: page {len(seen) or 1} lies outside the file"
        ) from error


def _subfile_type(content: bytes, entry: struct.Struct, places: range) -> int:
    kind = 0
    for at in places:
        tag, value_type, values, value = entry.unpack_from(content, at)
        if values > _MAX_VALUES and value_type not in _OPAQUE_TYPES:
            raise CorruptImageError(f"tag {tag} of the TIFF has {values} values")
        if tag == _SUBFILE_TYPE:
            kind = value
    return kind
