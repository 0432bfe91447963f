"""How many columns the leads of a home may have together, whatever way they come in.

A name is kept as a keyed hash alone: it may itself be an address, and must not outlive who was forgotten.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

from sqlalchemy import Connection, delete, func, select

from leadlight.errors import InputError
from leadlight.store import bulk, leads
from leadlight.store.store import Store
from leadlight.store.tables import columns

MAX_COLUMNS: Final = 10_000
"""As many as a file may have. Lists and plans read leads as one table, where each name is a column."""


def admit(store: Store, connection: Connection, records: Iterable[Mapping[str, Any]]) -> None:
    """Note the columns of leads that come in; refuse more than a home may have."""
    asked = [hashed(store, name) for name in _names(records)]
    known = connection.execute(select(columns.c.hash).where(bulk.among(connection, columns.c.hash, asked)))
    new = set(asked) - {bytes(digest) for digest in known.scalars()}
    if not new:
        return
    there = int(connection.execute(select(func.count()).select_from(columns)).scalar_one())
    if there + len(new) > MAX_COLUMNS:
        raise InputError(
            f"With these leads the home would have {there + len(new):,} columns;"
            f" it can have at most {MAX_COLUMNS:,}.",
            code="too_many_columns",
            hint="Give what varies from lead to lead as values of one column. After leads with stray columns"
            " were erased: leadlight db check --repair --home HOME",
        )
    _note(connection, new)


def rebuild(store: Store, connection: Connection) -> None:
    """Count anew from the leads that are there."""
    connection.execute(delete(columns))
    found: set[str] = set()
    for page in leads.pages(connection):
        found.update(_names(lead.fields for lead in page))
    _note(connection, {hashed(store, name) for name in found})


def _names(records: Iterable[Mapping[str, Any]]) -> set[str]:
    """Every column in which somebody says something."""
    return {name for record in records for name, value in record.items() if value is not None}


def _note(connection: Connection, hashes: set[bytes]) -> None:
    bulk.insert_missing(connection, columns, ("hash",), [(digest,) for digest in sorted(hashes)])


def hashed(store: Store, name: str) -> bytes:
    """A name as it is kept."""
    return store.keyed("column", name.encode("utf-8", "surrogatepass"))
