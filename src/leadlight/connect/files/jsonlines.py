"""JSON lines: one object a line, its texts as they stand in the file, its numbers in their one form.

Numbers with a point stay known as numbers (see `cells.NUMBER`); what no number can be is missing.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import polars as pl

from leadlight.connect.files.encoding import check_utf8, encoding_of, head_as_utf8, mark_size, opened_as_utf8
from leadlight.connect.files.growth import Growth
from leadlight.connect.files.leads import Batches, Leads, Rejected, Selection, Whole
from leadlight.connect.files.limits import BATCH_CELLS, BLOCK_BYTES, MAX_FIELD_BYTES, MAX_ROW_BYTES, MB
from leadlight.connect.files.names import header_of
from leadlight.connect.files.row_tally import BLANK, Found, RowTally
from leadlight.connect.files.source import Source
from leadlight.data.cells import number_text, whole_number_text
from leadlight.errors import FileError

Lead = dict[str, str | None]

_ADVICE = "Write one JSON object a line, as .jsonl exports do, not one list over many lines."
_CONSTANTS: dict[str, None] = dict.fromkeys(("NaN", "Infinity", "-Infinity"))
_NESTED = "\x00"
"""Stands for a list or an object until it is noted: no text of a file can hold this character."""


class _Pairs(tuple[tuple[str, Any], ...]):
    """The keys and values of an object in their order, doubles included."""

    __slots__ = ()


_DECODER = json.JSONDecoder(
    object_pairs_hook=_Pairs,
    parse_int=whole_number_text,
    parse_float=number_text,
    parse_constant=_CONSTANTS.__getitem__,
)


def open_json_lines(
    source: Source, *, encoding: str | None = None, grow: bool = False, block_bytes: int = BLOCK_BYTES
) -> Batches:
    """Learn the keys from the beginning of the file and make its rows ready to be read.

    A key that first stands further back is noted and left out, or becomes a column where `grow` says so.
    """
    codec = encoding_of(source, encoding)
    head = head_as_utf8(source, codec)
    if head.lstrip(b" \t\r\n").startswith(b"["):
        raise FileError(
            "The file is one JSON list, not JSON lines.", code="json_list", where=source.name, hint=_ADVICE
        )
    leads = map(lead_of, head.split(b"\n")[: None if source.complete else -1])
    keys = list(dict.fromkeys(key for lead in leads if isinstance(lead, dict) for key in lead))
    header = header_of(keys, source.name)
    file = _File(source, codec, dict(zip(keys, header.names, strict=True)), grow, block_bytes)
    return Batches(source.name, header.names, header.notes, file.batches, grows=grow)


def lead_of(line: bytes) -> Lead | str:
    """One line as keys and texts, or why it is none."""
    if not line.strip():
        return BLANK
    try:
        pairs = _DECODER.decode(line.decode())
    except RecursionError:
        return "too_deep"
    except ValueError:
        return "not_json"
    if not isinstance(pairs, _Pairs):
        return "not_an_object"
    lead = {key: value if type(value) is str and value else _plain(value) for key, value in pairs}
    if len(lead) != len(pairs):
        return "duplicate_keys"
    odd = b"\\u" in line or len(line) > MAX_FIELD_BYTES
    return (odd and _fault(lead)) or lead


def _plain(value: Any) -> str | None:
    """Everything but text: words for truth values, and a sign for what is no plain value."""
    if not value:
        return "false" if value is False else None
    return "true" if value is True else _NESTED


def _fault(lead: Lead) -> str:
    """Escapes can spell what no file holds: half a pair of surrogates, and NUL."""
    texts = [*lead, *(value for value in lead.values() if value and value != _NESTED)]
    if any(len(text) > MAX_FIELD_BYTES for text in texts):
        return "long_field"
    if any("\x00" in text for text in texts):
        return "nul"
    return "half_character" if any("\ud800" <= letter <= "\udfff" for letter in "".join(texts)) else ""


@dataclass(frozen=True)
class _File:
    """A file of JSON lines whose first keys are known."""

    source: Source
    encoding: str
    names: dict[str, str]
    grow: bool
    block_bytes: int

    def batches(self, selection: Selection) -> Iterator[Leads]:
        reading, growth = _Reading(self.source.name, dict(self.names), self.grow), Growth(self.source.name)
        size = 0
        for first_line, lines in self._blocks():
            size += sum(map(len, lines))
            enough = max(BATCH_CELLS // max(len(reading.names), 1), 1)
            for start in range(0, max(len(lines), 1), enough):
                some = lines[start : start + enough]
                growth.add(size, len(some), len(reading.names))
                yield reading.leads(some, first_line + start, selection)
        reading.tally.close()

    def _blocks(self) -> Iterator[tuple[int, list[bytes]]]:
        """Lines in lots, each with the number of its first."""
        stream = opened_as_utf8(self.source, self.encoding)
        try:
            rest, line, offset, piece, given = b"", 1, mark_size(self.source), b"-", False
            while piece:
                piece = stream.read(self.block_bytes)
                data = rest + piece
                lines = data.split(b"\n")
                rest = lines.pop() if piece else b""
                check_utf8(data[: len(data) - len(rest)], self.source.name, offset)
                self._refuse([*lines, rest], line)
                if (lines if piece else lines != [b""]) or not (piece or given):
                    given = True
                    yield line, lines
                line, offset = line + len(lines), offset + len(data) - len(rest)
        finally:
            stream.close()

    def _refuse(self, lines: list[bytes], first_line: int) -> None:
        longest = max(range(len(lines)), key=lambda place: len(lines[place]))
        if len(lines[longest]) > MAX_ROW_BYTES:
            raise FileError(
                f"A line is longer than {MAX_ROW_BYTES // MB} MB.",
                code="long_row",
                where=f"{self.source.name}:{first_line + longest}",
                hint=_ADVICE,
            )


@dataclass
class _Reading:
    """One pass over the lines: the columns known so far, and what was said about them."""

    source: str
    names: dict[str, str]
    grow: bool
    late: set[str] = field(default_factory=set)
    nested: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.tally = RowTally(self.source, _ADVICE)

    def leads(self, lines: list[bytes], first_line: int, selection: Selection) -> Leads:
        read = list(map(lead_of, lines))
        places = [place for place, lead in enumerate(read) if isinstance(lead, dict)]
        leads = [lead for lead in read if isinstance(lead, dict)]
        late = self._late(leads)
        everything = self._frame(leads)
        notes = (*late, *self._nested(everything))
        everything = everything.with_columns(pl.all().replace(_NESTED, None))
        return Leads(
            frame=everything if self.grow else everything.select(selection.columns),
            rejected=self.tally.add(_found(read, first_line)),
            source=self.source,
            notes=notes,
            lines=first_line + np.array(places, np.int64),
            carried=Whole(everything) if selection.carry else None,
        )

    def _late(self, leads: list[Lead]) -> list[str]:
        """Keys that are not in the beginning of the file: columns of their own, or told once and left out."""
        unknown = (key for lead in leads if not lead.keys() <= self.names.keys() for key in lead)
        late = [key for key in dict.fromkeys(unknown) if key not in self.names and key not in self.late]
        header = header_of([*self.names, *self.late, *late], self.source)
        if self.grow:
            self.names = dict(zip([*self.names, *late], header.names, strict=True))
            return []
        self.late.update(late)
        return [f"column {key!r} stands only further back in the file: left out" for key in late]

    def _nested(self, frame: pl.DataFrame) -> list[str]:
        """Columns with lists or objects, told once; such a value counts as missing."""
        found = [name for name in frame.columns if (frame[name] == _NESTED).any()]
        new = [name for name in found if name not in self.nested]
        self.nested.update(new)
        return [f"column {name!r} holds lists or objects: they count as missing" for name in new]

    def _frame(self, leads: list[Lead]) -> pl.DataFrame:
        """All known columns; keys that are not known are left out."""
        frame = pl.DataFrame(leads, schema=dict.fromkeys(self.names, pl.String), orient="row")
        return frame.rename(self.names)


def _found(read: list[Lead | str], first_line: int) -> Found:
    """The lines that are no leads; of a run of blank ones the first."""
    odd = [
        Rejected(first_line + place, lead)
        for place, lead in enumerate(read)
        if isinstance(lead, str) and not (lead == BLANK and place and read[place - 1] == BLANK)
    ]
    blanks = sum(lead == BLANK for lead in read)
    return Found(tuple(odd), first_line, len(read) - blanks, bool(read) and read[-1] == BLANK)
