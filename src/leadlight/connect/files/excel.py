"""Excel files (.xlsx): the zip is held against bombs, the XML is streamed, stored values are taken as text.

Nothing is evaluated: a formula gives the value that Excel stored with it, errors such as #N/A are missing.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import numpy as np
import polars as pl

from leadlight.connect.files.archive import Archive
from leadlight.connect.files.growth import Growth
from leadlight.connect.files.inert import as_meant, name_as_meant
from leadlight.connect.files.leads import Batches, Leads, Rejected, Selection, Whole
from leadlight.connect.files.limits import BATCH_CELLS, BATCH_ROWS, BATCH_TEXT_BYTES, MAX_SHEET_BYTES
from leadlight.connect.files.markup import feed
from leadlight.connect.files.names import header_of
from leadlight.connect.files.row_tally import Found, RowTally
from leadlight.connect.files.sheet import Book, Row, SheetRows
from leadlight.connect.files.source import Source
from leadlight.connect.files.title import LOOKED_AT, rows_above, skipped_note
from leadlight.connect.files.workbook import workbook_of
from leadlight.errors import FileError

MAX_ROWS = 2**20
"""More than a sheet has."""
_ADVICE = "The first row has to name every column: delete titles above it, and cells beside the table."


@dataclass(frozen=True)
class _Place:
    """One sheet of a file."""

    path: Path
    source: str
    sheet: str
    part: str
    book: Book

    @property
    def where(self) -> str:
        return f"{self.source}!{self.sheet}"

    def rows(self, header_row: int) -> Iterator[Row]:
        """The rows that hold something; cells may be merged above the header alone."""
        archive = Archive(self.path, self.source)
        handler = SheetRows(self.book, self.where, header_row)
        try:
            for _ in feed(archive.pieces(self.part, MAX_SHEET_BYTES), handler, self.where):
                rows, handler.rows = handler.rows, []
                yield from (row for row in rows if row[1])
        finally:
            archive.close()


@dataclass(frozen=True)
class _Table:
    """A sheet whose header row was read."""

    place: _Place
    header_row: int
    names: tuple[str, ...]
    batch_rows: int

    def batches(self, selection: Selection) -> Iterator[Leads]:
        tally, growth = RowTally(self.place.where, _ADVICE), Growth(self.place.where)
        size = self.place.path.stat().st_size
        some: list[Row] = []
        enough = min(self.batch_rows, max(BATCH_CELLS // len(self.names), 1))
        empty, text = True, 0
        for row in self.place.rows(self.header_row):
            if row[0] > self.header_row:
                some.append(row)
                length = sum(map(len, row[1].values()))
                growth.add(size, 1, len(self.names), length)
                text += length
            if len(some) >= enough or text > BATCH_TEXT_BYTES:
                yield self._leads(some, selection, tally)
                some, empty, text = [], False, 0
        if some or empty:
            yield self._leads(some, selection, tally)
        tally.close()

    def _leads(self, rows: list[Row], selection: Selection, tally: RowTally) -> Leads:
        width = len(self.names)
        sound = [row for row in rows if max(row[1]) < width]
        odd = tuple(Rejected(number, "too_many_fields") for number, cells in rows if max(cells) >= width)
        places = {name: place for place, name in enumerate(self.names)}
        wanted = self.names if selection.carry else selection.columns
        columns = {name: [cells.get(places[name]) for _, cells in sound] for name in wanted}
        frame = as_meant(pl.DataFrame(columns, schema=dict.fromkeys(wanted, pl.String)))
        return Leads(
            frame=frame.select(selection.columns),
            rejected=tally.add(Found(odd, rows[0][0] if rows else 0, len(rows), ends_blank=False)),
            source=self.place.source,
            notes=(),
            lines=np.array([number for number, _ in sound], np.int64),
            carried=Whole(frame) if selection.carry else None,
        )


def open_excel(
    source: Source, *, sheet: str | None = None, skip_rows: int | None = None, batch_rows: int = BATCH_ROWS
) -> Batches:
    """Find the sheet and read its header: the first row that holds something and is no title."""
    assert source.path is not None
    archive = Archive(source.path, source.name)
    try:
        workbook = workbook_of(archive)
    finally:
        archive.close()
    chosen = workbook.sheet(sheet, source.name)
    place = _Place(source.path, source.name, chosen.name, chosen.part, workbook.book)
    number, cells, notes = _header_row(place, skip_rows)
    names = [name_as_meant(cells.get(column, "")) for column in range(max(cells) + 1)]
    header = header_of(names, f"{place.where}:{number}")
    table = _Table(place, number, header.names, batch_rows)
    return Batches(source.name, header.names, (*notes, *header.notes), table.batches)


def _header_row(place: _Place, skip_rows: int | None) -> tuple[int, dict[int, str], tuple[str, ...]]:
    """The row that names the columns, and a note where others above it were passed over."""
    rows = (row for row in place.rows(MAX_ROWS) if row[0] > (skip_rows or 0))
    first = list(islice(rows, LOOKED_AT if skip_rows is None else 1))
    if not first:
        raise _empty(place.where)
    texts = [[cells.get(column, "") for column in range(max(cells) + 1)] for _, cells in first]
    above = rows_above(texts) if skip_rows is None else 0
    number, cells = first[above]
    return number, cells, (skipped_note(number - 1),) if above else ()


def _empty(where: str) -> FileError:
    return FileError(
        "The sheet is empty: there is no header.",
        code="empty",
        where=where,
        hint="Choose another sheet with --sheet, or export the leads again.",
    )
