"""Parquet: the footer and the pages are held against the file first, then rows are decoded slice by slice."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import numpy as np
import polars as pl

from leadlight.connect.files.footer import Footer, bomb, footer_of
from leadlight.connect.files.leads import Batches, Leads, Selection, Whole
from leadlight.connect.files.limits import (
    BATCH_CELLS,
    BATCH_ROWS,
    BATCH_TEXT_BYTES,
    MAX_DECODED_BYTES,
    MAX_FIELD_BYTES,
    MAX_WHOLE_BYTES,
    MB,
)
from leadlight.connect.files.names import header_of
from leadlight.connect.files.pages import check_pages
from leadlight.connect.files.source import Source, unreadable
from leadlight.connect.files.thrift import damaged
from leadlight.errors import FileError

_TEXTS = (pl.String, pl.Categorical, pl.Enum, pl.Binary)
_SOME = 1_000
_PYTHON = "arrow.py_extension_type"
_FAULTS = (pl.exceptions.PolarsError, pl.exceptions.PanicException)


def open_parquet(source: Source, *, whole: bool = False, batch_rows: int = BATCH_ROWS) -> Batches:
    """Check what the footer says and make the rows ready to be read."""
    assert source.path is not None
    try:
        footer = footer_of(source.path, source.name, MAX_WHOLE_BYTES if whole else MAX_DECODED_BYTES)
        plain, notes = _plain_columns(_scan(source.path), source.name)
    except OSError as error:
        raise unreadable(source.name, error) from None
    except _FAULTS:
        raise damaged(source.name, "its schema cannot be read") from None
    header = header_of(plain, source.name)
    file = _File(source.path, source.name, footer, dict(zip(header.names, plain, strict=True)), batch_rows)
    return Batches(source.name, header.names, (*notes, *header.notes), file.batches)


def _scan(path: Path) -> pl.LazyFrame:
    return pl.scan_parquet(path, glob=False, hive_partitioning=False)


def _plain_columns(scan: pl.LazyFrame, where: str) -> tuple[list[str], list[str]]:
    """The columns of plain values, and notes on those that are not."""
    plain, notes = [], []
    for name, kind in scan.collect_schema().items():
        if isinstance(kind, pl.Extension):
            if kind.ext_name() == _PYTHON:
                raise _python(where, name)
            notes.append(f"column {name!r} is of a kind that only its writer knows: left out")
        elif kind.is_nested() or kind == pl.Object:
            notes.append(f"column {name!r} holds lists or structs: left out")
        elif kind == pl.Binary and not _begins_as_text(scan, name):
            notes.append(f"column {name!r} holds bytes that are no text: left out")
        else:
            plain.append(name)
    return plain, notes


def _begins_as_text(scan: pl.LazyFrame, name: str) -> bool:
    """Some writers store text without saying that it is text."""
    values = scan.select(name).head(_SOME).collect().to_series()
    try:
        values.cast(pl.String)
    except _FAULTS:
        return False
    return True


@dataclass(frozen=True)
class _File:
    """A Parquet file whose footer was read. `columns` says what each of its columns is called in the file."""

    path: Path
    name: str
    footer: Footer
    columns: dict[str, str]
    batch_rows: int

    def batches(self, selection: Selection) -> Iterator[Leads]:
        names = tuple(self.columns) if selection.carry else selection.columns
        text = 0
        with open(self.path, "rb") as handle:
            for first, frame in self._slices(handle, names):
                for part, size in _parts(frame, self.name, first):
                    text += size
                    if text > self.footer.may_decode_to:
                        raise bomb(self.name, text, self.footer.size)
                    yield self._leads(_delivered(part, self.name), first, selection)
                    first += part.height

    def _leads(self, frame: pl.DataFrame, first: int, selection: Selection) -> Leads:
        lines = np.arange(first + 1, first + frame.height + 1, dtype=np.int64)
        carried = Whole(frame) if selection.carry else None
        return Leads(frame.select(selection.columns), (), self.name, (), lines, carried)

    def _slices(self, handle: BinaryIO, names: tuple[str, ...]) -> Iterator[tuple[int, pl.DataFrame]]:
        """Frames of some rows each. Decoding whole row groups would take memory with their size."""
        raw = [self.columns[name] for name in names]
        rows = min(self.batch_rows, max(BATCH_CELLS // max(len(names), 1), 1))
        scan = _scan(self.path).select(raw)
        checked = 0
        for first in range(0, max(self.footer.rows, 1), rows):
            last = min(first + rows, self.footer.rows)
            checked = self._check(handle, raw, checked, last)
            try:
                frame = scan.slice(first, rows).collect()
            except _FAULTS:
                raise damaged(self.name, f"rows {first + 1:,} to {last:,} cannot be decoded") from None
            if frame.height != last - first:
                raise damaged(self.name, f"some of rows {first + 1:,} to {last:,} are missing")
            yield first, frame.rename(dict(zip(raw, names, strict=True)))

    def _check(self, handle: BinaryIO, raw: list[str], checked: int, last: int) -> int:
        """Walk the pages of the row groups up to a row; returns how many groups are known to be sound."""
        for group in self.footer.groups[checked:]:
            if group.first >= last:
                break
            for column in raw:
                for chunk in group.chunks.get(column, ()):
                    check_pages(handle, chunk, self.name)
            checked += 1
        return checked


def _delivered(frame: pl.DataFrame, name: str) -> pl.DataFrame:
    """Dictionaries and plain bytes as text; all else keeps its type."""
    odd = [
        column for column, kind in frame.schema.items() if kind in (*_TEXTS, pl.Null) and kind != pl.String
    ]
    try:
        return frame.with_columns(_as_text(frame[column]) for column in odd)
    except _FAULTS:
        raise FileError(
            "A column of bytes holds what is not UTF-8 text.",
            code="not_utf8",
            where=name,
            hint="Write the column as text, or leave it out.",
        ) from None


def _as_text(values: pl.Series) -> pl.Series:
    """Long texts of a dictionary are shared by their rows; a plain cast would write each one out."""
    if values.dtype not in (pl.Categorical, pl.Enum):
        return values.cast(pl.String)
    levels = values.unique().drop_nulls()
    codes, texts = levels.to_physical(), levels.cast(pl.String)
    return values.to_physical().replace_strict(codes, texts, default=None, return_dtype=pl.String)


def _parts(frame: pl.DataFrame, name: str, first: int) -> Iterator[tuple[pl.DataFrame, int]]:
    """The frame in parts whose text is short enough to be worked on, each with the size of its text."""
    lengths = [_lengths(frame[column]) for column, kind in frame.schema.items() if kind in _TEXTS]
    if max((_number(length.max()) for length in lengths), default=0) > MAX_FIELD_BYTES:
        raise _long(name, first)
    total = sum(_number(length.sum()) for length in lengths)
    rows = max(frame.height // (total // BATCH_TEXT_BYTES + 1), 1)
    for part in frame.iter_slices(rows) if frame.height else [frame]:
        yield part, total * part.height // max(frame.height, 1)


def _lengths(texts: pl.Series) -> pl.Series:
    if texts.dtype == pl.Binary:
        return texts.bin.size()
    return texts.str.len_bytes() if texts.dtype == pl.String else texts.cat.len_bytes()


def _number(value: object) -> int:
    return value if isinstance(value, int) else 0


def _long(name: str, first: int) -> FileError:
    return FileError(
        f"A field is longer than {MAX_FIELD_BYTES // MB} MB.",
        code="long_field",
        where=f"{name}: after row {first}",
        hint="Leave that column out.",
    )


def _python(name: str, column: str) -> FileError:
    return FileError(
        f"Column {column!r} is of a kind that asks to run Python code; it was not run.",
        code="extension",
        where=name,
        hint="Write the column as plain text or numbers.",
    )
