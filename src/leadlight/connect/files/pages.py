"""The pages of a Parquet column, walked before they are decoded: sizes, counts, checksums must agree."""

from __future__ import annotations

import zlib
from typing import BinaryIO, TypeGuard

from leadlight.connect.files.footer import Chunk
from leadlight.connect.files.limits import MAX_PAGE_BYTES
from leadlight.connect.files.thrift import Cursor, Struct, damaged
from leadlight.errors import FileError

_HEADER_SIZES = (512, 1 << 16, 1 << 20)
_VALUES = {0: 5, 3: 8}
"""The kinds of page that hold rows, and the field of the header that counts them."""


def check_pages(handle: BinaryIO, chunk: Chunk, where: str) -> None:
    """Refuse a column whose pages do not fit what its footer says."""
    place, end, values = chunk.start, chunk.start + chunk.size, 0
    while place < end and values < max(chunk.values, 1):
        header, begin = _header(handle, place, where)
        packed, unpacked = header.get(3), header.get(2)
        if not _is_size(unpacked) or not _is_size(packed) or begin + packed > end:
            raise damaged(where, f"a page of column {chunk.column!r} has an impossible size")
        if header.get(4) is not None and _checksum(handle, begin, packed) != header[4] & 0xFFFFFFFF:
            raise damaged(where, f"a page of column {chunk.column!r} does not match its checksum")
        values += _values(header)
        place = begin + packed
    if values != chunk.values:
        raise damaged(where, f"column {chunk.column!r} holds {values:,} values and not {chunk.values:,}")


def _header(handle: BinaryIO, place: int, where: str) -> tuple[Struct, int]:
    """The header of the page at this place, and where its data begin."""
    for size in _HEADER_SIZES:
        handle.seek(place)
        data = handle.read(size)
        cursor = Cursor(data, where)
        try:
            return cursor.struct(), place + cursor.place
        except FileError:
            if len(data) < size or size == _HEADER_SIZES[-1]:
                raise
    raise damaged(where, "a page has no header")


def _is_size(value: object) -> TypeGuard[int]:
    return isinstance(value, int) and 0 <= value <= MAX_PAGE_BYTES


def _values(header: Struct) -> int:
    counts = header.get(_VALUES.get(header.get(1, -1), -1))
    values = counts.get(1) if isinstance(counts, dict) else 0
    return values if isinstance(values, int) and values >= 0 else 0


def _checksum(handle: BinaryIO, begin: int, size: int) -> int:
    handle.seek(begin)
    return zlib.crc32(handle.read(size))
