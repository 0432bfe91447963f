"""Leads from files, here or on the web, from standard input and from databases; whole or in batches.

Text is delivered as it stands in the file; blank is missing. Rows that cannot be read are rejected with their
line and a reason; a file that is not what it claims to be is refused with a FileError.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from leadlight.connect.files.delimited import open_delimited
from leadlight.connect.files.excel import open_excel
from leadlight.connect.files.jsonlines import open_json_lines
from leadlight.connect.files.kind import Kind, kind_of
from leadlight.connect.files.leads import Batches, Leads, Rejected, together
from leadlight.connect.files.limits import BATCH_ROWS, BLOCK_BYTES
from leadlight.connect.files.parquet import open_parquet
from leadlight.connect.files.source import Source, locate
from leadlight.connect.files.writing import Writer, open_writer
from leadlight.errors import FileError

__all__ = ["Batches", "Leads", "Rejected", "Writer", "open_writer", "read", "read_batches"]


def read(
    source: str | Path,
    *,
    sheet: str | None = None,
    encoding: str | None = None,
    delimiter: str | None = None,
    skip_rows: int | None = None,
    columns: Sequence[str] | None = None,
) -> Leads:
    """All leads of a file (or of standard input: "-"), in memory."""
    return together(_open(source, _Options(sheet, encoding, delimiter, skip_rows, whole=True)), columns)


def read_batches(
    source: str | Path,
    *,
    sheet: str | None = None,
    encoding: str | None = None,
    delimiter: str | None = None,
    skip_rows: int | None = None,
    columns: Sequence[str] | None = None,
    carry: bool = False,
    batch_bytes: int = BLOCK_BYTES,
    batch_rows: int = BATCH_ROWS,
) -> Batches:
    """The leads of a file in batches: memory does not grow with the file, the columns are known at once.

    A batch is `batch_bytes` of CSV or JSON lines, `batch_rows` of Excel or Parquet. With `carry` whole rows
    come along, to be written out again beside what was worked out for them.
    """
    batches = _open(source, _Options(sheet, encoding, delimiter, skip_rows, False, batch_bytes, batch_rows))
    return batches if columns is None and not carry else batches.select(columns, carry=carry)


@dataclass(frozen=True)
class _Options:
    """How a file is to be read."""

    sheet: str | None
    encoding: str | None
    delimiter: str | None
    skip_rows: int | None
    whole: bool
    batch_bytes: int = BLOCK_BYTES
    batch_rows: int = BATCH_ROWS


def _open(place: str | Path, options: _Options) -> Batches:
    if "://" in str(place):
        return _open_address(str(place), options)
    return _read_source(locate(place), options)


def _open_address(address: str, options: _Options) -> Batches:
    """Imported where there is an address only: whoever reads a file waits for no network."""
    from leadlight.connect import databases, web_files

    if databases.is_database(address):
        _refuse_idle(databases.shown(address), "database", options)
        return databases.open_database(address, options.batch_rows)
    if web_files.is_web_file(address):
        return web_files.open_web_file(address, lambda source: _read_source(source, options))
    return _read_source(locate(address), options)


def _read_source(source: Source, options: _Options) -> Batches:
    kind = kind_of(source)
    _refuse_idle(source.name, kind, options)
    size = options.batch_bytes
    if kind == "excel":
        rows = options.batch_rows
        return open_excel(source, sheet=options.sheet, skip_rows=options.skip_rows, batch_rows=rows)
    if kind == "parquet":
        return open_parquet(source, whole=options.whole, batch_rows=options.batch_rows)
    if kind == "jsonlines":
        return open_json_lines(source, encoding=options.encoding, grow=options.whole, block_bytes=size)
    return open_delimited(
        source,
        encoding=options.encoding,
        delimiter=options.delimiter,
        skip_rows=options.skip_rows,
        block_bytes=size,
    )


def _refuse_idle(name: str, kind: Kind | Literal["database"], options: _Options) -> None:
    """An option that does nothing for these leads is a misunderstanding."""
    owners: tuple[tuple[str, object, tuple[str, ...]], ...] = (
        ("encoding", options.encoding, ("csv", "jsonlines", "excel", "parquet")),
        ("sheet", options.sheet, ("excel",)),
        ("delimiter", options.delimiter, ("csv",)),
        ("skip-rows", options.skip_rows, ("csv", "excel")),
    )
    for option, given, owner in owners:
        if given is not None and kind not in owner:
            raise FileError(
                f"--{option} means nothing for this kind of leads.",
                code="idle_option",
                where=name,
                hint=f"Leave --{option} out.",
            )
