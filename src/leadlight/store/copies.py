"""The whole store as one file of SQLite, whatever database it lies in, and the way back."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import apsw
from sqlalchemy import URL, Connection, delete, func, select, text

from leadlight.store import bulk, schema, sqlite, upkeep
from leadlight.store.home import Home
from leadlight.store.store import Store, connected
from leadlight.store.tables import metadata

PAGE: Final = 5_000
BUSY_MILLISECONDS: Final = 10_000


def at(home: Home, path: Path) -> Home:
    """A file of SQLite that is kept under the key of this home."""
    return Home(home.folder, URL.create("sqlite+apsw", database=str(path)))


def write(store: Store, path: Path) -> None:
    """Copy everything as it stands at one moment into an empty file, while others go on."""
    if not store.home.is_sqlite:
        _gathered(store, path)
        return
    with upkeep.translating_sqlite_errors(store.home), upkeep.raw_connection(store.home) as source:
        pour(source, path)


def pour(source: apsw.Connection, path: Path) -> None:
    """Copy one file of SQLite into another, page by page, as one file without a journal beside it."""
    target = apsw.Connection(str(path))
    try:
        target.set_busy_timeout(BUSY_MILLISECONDS)
        transfer(source, target)
        target.execute("PRAGMA journal_mode=delete")
    finally:
        target.close()


def transfer(source: apsw.Connection, target: apsw.Connection) -> None:
    """All pages in one transaction: until the last one is written the target is as it was."""
    with target.backup("main", source, "main") as copying:
        copying.step(-1)


def _gathered(store: Store, path: Path) -> None:
    """From PostgreSQL, out of one snapshot."""
    with opened(at(store.home, path)) as copy, copy.writing() as target:
        schema.upgrade(target)
        snapshot = store.engine.connect().execution_options(isolation_level="REPEATABLE READ")
        with snapshot as source:
            fill(source, target)


@contextmanager
def opened(home: Home) -> Iterator[Store]:
    """A copy as a store, to look into it or to change it."""
    try:
        with connected(home) as store:
            yield store
    finally:
        for journal in sqlite.journals(home.url.database):
            journal.unlink(missing_ok=True)


def fill(source: Connection, target: Connection) -> dict[str, int]:
    """Copy the rows of every table into tables that are empty; how many of each."""
    counts = {}
    for table in metadata.sorted_tables:
        names = [column.name for column in table.columns]
        rows = source.execution_options(yield_per=PAGE).execute(select(table))
        counts[table.name] = 0
        for part in rows.partitions(PAGE):
            bulk.insert(target, table, names, [tuple(row) for row in part])
            counts[table.name] += len(part)
    return counts


def empty(target: Connection) -> None:
    """Take all rows out."""
    if target.dialect.name == "postgresql":
        names = ", ".join(f'"{table.name}"' for table in metadata.sorted_tables)
        target.execute(text(f"TRUNCATE {names}"))
        return
    for table in reversed(metadata.sorted_tables):
        target.execute(delete(table))


def count_on(target: Connection) -> None:
    """New rows are numbered after those that were copied in."""
    for table in metadata.sorted_tables:
        if "number" in table.columns:
            last = target.execute(select(func.max(table.columns["number"]))).scalar()
            named = text("SELECT setval(pg_get_serial_sequence(:name, 'number'), :next, false)")
            target.execute(named, {"name": f'"{table.name}"', "next": (last or 0) + 1})
