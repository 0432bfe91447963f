"""A file of people: ids, e-mail addresses or phones, in columns of their own or in one without a name."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Final

import polars as pl

from leadlight.connect import files
from leadlight.data import frame, handles
from leadlight.data.handles import KINDS, Handle, kinds_of
from leadlight.errors import ColumnError
from leadlight.insight.wording import counted

ID: Final = "id"
PHONE_SIGNS: Final = frozenset("+() ")


@dataclass(frozen=True)
class PeopleList:
    """Who is named in a file, and how many of its rows name nobody that can be read.

    `ways` are the kinds by which a row names somebody, each set of them once.
    """

    handles: tuple[Handle, ...]
    rows: int
    unread: int
    ways: frozenset[frozenset[str]]

    @property
    def note(self) -> str | None:
        """What has to be said of the rows that nobody can be barred by."""
        if not self.unread:
            return None
        rows = counted(self.unread, "row")
        return (
            f"{rows} of {self.rows:,} in the list could not be read as an id, an e-mail address or a phone."
        )


def read_people_list(path: Path, identity: str | None) -> PeopleList:
    """Everybody in a file; a column of its own for each kind, or one of all kinds without a header."""
    read = files.read(path)
    told = read.frame
    kinds = [(name, kind) for name in told.columns for kind in _kinds_of_column(name, identity)]
    if not kinds and told.width == 1:
        texts = [*told.columns, *_texts(told.to_series())]
        rows = [_of_any_kind(text) for text in texts]
        ways = [_kinds_meant(text, row) for text, row in zip(texts, rows, strict=True)]
        ways = ways[1:] or ways
    elif kinds:
        columns = [[handles.in_cell(kind, text) for text in _texts(told[name])] for name, kind in kinds]
        rows = [[each for cell in cells_of for each in cell] for cells_of in zip(*columns, strict=True)]
        ways = [frozenset(each.kind for each in row) for row in rows]
    else:
        raise ColumnError(
            "No column of the list of people is named as an id, an e-mail or a phone.",
            code="suppression_columns",
            where=str(path),
            hint=f"Name one {identity or 'id'!r}, 'Email' or 'Phone', or give one column without a name.",
        )
    people = tuple(dict.fromkeys(each for row in rows for each in row))
    unread = len(read.rejected) + sum(not row for row in rows)
    if unread and not people:
        raise ColumnError(
            "No row of the list of people can be read as an id, an e-mail address or a phone.",
            code="suppression_nobody",
            where=str(path),
            hint="Nobody would be left out. See which columns have these names, and what they hold.",
        )
    return PeopleList(people, len(read.rejected) + len(rows), unread, frozenset(filter(None, ways)))


def _kinds_of_column(name: str, identity: str | None) -> tuple[str, ...]:
    """What a column of a list tells people by; a name that is itself an address or a number is a value."""
    if handles.in_cell("email", name) or handles.in_cell("phone", name):
        return ()
    return kinds_of(name, identity or ID)


def _of_any_kind(text: str) -> list[Handle]:
    return [each for kind in KINDS for each in handles.in_cell(kind, text)]


def _kinds_meant(text: str, found: list[Handle]) -> frozenset[str]:
    """What a text without a heading is: an address is no id, nor is a number with the signs of a phone."""
    kinds = frozenset(each.kind for each in found)
    if "email" in kinds:
        return frozenset(("email",))
    return kinds - {ID} if "phone" in kinds and not PHONE_SIGNS.isdisjoint(text.strip()) else kinds


def _texts(series: pl.Series) -> list[str]:
    return frame.as_text(series).fill_null("").to_list()
