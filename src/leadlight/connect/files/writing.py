"""Leads and scores written out, batch by batch, to a file that appears whole or not at all."""

from __future__ import annotations

import io
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path, PurePath
from typing import BinaryIO, Protocol

import polars as pl

from leadlight.connect.files.inert import inert
from leadlight.connect.files.leads import Carried, all_names, beside, plain
from leadlight.connect.files.sheetwriter import ExcelSink
from leadlight.connect.files.streamed import ParquetSink
from leadlight.data.atomic import replacing
from leadlight.data.schema import Schema
from leadlight.errors import OutputError


class Sink(Protocol):
    """Where rows go. `close` ends the file well, `abandon` gives it up."""

    def write(self, frame: pl.DataFrame, carried: Carried | None) -> None: ...

    def close(self) -> None: ...

    def abandon(self) -> None: ...


class Writer:
    """Writes frames of the same columns one below the other."""

    def __init__(self, sink: Sink) -> None:
        self._sink = sink

    def write(self, frame: pl.DataFrame, carried: Carried | None = None) -> None:
        """Write rows; the columns that were carried along come first."""
        self._sink.write(frame, carried)


@contextmanager
def open_writer(path: str | Path, *, force: bool = False, schema: Schema | None = None) -> Iterator[Writer]:
    """Open a .csv, .jsonl, .parquet or .xlsx file for writing, or standard output ("-", as CSV).

    With the schema of the leads an Excel file has real numbers and dates.
    """
    if str(path) == "-":
        sink: Sink = CsvSink(sys.stdout.buffer)
        yield Writer(sink)
        sys.stdout.buffer.flush()
        return
    kind = _sink_for(path)
    with replacing(path, force=force) as handle:
        sink = ExcelSink(handle, schema) if kind is ExcelSink else kind(handle)
        try:
            yield Writer(sink)
        except BaseException:
            sink.abandon()
            raise
        sink.close()


class CsvSink:
    """Commas, UTF-8, line feeds; text that a spreadsheet would run is made inert."""

    def __init__(self, handle: BinaryIO) -> None:
        self._handle = handle
        self._begun = False

    def write(self, frame: pl.DataFrame, carried: Carried | None) -> None:
        if not self._begun:
            names = inert(pl.DataFrame({"name": all_names(frame, carried)}))["name"]
            self._handle.write(_csv(pl.DataFrame([[name] for name in names])))
            self._begun = True
        text = None if carried is None else _spliced(carried.lines(), frame)
        self._handle.write(_csv(inert(plain(beside(frame, carried)))) if text is None else text)

    def close(self) -> None:
        """Every row is written already."""

    def abandon(self) -> None:
        """Nothing is held."""


def _csv(frame: pl.DataFrame) -> bytes:
    """Rows without a header. A value missing alone on its row becomes quotes: a blank line is no row."""
    buffer = io.BytesIO()
    if frame.width == 1:
        frame = frame.select(pl.all().cast(pl.String).fill_null(""))
    frame.write_csv(buffer, include_header=False)
    return buffer.getvalue()


def _spliced(lines: pl.Series | None, frame: pl.DataFrame) -> bytes | None:
    """The lines as they stand with the frame's columns behind them; None where a row takes several lines."""
    if lines is None:
        return None
    added = pl.read_lines(_csv(inert(plain(frame)))).to_series()
    if len(added) != len(lines):
        return None
    buffer = io.BytesIO()
    whole = pl.select(pl.concat_str([lines, added], separator=","))
    whole.write_csv(buffer, include_header=False, quote_style="never")
    return buffer.getvalue()


class JsonLinesSink:
    """One object a line; texts as they are."""

    def __init__(self, handle: BinaryIO) -> None:
        self._handle = handle

    def write(self, frame: pl.DataFrame, carried: Carried | None) -> None:
        buffer = io.BytesIO()
        if frame.height:
            plain(beside(frame, carried)).write_ndjson(buffer)
        self._handle.write(buffer.getbuffer())

    def close(self) -> None:
        """Every row is written already."""

    def abandon(self) -> None:
        """Nothing is held."""


_SINKS: dict[str, Callable[[BinaryIO], Sink]] = {
    ".csv": CsvSink,
    ".jsonl": JsonLinesSink,
    ".ndjson": JsonLinesSink,
    ".parquet": ParquetSink,
    ".xlsx": ExcelSink,
}


def _sink_for(path: str | Path) -> Callable[[BinaryIO], Sink]:
    suffix, target = PurePath(path).suffix.lower(), Path(path)
    if suffix not in _SINKS and (target.is_file() or not target.exists()):
        raise OutputError(
            "The ending of the output does not tell what to write.",
            code="unknown_output",
            where=str(path),
            hint=f"Let it end in one of {', '.join(_SINKS)}; - is standard output.",
        )
    return _SINKS.get(suffix, CsvSink)
