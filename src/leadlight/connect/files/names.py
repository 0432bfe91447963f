"""The header of a file: what each column is called."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from leadlight.connect.files.limits import MAX_COLUMNS
from leadlight.errors import FileError

_BLANKS = " \t\n\r\f\v\u00a0\u2007\u202f\ufeff"


@dataclass(frozen=True)
class Header:
    """The names of the columns, in the order of the file."""

    names: tuple[str, ...]
    notes: tuple[str, ...] = ()


def header_of(raw: Sequence[str], where: str) -> Header:
    """Trim the names; one without a name is called by its place; the same name twice is refused."""
    if len(raw) > MAX_COLUMNS:
        raise FileError(
            f"The file has {len(raw):,} columns; at most {MAX_COLUMNS:,} are read.",
            code="too_many_columns",
            where=where,
            hint="Export the columns that matter, or check that rows and columns are not swapped.",
        )
    names = [name.strip(_BLANKS) for name in raw]
    if any("\x00" in name for name in names):
        raise FileError(
            "A column's name holds a NUL character.",
            code="nul",
            where=where,
            hint="Export the leads again; if they are UTF-16, say so with --encoding.",
        )
    nameless = [place for place, name in enumerate(names, start=1) if not name]
    if len(nameless) > 1:
        raise _nameless(nameless, where)
    for place in nameless:
        names[place - 1] = f"column_{place}"
    _refuse_twins(names, where)
    return Header(tuple(names), tuple(f"column {place} has no name: column_{place}" for place in nameless))


def _nameless(places: list[int], where: str) -> FileError:
    listed = ", ".join(str(place) for place in places[:5]) + (" and more" if len(places) > 5 else "")
    return FileError(
        f"{len(places)} columns have no name (columns {listed}).",
        code="nameless_columns",
        where=where,
        hint="The first row has to hold one name a column: delete title rows above it, and empty columns.",
    )


def _refuse_twins(names: Sequence[str], where: str) -> None:
    first: dict[str, int] = {}
    for place, name in enumerate(names, start=1):
        earlier = first.setdefault(name.casefold(), place)
        if earlier != place:
            raise FileError(
                f"Columns {earlier} and {place} have the same name, {names[earlier - 1]!r}"
                + (f" and {name!r}" if name != names[earlier - 1] else "")
                + " (case and blanks around it do not count).",
                code="duplicate_columns",
                where=where,
                hint="Rename or delete one of them.",
            )
