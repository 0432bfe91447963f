"""CSV and its relatives: blocks are checked for structure at once, and the sound rows parsed as text."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from functools import partial

import polars as pl

from leadlight.connect.files.ahead import ahead
from leadlight.connect.files.csv_rows import Fault, FieldBlock, complete_rows, fields, first_row
from leadlight.connect.files.delimiter import CANDIDATES, delimiter_of, name_of
from leadlight.connect.files.encoding import (
    check_utf8,
    encoding_or_guess,
    head_as_utf8,
    mark_size,
    opened_as_utf8,
)
from leadlight.connect.files.inert import as_meant, is_inert, name_as_meant
from leadlight.connect.files.leads import Batches, Leads, Selection
from leadlight.connect.files.limits import BLOCK_BYTES, MAX_FIELD_BYTES, MAX_ROW_BYTES, MB
from leadlight.connect.files.names import header_of
from leadlight.connect.files.row_tally import Found, RowTally
from leadlight.connect.files.source import Source
from leadlight.connect.files.title import bytes_above, lines_skipped, skipped_note
from leadlight.errors import FileError

_DECLARED = re.compile(rb"sep=([\x20-\x7e\t])\r?\n")
"""A first line by which Excel is told the delimiter."""

_FAULTS = {
    "unclosed_quote": (
        "A quote is opened and not closed.",
        "Close it; a quote that is meant inside a quoted field is written twice.",
    ),
    "long_field": (
        f"A field is longer than {MAX_FIELD_BYTES // MB} MB.",
        "Look for a quote that is not closed, or leave that column out of the export.",
    ),
    "long_row": (
        f"A row is longer than {MAX_ROW_BYTES // MB} MB.",
        "Check that the file has line ends, or leave long columns out of the export.",
    ),
}


@dataclass(frozen=True)
class _Table:
    """A delimited file whose header has been read."""

    source: Source
    encoding: str
    delimiter: str
    names: tuple[str, ...]
    begin: int
    first_line: int
    block_bytes: int

    def batches(self, selection: Selection) -> Iterator[Leads]:
        """The rows, one block at a time; parsing runs ahead."""
        places = [self.names.index(name) for name in selection.columns]
        return ahead(partial(self._leads, block, places, selection.carry) for block in self._blocks())

    def _leads(self, block: FieldBlock, places: list[int], carry: bool) -> Leads:
        rows = Rows(block.clean, self.delimiter, self.names, len(block.lines), block.doubled)
        frame = rows.frame(places)
        if places and frame.height != len(block.lines):
            raise _unreadable(f"{self.source.name}:{block.first_line}")
        carried = rows if carry else None
        return Leads(frame, block.rejected, self.source.name, (), block.lines, carried)

    def _blocks(self) -> Iterator[FieldBlock]:
        stream = opened_as_utf8(self.source, self.encoding)
        tally = RowTally(self.source.name, self._advice())
        try:
            rest = b""
            while len(rest) < self.begin and (piece := stream.read(self.block_bytes)):
                rest += piece
            rest, line, offset = rest[self.begin :], self.first_line, mark_size(self.source) + self.begin
            piece, empty = b"-", True
            while piece:
                piece = stream.read(self.block_bytes)
                data = rest + piece
                block = complete_rows(data, ord(self.delimiter), len(self.names), line, final=not piece)
                self._refuse(data, block, offset)
                if block.used or (empty and not piece):
                    empty = False
                    found = Found(block.rejected, block.first_line, block.counted, block.ends_blank)
                    yield replace(block, rejected=tally.add(found))
                rest, line, offset = data[block.used :], block.next_line, offset + block.used
            tally.close()
        finally:
            stream.close()

    def _advice(self) -> str:
        parted = f"The header has {len(self.names)} names, parted by {name_of(self.delimiter)}."
        return f"{parted} Name every column, delete lines above the header, or give another --delimiter."

    def _refuse(self, data: bytes, block: FieldBlock, offset: int) -> None:
        if block.fault is not None:
            raise _faulty(self.source.name, block.fault)
        check_utf8(data[: block.used], self.source.name, offset)
        if len(data) - block.used > MAX_ROW_BYTES:
            reason = "long_row" if block.open_quote is None else "unclosed_quote"
            raise _faulty(self.source.name, Fault(reason, block.open_quote or block.next_line))


@dataclass(frozen=True)
class Rows:
    """Sound rows as they stand in the file, parsed when they are asked for."""

    clean: bytes = field(repr=False)
    delimiter: str
    columns: tuple[str, ...]
    count: int
    doubled: bool = True

    def frame(self, places: list[int] | None = None) -> pl.DataFrame:
        """These columns as text; blank is missing."""
        wanted = list(range(len(self.columns))) if places is None else places
        names = [self.columns[place] for place in wanted]
        if not self.clean or not wanted:
            return pl.DataFrame(schema=dict.fromkeys(names, pl.String))
        frame = self._parsed(wanted).rename(lambda place: self.columns[int(place)])
        if self.doubled:
            frame = frame.with_columns(pl.all().replace("", None))
        return as_meant(frame) if b"'" in self.clean else frame

    def lines(self) -> pl.Series | None:
        """Rows that are not spread over lines and hold nothing that a spreadsheet would run."""
        plain = self.delimiter == "," and self.count == self.clean.count(b"\n")
        if not plain or not self.count or not is_inert(b"\n" + self.clean, ord(",")):
            return None
        return pl.read_lines(self.clean).to_series().str.strip_suffix("\r")

    def _parsed(self, places: list[int]) -> pl.DataFrame:
        """A header of numbers keeps the parser from seeing a byte order mark where the rows begin."""
        header = self.delimiter.join(map(str, range(len(self.columns)))).encode()
        return pl.read_csv(
            b"\n".join((header, self.clean)),
            columns=[str(place) for place in places],
            separator=self.delimiter,
            infer_schema=False,
        )


def open_delimited(
    source: Source,
    *,
    encoding: str | None = None,
    delimiter: str | None = None,
    skip_rows: int | None = None,
    block_bytes: int = BLOCK_BYTES,
) -> Batches:
    """Read the header of a delimited file and make its rows ready to be read."""
    codec, guessed = encoding_or_guess(source, encoding)
    head = head_as_utf8(source, codec)
    if source.complete and not head.endswith(b"\n"):
        head += b"\n"
    declared = _DECLARED.match(head)
    skipped = declared.end() if declared else 0
    skipped, titles = _below_titles(head, skipped, delimiter, skip_rows)
    if declared and delimiter is None:
        delimiter = declared[1].decode()
    character = delimiter_of(head[skipped:], delimiter, source.name)
    start, end, next_line = first_row(head[skipped:], ord(character), 1 + head.count(b"\n", 0, skipped))
    if not end:
        raise _no_header(source, head)
    start, end = start + skipped, end + skipped
    check_utf8(head[:end], source.name, mark_size(source))
    raw = fields(head[start:end].removesuffix(b"\r"), ord(character))
    header = header_of([name_as_meant(name.decode()) for name in raw], f"{source.name}:{next_line - 1}")
    table = _Table(source, codec, character, header.names, end + 1, next_line, block_bytes)
    parted = () if character == "," else (f"fields are parted by {name_of(character)}",)
    return Batches(source.name, header.names, (*guessed, *titles, *parted, *header.notes), table.batches)


def _below_titles(
    head: bytes, skipped: int, delimiter: str | None, skip_rows: int | None
) -> tuple[int, tuple[str, ...]]:
    """Where the table begins, and what was passed over without having been told to."""
    if skip_rows is not None:
        return skipped + lines_skipped(head[skipped:], skip_rows), ()
    known = (delimiter,) if delimiter is not None and len(delimiter) == 1 else tuple(CANDIDATES)
    above = bytes_above(head[skipped:], known)
    lines = head.count(b"\n", skipped, skipped + above)
    return skipped + above, (skipped_note(lines),) if above else ()


def _no_header(source: Source, head: bytes) -> FileError:
    if source.complete:
        return FileError(
            "The file has no header row.",
            code="empty",
            where=source.name,
            hint="Export the leads again, with a first row that names the columns.",
        )
    return _faulty(source.name, Fault("unclosed_quote" if b'"' in head else "long_row", 1))


def _faulty(name: str, fault: Fault) -> FileError:
    message, hint = _FAULTS[fault.reason]
    return FileError(message, code=fault.reason, where=f"{name}:{fault.line}", hint=hint)


def _unreadable(where: str) -> FileError:
    return FileError(
        "The rows from this line on cannot be parsed.",
        code="unreadable_rows",
        where=where,
        hint="Export the leads again, or save them as .xlsx or .parquet.",
    )
