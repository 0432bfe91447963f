"""One sheet of an Excel file, row by row, its cells as text."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from string import ascii_uppercase

from leadlight.connect.files.archive import damaged
from leadlight.connect.files.limits import MAX_FIELD_BYTES, MAX_SHEET_COLUMNS, MAX_SHEET_ROWS, MB
from leadlight.connect.files.markup import Attributes, LocalNames
from leadlight.connect.files.serial import date_text, number_text
from leadlight.errors import FileError

Row = tuple[int, dict[int, str]]

_DIGITS = "0123456789"
_ESCAPE = re.compile(r"_x([0-9A-Fa-f]{4})_")


@dataclass(frozen=True)
class Book:
    """What all sheets of a file share: texts, which styles are dates, and the day that counting starts."""

    texts: Sequence[str]
    dates: frozenset[str]
    from_1904: bool


class _Columns(dict[str, int]):
    """Letters to places, worked out once each: A is 0, AA is 26."""

    def __missing__(self, letters: str) -> int:
        if not 1 <= len(letters) <= 3 or not all("A" <= letter <= "Z" for letter in letters):
            return -1
        place = 0
        for letter in letters:
            place = place * 26 + ord(letter) - 64
        self[letters] = place - 1
        return place - 1


class _Texts(dict[str, str]):
    """Shared texts by their number as it stands in the cells."""

    def __init__(self, texts: Sequence[str], where: str) -> None:
        super().__init__()
        self._texts = texts
        self._where = where

    def __missing__(self, stored: str) -> str:
        place = _whole(stored)
        if not 0 <= place < len(self._texts):
            raise damaged(self._where, "a cell points to a text that is not there")
        self[stored] = self._texts[place]
        return self[stored]


class SheetRows:
    """Listens to the XML of a sheet and collects its rows: their numbers, and the cells that are filled."""

    def __init__(self, book: Book, where: str, header_row: int = 0) -> None:
        self.rows: list[Row] = []
        self._header_row = header_row
        self._book = book
        self._where = where
        self._local = LocalNames()
        self._columns = _Columns()
        self._texts = _Texts(book.texts, where)
        self._row, self._column = 0, -1
        self._cells: dict[int, str] = {}
        self._kind, self._style = "n", ""
        self._stored = ""
        self._collected: list[str] | None = None
        self._phonetic = False

    def start(self, name: str, attributes: Attributes, /) -> None:
        element = self._local[name]
        if element == "c":
            self._begin_cell(attributes)
        elif element in ("v", "t"):
            self._collected = None if self._phonetic else []
        elif element == "row":
            self._begin_row(attributes.get("r"))
        elif element == "rPh":
            self._phonetic = True
        elif element == "mergeCell":
            self._check_merged(attributes.get("ref", ""))

    def end(self, name: str, /) -> None:
        element = self._local[name]
        if element in ("v", "t"):
            if self._collected:
                self._stored += "".join(self._collected)
            self._collected = None
        elif element == "c":
            if self._stored:
                self._end_cell(self._stored)
        elif element == "rPh":
            self._phonetic = False
        elif element == "row":
            self.rows.append((self._row, self._cells))

    def _check_merged(self, place: str) -> None:
        """A title may be spread over columns; a table may not."""
        last = _whole(place.rpartition(":")[2].lstrip(ascii_uppercase))
        if not 0 < last < self._header_row:
            raise _merged(self._where, place)

    def text(self, text: str, /) -> None:
        if self._collected is not None:
            self._collected.append(text)

    def _begin_row(self, number: str | None) -> None:
        row = self._row + 1 if number is None else _whole(number)
        if not self._row < row <= MAX_SHEET_ROWS:
            raise damaged(self._where, "its rows are out of order, or more than a sheet can hold")
        self._row, self._column, self._cells = row, -1, {}

    def _begin_cell(self, attributes: Attributes) -> None:
        place = attributes.get("r")
        column = self._column + 1 if place is None else self._columns[place.rstrip(_DIGITS)]
        if not self._column < column < MAX_SHEET_COLUMNS:
            raise damaged(self._where, "a cell has an impossible place")
        self._column = column
        self._kind, self._style = attributes.get("t", "n"), attributes.get("s", "")
        self._stored = ""

    def _end_cell(self, stored: str) -> None:
        text = self._texts[stored] if self._kind == "s" else self._own_text(stored)
        self._stored = ""
        if text:
            if len(text) > MAX_FIELD_BYTES:
                raise _long(f"{self._where}:{self._row}")
            self._cells[self._column] = text

    def _own_text(self, stored: str) -> str | None:
        kind = self._kind
        if kind == "n":
            dated = self._style in self._book.dates
            return date_text(stored, self._book.from_1904) if dated else number_text(stored)
        if kind == "b":
            return "true" if stored == "1" else "false"
        return None if kind == "e" else unescaped(stored)


class SharedTexts:
    """Listens to the table of texts that cells share."""

    def __init__(self) -> None:
        self.texts: list[str] = []
        self._local = LocalNames()
        self._parts: list[str] = []
        self._inside = False
        self._phonetic = False

    def start(self, name: str, attributes: Attributes, /) -> None:
        element = self._local[name]
        if element == "t":
            self._inside = not self._phonetic
        elif element == "si":
            self._parts = []
        elif element == "rPh":
            self._phonetic = True

    def end(self, name: str, /) -> None:
        element = self._local[name]
        if element == "t":
            self._inside = False
        elif element == "si":
            self.texts.append(unescaped("".join(self._parts)))
        elif element == "rPh":
            self._phonetic = False

    def text(self, text: str, /) -> None:
        if self._inside:
            self._parts.append(text)


def unescaped(text: str) -> str:
    """Characters that XML cannot hold are spelt _x000D_ in Excel files."""
    return _ESCAPE.sub(_character, text) if "_x" in text else text


def _character(match: re.Match[str]) -> str:
    letter = chr(int(match[1], 16))
    return match[0] if letter == "\x00" or "\ud800" <= letter <= "\udfff" else letter


def _whole(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else -1


def _merged(where: str, place: str) -> FileError:
    return FileError(
        "The sheet has merged cells, so rows and columns do not tell what belongs together.",
        code="merged_cells",
        where=f"{where}!{place}",
        hint="Unmerge them (select all, then Unmerge Cells), or choose another sheet with --sheet.",
    )


def _long(where: str) -> FileError:
    return FileError(
        f"A field is longer than {MAX_FIELD_BYTES // MB} MB.",
        code="long_field",
        where=where,
        hint="Leave that column out.",
    )
