"""The pages of a Parquet column, walked before they are decoded: sizes, counts, checksums must agree."""

from __future__ import annotations

import zlib
from typing import BinaryIO

from leadlight.connect.files.footer import Chunk
from leadlight.connect.files.limits import MAX_PAGE_BYTES
from leadlight.connect.files.thrift import Cursor, Struct, damaged
from leadlight.errors import FileError

_HEADER_SIZES = (512, 1 << 16, 1 << 20)
_DATA, _DICTIONARY, _DATA_2 = 0, 2, 3
_DETAILS = {_DATA: (5, (2, 3, 4)), _DICTIONARY: (7, (2,)), _DATA_2: (8, (4,))}
"""For each kind of page: the field of its header with the details, and the encodings among these."""

_ENCODINGS = frozenset({0, 2, 3, 4, 5, 6, 7, 8, 9})


def check_pages(handle: BinaryIO, chunk: Chunk, where: str) -> None:
    """Refuse a column whose pages do not fit what its footer says."""
    column = f"column {chunk.column!r}"
    place, end, values = chunk.start, chunk.start + chunk.size, 0
    while place < end and values < max(chunk.values, 1):
        header, begin = _header(handle, place, where)
        size = _size(header, end - begin)
        if size < 0:
            raise damaged(where, f"a page of {column} contradicts itself")
        checksum = header.get(4)
        if isinstance(checksum, int) and _checksum(handle, begin, size) != checksum & 0xFFFFFFFF:
            raise damaged(where, f"a page of {column} does not match its checksum")
        values += _values(header)
        place = begin + size
    if values != chunk.values:
        raise damaged(where, f"{column} holds {values:,} values and not {chunk.values:,}")


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


def _size(header: Struct, room: int) -> int:
    """The bytes that a page takes, or -1 where its header makes no sense."""
    kind, unpacked, packed = (_natural(header.get(field)) for field in (1, 2, 3))
    if min(kind, unpacked, packed) < 0 or packed > room or unpacked > MAX_PAGE_BYTES:
        return -1
    if kind not in _DETAILS:
        return packed
    field, encodings = _DETAILS[kind]
    details = header.get(field)
    if not isinstance(details, dict) or not {_natural(details.get(each)) for each in encodings} <= _ENCODINGS:
        return -1
    levels = _natural(details.get(5, 0)) + _natural(details.get(6, 0)) if kind == _DATA_2 else 0
    return packed if 0 <= levels <= min(packed, unpacked) else -1


def _values(header: Struct) -> int:
    kind = header[1]
    return max(_natural(header[_DETAILS[kind][0]].get(1)), 0) if kind in (_DATA, _DATA_2) else 0


def _natural(value: object) -> int:
    return value if isinstance(value, int) and value >= 0 else -1


def _checksum(handle: BinaryIO, begin: int, size: int) -> int:
    handle.seek(begin)
    return zlib.crc32(handle.read(size))
