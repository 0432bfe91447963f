"""The rows of a block of CSV: where they end, which are sound, and the sound ones cut out for the parser.

Everything is counted at once over the bytes of the block; single rows are looked at only where one is odd.
"""

from __future__ import annotations

import csv
import re
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from leadlight.connect.files.leads import Lines, Rejected
from leadlight.connect.files.limits import MAX_FIELD_BYTES
from leadlight.connect.files.quotes import (
    LINE_FEED,
    NUL,
    QUOTE,
    RETURN,
    Bytes,
    Places,
    Quotes,
    number_of,
    places_of,
    quotes_among,
)

Mask = npt.NDArray[np.bool_]

_DENSE = 50_000
"""More quoted stretches than one in so many bytes are counted all at once."""


@dataclass(frozen=True)
class Fault:
    """Why a whole file has to be refused, and at which line."""

    reason: str
    line: int


@dataclass(frozen=True)
class FieldBlock:
    """The complete rows at the beginning of some bytes of a file."""

    clean: bytes
    lines: Lines
    rejected: tuple[Rejected, ...]
    first_line: int
    next_line: int
    used: int
    counted: int
    doubled: bool = False
    ends_blank: bool = False
    open_quote: int | None = None
    fault: Fault | None = None


def complete_rows(data: bytes, delimiter: int, columns: int, first_line: int, final: bool) -> FieldBlock:
    """Cut the complete rows from the front of the data and sort the sound from the odd."""
    if final and data and not data.endswith(b"\n"):
        data += b"\n"
    layout = layout_of(data, delimiter, first_line)
    fault = _fault(layout, final)
    if fault is not None or not len(layout.ends):
        nothing, line = np.empty(0, np.int64), layout.open_line
        return FieldBlock(b"", nothing, (), first_line, first_line, 0, 0, open_quote=line, fault=fault)
    return _assembled(layout, _odd_rows(layout, columns))


def widths(data: bytes, delimiter: int) -> tuple[npt.NDArray[np.integer], bool]:
    """The number of fields of each row that is not blank, and whether quotes stand only where they belong."""
    layout = layout_of(data, delimiter)
    if not len(layout.ends):
        return np.empty(0, np.int64), True
    quotes = layout.quotes
    regular = not len(quotes.literal) and not len(quotes.broken) and quotes.lost is None
    return np.delete(_Delimiters(layout).counts(), layout.blank()) + 1, regular


def first_row(data: bytes, delimiter: int, line: int) -> tuple[int, int, int]:
    """Where the first row that is not blank begins and ends, and the line after it; no end: there is none."""
    layout = layout_of(data, delimiter, line)
    written = np.setdiff1d(np.arange(len(layout.ends)), layout.blank())
    if not len(written):
        return 0, 0, line
    start, end = (int(places[written[0]]) for places in (layout.starts, layout.ends))
    return start, end, layout.line(end) + 1


def fields(row: bytes, delimiter: int) -> list[bytes]:
    """The fields of one row, without the quotes around them."""
    text = row.decode("latin-1")  # every byte is a character there, so that none is lost on the way
    try:
        parts = next(csv.reader([text], delimiter=chr(delimiter)), [""])
    except csv.Error:
        return _long_fields(row, delimiter)
    return [part.encode("latin-1") for part in parts]


def _long_fields(row: bytes, delimiter: int) -> list[bytes]:
    """Rows with fields that are too long for Python's own reader."""
    layout = layout_of(row, delimiter)
    places = layout.outside_quotes(np.flatnonzero(layout.view == delimiter))
    inner = [-1, *places.tolist(), len(row)]
    return [_unquoted(row[start + 1 : end]) for start, end in pairwise(inner)]


def _unquoted(field: bytes) -> bytes:
    if len(field) > 1 and field.startswith(b'"') and field.endswith(b'"'):
        return field[1:-1].replace(b'""', b'"')
    return field


@dataclass(frozen=True)
class FieldLayout:
    """Where things stand in some bytes: quotes, ends of lines (`breaks`), and of those the ends of rows."""

    data: bytes
    view: Bytes
    delimiter: int
    quotes: Quotes
    breaks: Places
    starts: Places
    ends: Places
    first_line: int

    @property
    def used(self) -> int:
        """The bytes that complete rows take."""
        return int(self.ends[-1]) + 1 if len(self.ends) else 0

    @property
    def open_line(self) -> int | None:
        """The line of a quote that is not closed in these bytes."""
        place = self.quotes.open_at
        return None if place is None else self.line(place)

    def line(self, place: int) -> int:
        return self.first_line + int(np.searchsorted(self.breaks, place))

    def lines(self) -> Lines:
        """The line that each row begins in."""
        if len(self.breaks) == len(self.ends):
            return self.first_line + np.arange(len(self.starts), dtype=np.int64)
        return self.first_line + np.searchsorted(self.breaks, self.starts).astype(np.int64)

    def holding(self, places: Places) -> list[int]:
        """The rows that hold these places; what lies past the last complete row is left out."""
        rows = np.searchsorted(self.ends, places).tolist()
        return sorted({row for row in rows if row < len(self.ends)})

    def blank(self) -> Places:
        """The rows with nothing in them."""
        sizes = self.ends - self.starts
        return np.flatnonzero((sizes == 0) | ((sizes == 1) & (self.view[self.starts] == RETURN)))

    def outside_quotes(self, places: Places) -> Places:
        kept: Places = places[np.searchsorted(self.quotes.turns, places) % 2 == 0]
        return kept


def layout_of(data: bytes, delimiter: int, first_line: int = 1) -> FieldLayout:
    """Look through some bytes that begin where a row begins."""
    view: Bytes = np.frombuffer(data, np.uint8)
    quotes = quotes_among(data, view, places_of(view, QUOTE), delimiter)
    breaks = _line_breaks(data, view)
    ends = breaks[np.searchsorted(quotes.turns, breaks) % 2 == 0] if len(quotes.turns) else breaks
    starts = np.concatenate(([0], ends[:-1] + 1)) if len(ends) else ends
    return FieldLayout(data, view, delimiter, quotes, breaks, starts, ends, first_line)


def _line_breaks(data: bytes, view: Bytes) -> Places:
    """Line feeds, and returns that no line feed follows; of a return at the very end one cannot say."""
    feeds = places_of(view, LINE_FEED)
    returns = number_of(view[:-1], RETURN) if b"\r" in data else 0
    if returns == np.count_nonzero(view[feeds[feeds > 0] - 1] == RETURN):
        return feeds
    places = places_of(view[:-1], RETURN)
    return np.sort(np.concatenate((feeds, places[view[places + 1] != LINE_FEED])))


def _fault(layout: FieldLayout, final: bool) -> Fault | None:
    quotes = layout.quotes
    if quotes.lost is not None:
        return Fault("unclosed_quote", layout.line(quotes.lost))
    if final and layout.open_line is not None:
        return Fault("unclosed_quote", layout.open_line)
    for row in np.flatnonzero(layout.ends - layout.starts > MAX_FIELD_BYTES):
        start, end = int(layout.starts[row]), int(layout.ends[row])
        if _longest_field(layout, start, end) > MAX_FIELD_BYTES:
            return Fault("long_field", layout.line(start))
    return None


def _longest_field(layout: FieldLayout, start: int, end: int) -> int:
    places = layout.outside_quotes(start + np.flatnonzero(layout.view[start:end] == layout.delimiter))
    return int(np.diff(np.concatenate(([start - 1], places, [end]))).max()) - 1


def _odd_rows(layout: FieldLayout, columns: int) -> dict[int, str]:
    """The rows that cannot be parsed as they are, with the reason."""
    reasons: dict[int, str] = {}
    delimiters = _Delimiters(layout)
    if not delimiters.everywhere(columns - 1):
        counts = delimiters.counts()
        reasons |= dict.fromkeys(np.flatnonzero(counts < columns - 1).tolist(), "too_few_fields")
        reasons |= dict.fromkeys(np.flatnonzero(counts > columns - 1).tolist(), "too_many_fields")
    if b"\x00" in layout.data:
        reasons |= dict.fromkeys(layout.holding(places_of(layout.view, NUL)), "nul")
    reasons |= dict.fromkeys(layout.holding(layout.quotes.broken), "text_after_quote")
    return reasons | dict.fromkeys(layout.blank().tolist(), "blank_line")


class _Delimiters:
    """How many delimiters outside quotes each row has."""

    def __init__(self, layout: FieldLayout) -> None:
        self._layout = layout
        self._found = layout.view[: layout.used] == layout.delimiter
        turns = layout.quotes.turns[layout.quotes.turns < layout.used]
        self._opening, self._closing = turns[0::2], turns[1::2]
        self._quoted = _counted(self._found, self._opening, self._closing)

    def everywhere(self, wanted: int) -> bool:
        """Whether each row has so many. Counting modulo 256 is fast; the exact sum rules out a wrap."""
        if np.count_nonzero(self._found) - int(self._quoted.sum()) != wanted * len(self._layout.ends):
            return False
        kind = np.uint8 if wanted < 256 else np.uint16
        return bool((self._less_quoted(self._sums(kind)) == wanted).all())

    def counts(self) -> npt.NDArray[np.integer]:
        return self._less_quoted(self._sums(np.int64))

    def _sums(self, kind: type[np.integer]) -> npt.NDArray[np.integer]:
        bits = self._found.view(np.uint8) if kind is np.uint8 else self._found
        return np.add.reduceat(bits, self._layout.starts, dtype=kind)

    def _less_quoted(self, sums: npt.NDArray[np.integer]) -> npt.NDArray[np.integer]:
        some = np.flatnonzero(self._quoted)
        rows = np.searchsorted(self._layout.ends, self._opening[some])
        np.subtract.at(sums, rows, self._quoted[some].astype(sums.dtype))
        return sums


def _counted(found: Mask, opening: Places, closing: Places) -> npt.NDArray[np.int64]:
    """The delimiters in each quoted stretch: all at once where there are many, long ones one by one."""
    if len(opening) > len(found) // _DENSE:
        turns = np.stack((opening, closing), axis=1).ravel()
        counts = np.add.reduceat(found.view(np.uint8), turns, dtype=np.uint8)[::2].astype(np.int64)
        single = np.flatnonzero(closing - opening > 255)
    else:
        counts = np.zeros(len(opening), np.int64)
        single = np.arange(len(opening))
    for stretch in single.tolist():
        counts[stretch] = np.count_nonzero(found[opening[stretch] : closing[stretch]])
    return counts


def _assembled(layout: FieldLayout, reasons: dict[int, str]) -> FieldBlock:
    blanks = sum(reason == "blank_line" for reason in reasons.values())
    sound = np.ones(len(layout.ends), bool)
    sound[list(reasons)] = False
    return FieldBlock(
        clean=_clean(layout, reasons),
        lines=layout.lines()[sound],
        rejected=_rejected(layout, reasons),
        first_line=layout.first_line,
        next_line=layout.line(layout.used),
        used=layout.used,
        counted=len(layout.ends) - blanks,
        doubled=layout.quotes.doubled,
        ends_blank=reasons.get(len(layout.ends) - 1) == "blank_line",
        open_quote=layout.open_line,
    )


def _rejected(layout: FieldLayout, reasons: dict[int, str]) -> tuple[Rejected, ...]:
    """One record for each odd row, and one for each run of blank lines."""
    return tuple(
        Rejected(layout.line(int(layout.starts[row])), reason)
        for row, reason in sorted(reasons.items())
        if reason != "blank_line" or reasons.get(row - 1) != "blank_line"
    )


def _clean(layout: FieldLayout, reasons: dict[int, str]) -> bytes:
    """The sound rows, each ended by a line feed, with literal quotes written as quoted fields."""
    data = _with_line_feeds(layout)
    replaced = dict.fromkeys(reasons, b"")
    for row in layout.holding(layout.quotes.literal):
        if row not in reasons:
            text = data[layout.starts[row] : layout.ends[row]].removesuffix(b"\r")
            replaced[row] = _requoted(text, layout.delimiter) + b"\n"
    pieces, last = [], 0
    for row, text in sorted(replaced.items()):
        pieces += [data[last : layout.starts[row]], text]
        last = int(layout.ends[row]) + 1
    return b"".join([*pieces, data[last : layout.used]])


def _with_line_feeds(layout: FieldLayout) -> bytes:
    """Rows that end with a return alone end with a line feed instead."""
    lone = layout.ends[layout.view[layout.ends] == RETURN]
    if not len(lone):
        return layout.data
    changed = bytearray(layout.data)
    for place in lone.tolist():
        changed[place] = LINE_FEED
    return bytes(changed)


def _requoted(row: bytes, delimiter: int) -> bytes:
    """A row with quotes around every field that needs them."""
    mark = bytes([delimiter])
    parts = row.split(mark)
    if any(part.startswith(b'"') for part in parts):
        parts = fields(row, delimiter)
    special = re.compile(b'["\r\n' + re.escape(mark) + b"]")
    return mark.join(_quoted(part) if special.search(part) else part for part in parts)


def _quoted(field: bytes) -> bytes:
    return b'"' + field.replace(b'"', b'""') + b'"'
