"""The rows of a block of CSV: where they end, which are sound, and the sound ones cut out for the parser.

Everything is counted at once over the bytes of the block; single rows are looked at only where one is odd.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from leadlight.connect.files.leads import Lines, Rejected
from leadlight.connect.files.limits import MAX_FIELD_BYTES
from leadlight.connect.files.quotes import LINE_FEED, RETURN, Bytes, Places, Quotes, places_of, quotes_in

Mask = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Fault:
    """Why a whole file has to be refused, and at which line."""

    reason: str
    line: int


@dataclass(frozen=True)
class Block:
    """The complete rows at the beginning of some bytes of a file."""

    clean: bytes
    lines: Lines
    rejected: tuple[Rejected, ...]
    first_line: int
    next_line: int
    used: int
    counted: int
    ends_blank: bool = False
    open_quote: int | None = None
    fault: Fault | None = None


@dataclass(frozen=True)
class _Rows:
    starts: Places
    ends: Places
    breaks: Places
    first_line: int

    def line(self, place: int) -> int:
        return self.first_line + int(np.searchsorted(self.breaks, place))

    def lines(self) -> Lines:
        if len(self.breaks) == len(self.ends):
            return self.first_line + np.arange(len(self.starts), dtype=np.int64)
        return self.first_line + np.searchsorted(self.breaks, self.starts).astype(np.int64)

    @property
    def used(self) -> int:
        return int(self.ends[-1]) + 1 if len(self.ends) else 0

    def holding(self, places: Places) -> list[int]:
        """The rows that hold these places; what lies past the last complete row is left out."""
        rows = np.searchsorted(self.ends, places).tolist()
        return sorted({row for row in rows if row < len(self.ends)})


def complete_rows(data: bytes, delimiter: int, columns: int, first_line: int, final: bool) -> Block:
    """Cut the complete rows from the front of the data and sort the sound from the odd."""
    if final and data and not data.endswith(b"\n"):
        data += b"\n"
    view: Bytes = np.frombuffer(data, np.uint8)
    quotes = quotes_in(data, view, delimiter)
    rows = _rows(_line_breaks(data, view), quotes, first_line)
    fault = _fault(view, rows, quotes, delimiter, final)
    if fault is not None or not len(rows.ends):
        line = None if quotes.open_at is None else rows.line(quotes.open_at)
        nothing = np.empty(0, np.int64)
        return Block(b"", nothing, (), first_line, first_line, 0, 0, open_quote=line, fault=fault)
    reasons = _odd_rows(data, view, rows, quotes, delimiter, columns)
    return _assembled(data, view, rows, quotes, delimiter, reasons)


def widths(data: bytes, delimiter: int) -> tuple[npt.NDArray[np.integer], bool]:
    """The number of fields of each row that is not blank, and whether quotes stand only where they belong."""
    view: Bytes = np.frombuffer(data, np.uint8)
    quotes = quotes_in(data, view, delimiter)
    rows = _rows(_line_breaks(data, view), quotes, 1)
    if not len(rows.ends):
        return np.empty(0, np.int64), True
    regular = not len(quotes.literal) and not len(quotes.broken) and quotes.lost is None
    counts = _Delimiters(view[: rows.used] == delimiter, rows, quotes).counts()
    return np.delete(counts, _blank(view, rows)) + 1, regular


def first_row(data: bytes, delimiter: int) -> tuple[int, int, int]:
    """Where the first row that is not blank begins and ends, and the line after it; no end: there is none."""
    view: Bytes = np.frombuffer(data, np.uint8)
    rows = _rows(_line_breaks(data, view), quotes_in(data, view, delimiter), 1)
    written = np.setdiff1d(np.arange(len(rows.ends)), _blank(view, rows))
    if not len(written):
        return 0, 0, 1
    row = int(written[0])
    end = int(rows.ends[row])
    return int(rows.starts[row]), end, rows.line(end) + 1


def _line_breaks(data: bytes, view: Bytes) -> Places:
    """Ends of lines: line feeds, and returns that no line feed follows."""
    feeds = places_of(view, LINE_FEED)
    if b"\r" not in data:
        return feeds
    returns = places_of(view[:-1], RETURN)
    lone = returns[view[returns + 1] != LINE_FEED]
    return np.sort(np.concatenate((feeds, lone))) if len(lone) else feeds


def _rows(breaks: Places, quotes: Quotes, first_line: int) -> _Rows:
    ends = breaks
    if len(quotes.turns):
        ends = breaks[np.searchsorted(quotes.turns, breaks) % 2 == 0]
    starts = np.concatenate(([0], ends[:-1] + 1)) if len(ends) else ends
    return _Rows(starts, ends, breaks, first_line)


def _fault(view: Bytes, rows: _Rows, quotes: Quotes, delimiter: int, final: bool) -> Fault | None:
    if quotes.lost is not None:
        return Fault("unclosed_quote", rows.line(quotes.lost))
    if final and quotes.open_at is not None:
        return Fault("unclosed_quote", rows.line(quotes.open_at))
    for row in np.flatnonzero(rows.ends - rows.starts > MAX_FIELD_BYTES):
        start, end = int(rows.starts[row]), int(rows.ends[row])
        if _longest_field(view, start, end, quotes, delimiter) > MAX_FIELD_BYTES:
            return Fault("long_field", rows.line(start))
    return None


def _longest_field(view: Bytes, start: int, end: int, quotes: Quotes, delimiter: int) -> int:
    places = start + np.flatnonzero(view[start:end] == delimiter)
    places = places[np.searchsorted(quotes.turns, places) % 2 == 0]
    return int(np.diff(np.concatenate(([start - 1], places, [end]))).max()) - 1


def _odd_rows(
    data: bytes, view: Bytes, rows: _Rows, quotes: Quotes, delimiter: int, columns: int
) -> dict[int, str]:
    """The rows that cannot be parsed as they are, with the reason."""
    reasons: dict[int, str] = {}
    delimiters = _Delimiters(view[: rows.used] == delimiter, rows, quotes)
    if not delimiters.everywhere(columns - 1):
        counts = delimiters.counts()
        reasons |= dict.fromkeys(np.flatnonzero(counts < columns - 1).tolist(), "too_few_fields")
        reasons |= dict.fromkeys(np.flatnonzero(counts > columns - 1).tolist(), "too_many_fields")
    if b"\x00" in data:
        reasons |= dict.fromkeys(rows.holding(np.flatnonzero(view == 0)), "nul")
    reasons |= dict.fromkeys(rows.holding(quotes.broken), "text_after_quote")
    return reasons | dict.fromkeys(_blank(view, rows).tolist(), "blank_line")


def _blank(view: Bytes, rows: _Rows) -> Places:
    sizes = rows.ends - rows.starts
    return np.flatnonzero((sizes == 0) | ((sizes == 1) & (view[rows.starts] == RETURN)))


@dataclass(frozen=True)
class _Delimiters:
    """How many delimiters outside quotes each row has."""

    found: Mask
    rows: _Rows
    quotes: Quotes

    def everywhere(self, wanted: int) -> bool:
        """Whether each row has so many. Counting modulo 256 is fast; the exact sum rules out a wrap."""
        if np.count_nonzero(self.found) - int(self._quoted.sum()) != wanted * len(self.rows.ends):
            return False
        kind = np.uint8 if wanted < 256 else np.uint16
        return bool((self._less_quoted(self._sums(kind)) == wanted).all())

    def counts(self) -> npt.NDArray[np.integer]:
        return self._less_quoted(self._sums(np.int64))

    def _sums(self, kind: type[np.integer]) -> npt.NDArray[np.integer]:
        bits = self.found.view(np.uint8) if kind is np.uint8 else self.found
        return np.add.reduceat(bits, self.rows.starts, dtype=kind)

    def _less_quoted(self, sums: npt.NDArray[np.integer]) -> npt.NDArray[np.integer]:
        some = np.flatnonzero(self._quoted)
        rows = np.searchsorted(self.rows.ends, self.quotes.turns[::2][some])
        np.subtract.at(sums, rows, self._quoted[some].astype(sums.dtype))
        return sums

    @cached_property
    def _quoted(self) -> npt.NDArray[np.int64]:
        """The delimiters in each quoted stretch; those of long stretches are counted one by one."""
        turns = self.quotes.turns[self.quotes.turns < len(self.found)]
        if not len(turns):
            return np.empty(0, np.int64)
        counts = np.add.reduceat(self.found.view(np.uint8), turns, dtype=np.uint8)[::2].astype(np.int64)
        for stretch in np.flatnonzero(turns[1::2] - turns[::2] > 255):
            start, end = turns[2 * stretch : 2 * stretch + 2]
            counts[stretch] = np.count_nonzero(self.found[start:end])
        return counts


def _assembled(
    data: bytes, view: Bytes, rows: _Rows, quotes: Quotes, delimiter: int, reasons: dict[int, str]
) -> Block:
    blanks = sum(reason == "blank_line" for reason in reasons.values())
    sound = np.ones(len(rows.ends), bool)
    sound[list(reasons)] = False
    return Block(
        clean=_clean(data, view, rows, quotes, delimiter, reasons),
        lines=rows.lines()[sound],
        rejected=_rejected(rows, reasons),
        first_line=rows.first_line,
        next_line=rows.line(rows.used),
        used=rows.used,
        counted=len(rows.ends) - blanks,
        ends_blank=reasons.get(len(rows.ends) - 1) == "blank_line",
        open_quote=None if quotes.open_at is None else rows.line(quotes.open_at),
    )


def _rejected(rows: _Rows, reasons: dict[int, str]) -> tuple[Rejected, ...]:
    """One record for each odd row, and one for each run of blank lines."""
    return tuple(
        Rejected(rows.line(int(rows.starts[row])), reason)
        for row, reason in sorted(reasons.items())
        if reason != "blank_line" or reasons.get(row - 1) != "blank_line"
    )


def _clean(
    data: bytes, view: Bytes, rows: _Rows, quotes: Quotes, delimiter: int, reasons: dict[int, str]
) -> bytes:
    """The sound rows, each ended by a line feed, with literal quotes written as quoted fields."""
    data = _with_line_feeds(data, view, rows)
    replaced = dict.fromkeys(reasons, b"")
    for row in rows.holding(quotes.literal):
        if row not in reasons:
            text = data[rows.starts[row] : rows.ends[row]].removesuffix(b"\r")
            replaced[row] = _requoted(text, delimiter) + b"\n"
    pieces, last = [], 0
    for row, text in sorted(replaced.items()):
        pieces += [data[last : rows.starts[row]], text]
        last = int(rows.ends[row]) + 1
    return b"".join([*pieces, data[last : rows.used]])


def _with_line_feeds(data: bytes, view: Bytes, rows: _Rows) -> bytes:
    """Rows that end with a return alone end with a line feed instead."""
    lone = rows.ends[view[rows.ends] == RETURN]
    if not len(lone):
        return data
    changed = bytearray(data)
    for place in lone.tolist():
        changed[place] = LINE_FEED
    return bytes(changed)


def fields(row: bytes, delimiter: int) -> list[bytes]:
    """The fields of one row, without the quotes around them."""
    view: Bytes = np.frombuffer(row, np.uint8)
    turns = quotes_in(row, view, delimiter).turns
    places = np.flatnonzero(view == delimiter)
    inner = [-1, *places[np.searchsorted(turns, places) % 2 == 0].tolist(), len(row)]
    return [_unquoted(row[start + 1 : end]) for start, end in pairwise(inner)]


def _unquoted(field: bytes) -> bytes:
    if len(field) > 1 and field.startswith(b'"') and field.endswith(b'"'):
        return field[1:-1].replace(b'""', b'"')
    return field


def _requoted(row: bytes, delimiter: int) -> bytes:
    """The same row with quotes around every field."""
    quoted = (b'"' + field.replace(b'"', b'""') + b'"' for field in fields(row, delimiter))
    return bytes([delimiter]).join(quoted)
