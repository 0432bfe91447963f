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
from leadlight.connect.files.leads import Carried
from leadlight.connect.files.sheetwriter import ExcelSink
from leadlight.connect.files.streamed import ParquetSink
from leadlight.data.atomic import replacing
from leadlight.errors import OutputError


class Sink(Protocol):
    """Where rows go. `close` ends the file well, `abandon` gives it up."""

    def write(self, frame: pl.DataFrame) -> None: ...

    def close(self) -> None: ...

    def abandon(self) -> None: ...


class Writer:
    """Writes frames of the same columns one below the other."""

    def __init__(self, sink: Sink) -> None:
        self._sink = sink

    def write(self, frame: pl.DataFrame, carried: Carried | None = None) -> None:
        """Write rows; the columns that were carried along come first."""
        self._sink.write(frame if carried is None else beside(carried.frame(), frame))


@contextmanager
def open_writer(path: str | Path, *, force: bool = False) -> Iterator[Writer]:
    """Open a .csv, .jsonl, .parquet or .xlsx file for writing, or standard output ("-", as CSV)."""
    if str(path) == "-":
        sink: Sink = CsvSink(sys.stdout.buffer)
        yield Writer(sink)
        sys.stdout.buffer.flush()
        return
    kind = _sink_for(path)
    with replacing(path, force=force) as handle:
        sink = kind(handle)
        try:
            yield Writer(sink)
        except BaseException:
            sink.abandon()
            raise
        sink.close()


def beside(left: pl.DataFrame, right: pl.DataFrame) -> pl.DataFrame:
    """Two frames of the same rows as one."""
    both = [name for name in right.columns if name in left.columns]
    if both:
        raise OutputError(
            f"The leads have columns already that are to be written: {', '.join(both[:5])}.",
            code="duplicate_columns",
            hint="Leave these columns out of the leads, or write the scores alone (--only-scores).",
        )
    return pl.concat([left, right], how="horizontal")


class CsvSink:
    """Commas, UTF-8, line feeds; text that a spreadsheet would run is made inert."""

    def __init__(self, handle: BinaryIO) -> None:
        self._handle = handle
        self._begun = False

    def write(self, frame: pl.DataFrame) -> None:
        buffer = io.BytesIO()
        safe = inert(_plain(frame))
        if frame.width == 1:
            safe = safe.select(pl.all().cast(pl.String).fill_null(""))
        header = safe if self._begun else safe.rename(_inert_name)
        header.write_csv(buffer, include_header=not self._begun)
        self._begun = True
        self._handle.write(buffer.getbuffer())

    def close(self) -> None:
        """Every row is written already."""

    def abandon(self) -> None:
        """Nothing is held."""


class JsonLinesSink:
    """One object a line; texts as they are."""

    def __init__(self, handle: BinaryIO) -> None:
        self._handle = handle

    def write(self, frame: pl.DataFrame) -> None:
        buffer = io.BytesIO()
        if frame.height:
            _plain(frame).write_ndjson(buffer)
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
    suffix = PurePath(path).suffix.lower()
    if suffix not in _SINKS and not Path(path).exists():
        raise OutputError(
            "The ending of the output does not tell what to write.",
            code="unknown_output",
            where=str(path),
            hint=f"Let it end in one of {', '.join(_SINKS)}; - is standard output.",
        )
    return _SINKS.get(suffix, CsvSink)


def _inert_name(name: str) -> str:
    return str(inert(pl.DataFrame({"name": [name]})).item())


def _plain(frame: pl.DataFrame) -> pl.DataFrame:
    """Only values that have one form as text."""
    odd = [name for name, kind in frame.schema.items() if kind.is_nested() or kind in (pl.Binary, pl.Object)]
    if odd:
        raise OutputError(
            f"Column {odd[0]!r} holds {frame.schema[odd[0]]}, which is not a plain value.",
            code="not_plain",
            hint="Leave it out, or write .parquet.",
        )
    return frame
