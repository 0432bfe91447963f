"""The compact encoding of Parquet's footer and page headers, read as plain numbers, bytes, lists and structs.

A struct becomes a dictionary from field numbers to values. Lengths are held against the bytes that are
there, and depth is capped.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import Any

from leadlight.connect.files.limits import MAX_FOOTER_VALUES
from leadlight.errors import FileError

Struct = dict[int, Any]

_MAX_DEPTH = 12
_TRUE, _FALSE, _BYTE, _DOUBLE, _BINARY, _LIST, _SET, _MAP, _STRUCT, _UUID = 1, 2, 3, 7, 8, 9, 10, 11, 12, 13
_INTEGERS = (4, 5, 6)


def damaged(where: str, what: str) -> FileError:
    """The refusal of a Parquet file that contradicts itself."""
    return FileError(
        f"The Parquet file is damaged: {what}.",
        code="damaged_parquet",
        where=where,
        hint="Write or download the file again.",
    )


class Cursor:
    """A place in some bytes, moved on as values are read."""

    def __init__(self, data: bytes, where: str, place: int = 0) -> None:
        self._values = 0
        self.data = data
        self.place = place
        self._where = where

    def struct(self, depth: int = 0) -> Struct:
        return dict(self.fields(depth))

    def fields(self, depth: int = 0) -> Iterator[tuple[int, Any]]:
        """The fields of a struct one by one, so that one can stop early."""
        number = 0
        while head := self._byte():
            step, kind = head >> 4, head & 15
            number = number + step if step else self._integer()
            yield number, kind == _TRUE if kind in (_TRUE, _FALSE) else self._value(kind, depth + 1)

    def _value(self, kind: int, depth: int) -> Any:
        self._values += 1
        if depth > _MAX_DEPTH or self._values > MAX_FOOTER_VALUES:
            raise self._damaged()
        if kind in _INTEGERS:
            return self._integer()
        if kind == _BINARY:
            return self._take(self._natural())
        if kind == _STRUCT:
            return self.struct(depth)
        if kind in (_LIST, _SET):
            return self._list(depth)
        if kind == _MAP:
            return self._map(depth)
        sizes = {_BYTE: 1, _TRUE: 1, _FALSE: 1, _DOUBLE: 8, _UUID: 16}
        if kind not in sizes:
            raise self._damaged()
        data = self._take(sizes[kind])
        return struct.unpack("<d", data)[0] if kind == _DOUBLE else data

    def _list(self, depth: int) -> list[Any]:
        head = self._byte()
        size, kind = head >> 4, head & 15
        size = self._natural() if size == 15 else size
        self._check(size)
        return [self._value(kind, depth + 1) for _ in range(size)]

    def _map(self, depth: int) -> list[tuple[Any, Any]]:
        size = self._natural()
        self._check(size)
        kinds = self._byte() if size else 0
        return [(self._value(kinds >> 4, depth + 1), self._value(kinds & 15, depth + 1)) for _ in range(size)]

    def _byte(self) -> int:
        if self.place >= len(self.data):
            raise self._damaged()
        self.place += 1
        return self.data[self.place - 1]

    def _natural(self) -> int:
        """An unsigned number in groups of seven bits."""
        data, place, result, shift = self.data, self.place, 0, 0
        try:
            while (byte := data[place]) > 127:
                result |= (byte & 127) << shift
                shift += 7
                place += 1
        except IndexError:
            raise self._damaged() from None
        if shift > 63:
            raise self._damaged()
        self.place = place + 1
        return result | byte << shift

    def _integer(self) -> int:
        number = self._natural()
        return number >> 1 ^ -(number & 1)

    def _take(self, size: int) -> bytes:
        self._check(size)
        self.place += size
        return self.data[self.place - size : self.place]

    def _check(self, size: int) -> None:
        if size > len(self.data) - self.place:
            raise self._damaged()

    def _damaged(self) -> FileError:
        return damaged(self._where, "its description of itself breaks off")
