"""What a Parquet file says of itself in its footer, held against its size before anything is decoded."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

from leadlight.connect.files.limits import GB, MAX_COLUMNS, MAX_FOOTER_BYTES, MAX_RATIO
from leadlight.connect.files.thrift import Cursor, Struct, damaged
from leadlight.errors import FileError

_MAGIC = b"PAR1"
_BYTES = 6
_TEXT_WIDTH, _NUMBER_WIDTH = 16, 8


@dataclass(frozen=True)
class Chunk:
    """The pages of one column in one row group."""

    column: str
    flat: bool
    start: int
    size: int
    values: int
    decoded: int


@dataclass(frozen=True)
class RowGroup:
    """A row group: where it begins, how many rows it has, and the chunks of each column."""

    first: int
    rows: int
    chunks: Mapping[str, tuple[Chunk, ...]]


@dataclass(frozen=True)
class Footer:
    """The row groups of a file."""

    rows: int
    size: int
    may_decode_to: int
    groups: tuple[RowGroup, ...]


def footer_of(path: Path, where: str, limit: int) -> Footer:
    """Read the footer; refuse one that lies about places and counts, and a file that is a bomb."""
    with open(path, "rb") as handle:
        size = path.stat().st_size
        data, start = _footer_bytes(handle, size, where)
    meta = _fields(data, where)
    rows = _natural(meta.get(3), where)
    groups: list[RowGroup] = []
    for raw in _list(meta.get(4)):
        first = groups[-1].first + groups[-1].rows if groups else 0
        groups.append(_group(raw, first, start, where))
    if sum(group.rows for group in groups) != rows:
        raise damaged(where, "its row groups do not add up to its number of rows")
    footer = Footer(rows, size, max(limit, MAX_RATIO * size), tuple(groups))
    _refuse_bomb(footer, where)
    return footer


def bomb(where: str, decoded: int, size: int) -> FileError:
    """The refusal of a file that grows out of all proportion."""
    return FileError(
        f"The Parquet file decodes to {decoded / GB:,.0f} GB, {decoded // max(size, 1):,} times its size.",
        code="bomb",
        where=where,
        hint="If it is sound, write it in several files, or leave out columns of long repeated text.",
    )


def _footer_bytes(handle: BinaryIO, size: int, where: str) -> tuple[bytes, int]:
    if size < 12:
        raise damaged(where, "it is too short")
    handle.seek(size - 8)
    tail = handle.read(8)
    if tail[4:] != _MAGIC:
        raise damaged(where, "its end is missing")
    length = int.from_bytes(tail[:4], "little")
    if not 0 < length <= min(size - 12, MAX_FOOTER_BYTES):
        raise damaged(where, "its footer has an impossible length")
    handle.seek(size - 8 - length)
    return handle.read(length), size - 8 - length


def _fields(data: bytes, where: str) -> Struct:
    meta: Struct = {}
    for number, value in Cursor(data, where).fields():
        meta[number] = value
        if number == 2:
            _refuse_wide(value, where)
    return meta


def _refuse_wide(schema: Any, where: str) -> None:
    leaves = sum(not element.get(5) for element in _list(schema)[1:] if isinstance(element, dict))
    if leaves > MAX_COLUMNS:
        raise FileError(
            f"The file has {leaves:,} columns; at most {MAX_COLUMNS:,} are read.",
            code="too_many_columns",
            where=where,
            hint="Write the columns that matter, or check that rows and columns are not swapped.",
        )


def _group(raw: Any, first: int, end: int, where: str) -> RowGroup:
    if not isinstance(raw, dict) or not isinstance(raw.get(1), list):
        raise damaged(where, "a row group has no columns")
    rows = _natural(raw.get(3), where)
    if not rows:
        return RowGroup(first, 0, {})
    chunks: dict[str, tuple[Chunk, ...]] = {}
    for column in raw[1]:
        chunk = _chunk(column, end, where)
        if chunk.flat and chunk.values != rows:
            raise damaged(where, f"column {chunk.column!r} does not have as many values as there are rows")
        chunks[chunk.column] = (*chunks.get(chunk.column, ()), chunk)
    return RowGroup(first, rows, chunks)


def _chunk(raw: Any, end: int, where: str) -> Chunk:
    meta = raw.get(3) if isinstance(raw, dict) else None
    if not isinstance(meta, dict) or 8 in raw or raw.get(1):
        raise damaged(where, "a column is encrypted or lies in another file")
    path = [part.decode(errors="replace") for part in _list(meta.get(3)) if isinstance(part, bytes)]
    size, uncompressed = _natural(meta.get(7), where), _natural(meta.get(6), where)
    start = _start(meta, where)
    if not path or start < len(_MAGIC) or start + size > end:
        raise damaged(where, "a column lies outside the file")
    values = _natural(meta.get(5), where)
    width = _TEXT_WIDTH if meta.get(1) == _BYTES else _NUMBER_WIDTH
    decoded = max(uncompressed, values * width, _text_bytes(meta))
    return Chunk(path[0], len(path) == 1, start, size, values, decoded)


def _start(meta: Struct, where: str) -> int:
    """Where the first page is: that of the dictionary, where there is one."""
    first, dictionary = _natural(meta.get(9), where), _natural(meta.get(11, 0), where)
    if dictionary >= first:
        raise damaged(where, "a dictionary stands behind its data")
    return dictionary or first


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _text_bytes(meta: Struct) -> int:
    """How long the text of a column is when written out, where the writer says so."""
    statistics = meta.get(16)
    size = statistics.get(1) if isinstance(statistics, dict) else None
    return size if isinstance(size, int) else 0


def _natural(value: Any, where: str) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or value < 0:
        raise damaged(where, "a count or place is missing or negative")
    return value


def _refuse_bomb(footer: Footer, where: str) -> None:
    chunks = (chunk for group in footer.groups for column in group.chunks.values() for chunk in column)
    decoded = sum(chunk.decoded for chunk in chunks)
    if decoded > footer.may_decode_to:
        raise bomb(where, decoded, footer.size)
