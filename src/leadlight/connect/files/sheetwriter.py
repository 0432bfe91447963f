"""An Excel file written row by row: texts as texts, never as formulas or links."""

from __future__ import annotations

import math
import shutil
import tempfile
from pathlib import Path
from typing import Any, BinaryIO

import polars as pl

from leadlight.connect.files.inert import inert
from leadlight.connect.files.leads import Carried, beside, plain
from leadlight.data.cells import text_of
from leadlight.errors import OutputError

_ROWS, _COLUMNS, _LETTERS = 1_048_576, 16_384, 32_767
_EXACT = 10**15
"""Excel keeps 15 digits; longer whole numbers are written as text."""


class ExcelSink:
    """One sheet. Rows are kept on disk until the end, in a folder that only this user can open."""

    def __init__(self, handle: BinaryIO) -> None:
        import xlsxwriter

        self._handle = handle
        self._folder = tempfile.TemporaryDirectory()
        self._path = Path(self._folder.name) / "leads.xlsx"
        self._book = xlsxwriter.Workbook(self._path, {"constant_memory": True, "tmpdir": self._folder.name})
        self._sheet = self._book.add_worksheet("Leads")
        self._row = 0

    def write(self, frame: pl.DataFrame, carried: Carried | None) -> None:
        frame = plain(beside(frame, carried))
        safe = inert(frame)
        if not self._row:
            self._begin(frame.columns)
        if self._row + frame.height > _ROWS:
            raise _too_much(f"more than {_ROWS - 1:,} rows")
        for values in safe.iter_rows():
            self._write_row(values)

    def _begin(self, names: list[str]) -> None:
        if len(names) > _COLUMNS:
            raise _too_much(f"more than {_COLUMNS:,} columns")
        self._sheet.freeze_panes(1, 0)
        self._write_row(inert(pl.DataFrame({"name": names}))["name"].to_list())

    def _write_row(self, values: Any) -> None:
        for column, value in enumerate(values):
            if value is not None:
                self._write_cell(column, value)
        self._row += 1

    def _write_cell(self, column: int, value: Any) -> None:
        if isinstance(value, bool):
            self._sheet.write_boolean(self._row, column, value)
        elif isinstance(value, int | float) and abs(value) < _EXACT:
            self._sheet.write_number(self._row, column, value)
        elif not isinstance(value, float) or math.isfinite(value):
            text = text_of(value) or ""
            if len(text) > _LETTERS:
                raise _too_much(f"a text of more than {_LETTERS:,} characters")
            self._sheet.write_string(self._row, column, text)

    def close(self) -> None:
        from xlsxwriter.exceptions import FileCreateError

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
