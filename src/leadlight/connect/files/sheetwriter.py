"""An Excel file written row by row: texts as texts, never as formulas or links."""

from __future__ import annotations

import math
import shutil
import tempfile
from datetime import date, datetime, time
from pathlib import Path
from typing import Any, BinaryIO, Final

import polars as pl

from leadlight.connect.files.inert import inert_cells, may_run
from leadlight.connect.files.leads import Carried, beside, plain
from leadlight.data.cells import text_of
from leadlight.data.schema import Column, Schema
from leadlight.errors import OutputError

_ROWS, _COLUMNS, _LETTERS = 1_048_576, 16_384, 32_767
_EXACT = 10**15
"""Excel keeps 15 digits; longer whole numbers are written as text."""

_FIRST_YEAR: Final = 1900
"""Earlier days are no dates to Excel."""
_NARROW, _WIDE = 10, 32


class ExcelSink:
    """One sheet. Rows are kept on disk until the end, in a folder that only this user can open.

    A column that the schema knows as numbers or dates has real ones; what it cannot read stays text.
    """

    def __init__(self, handle: BinaryIO, schema: Schema | None = None) -> None:
        import xlsxwriter

        self._handle = handle
        self._folder = tempfile.TemporaryDirectory()
        self._path = Path(self._folder.name) / "leads.xlsx"
        self._book = xlsxwriter.Workbook(self._path, {"constant_memory": True, "tmpdir": self._folder.name})
        self._sheet = self._book.add_worksheet("Leads")
        self._head = self._book.add_format({"bold": True, "bottom": 1})
        self._quoted = self._book.add_format({"quote_prefix": True})
        self._day = self._book.add_format({"num_format": "yyyy-mm-dd"})
        self._moment = self._book.add_format({"num_format": "yyyy-mm-dd hh:mm:ss"})
        self._typed = (
            {} if schema is None else {each.name: each for each in schema.columns if _is_typed(each)}
        )
        self._width = self._row = 0

    def write(self, frame: pl.DataFrame, carried: Carried | None) -> None:
        frame = plain(beside(frame, carried))
        if not self._row:
            self._begin(frame.columns)
        if self._row + frame.height > _ROWS:
            raise _too_much(f"more than {_ROWS - 1:,} rows")
        readers = [self._typed.get(name) for name in frame.columns]
        for values in inert_cells(frame).iter_rows():
            for place, (value, reader) in enumerate(zip(values, readers, strict=True)):
                if value is not None:
                    self._write_cell(place, value, reader)
            self._row += 1

    def _begin(self, names: list[str]) -> None:
        """The header: it stays in sight, and each column can be filtered."""
        if len(names) > _COLUMNS:
            raise _too_much(f"more than {_COLUMNS:,} columns")
        self._sheet.freeze_panes(1, 0)
        for place, name in enumerate(inert_cells(pl.DataFrame({"name": names}))["name"].to_list()):
            self._write_text(place, name, self._head)
            self._sheet.set_column(place, place, min(max(len(name) + 4, _NARROW), _WIDE))
        self._width = len(names)
        self._row = 1

    def _write_cell(self, place: int, value: Any, reader: Column | None) -> None:
        if reader is not None and isinstance(value, str):
            typed = reader.read_one(value)
            value = value if typed is None or not _fits(typed) else typed
        if isinstance(value, bool):
            self._sheet.write_boolean(self._row, place, value)
        elif isinstance(value, int | float) and abs(value) < _EXACT:
            self._sheet.write_number(self._row, place, value)
        elif isinstance(value, date) and value.year > _FIRST_YEAR and getattr(value, "tzinfo", None) is None:
            whole = not isinstance(value, datetime) or value.time() == time()
            self._sheet.write_datetime(self._row, place, value, self._day if whole else self._moment)
        elif not isinstance(value, float) or math.isfinite(value):
            text = text_of(value) or ""
            self._write_text(place, text, self._quoted if may_run(text) else None)

    def _write_text(self, place: int, text: str, form: Any) -> None:
        if len(text) > _LETTERS:
            raise _too_much(f"a text of more than {_LETTERS:,} characters")
        self._sheet.write_string(self._row, place, text, form)

    def close(self) -> None:
        from xlsxwriter.exceptions import FileCreateError

        if self._width:
            self._sheet.autofilter(0, 0, max(self._row - 1, 1), self._width - 1)
        try:
            self._book.close()
        except FileCreateError as error:
            raise error.args[0] from None
        with self._folder, open(self._path, "rb") as written:
            shutil.copyfileobj(written, self._handle)

    def abandon(self) -> None:
        self._book.fileclosed = True
        self._folder.cleanup()


def _too_much(what: str) -> OutputError:
    return OutputError(
        f"An Excel file cannot hold {what}.",
        code="too_large_for_excel",
        hint="Write .csv or .parquet instead.",
    )


def _is_typed(column: Column) -> bool:
    """Ids and telephone numbers are texts, whatever they look like."""
    return column.kind in ("number", "date") and column.role not in ("id", "personal", "owner", "target")


def _fits(value: Any) -> bool:
    return not isinstance(value, float) or abs(value) < _EXACT
