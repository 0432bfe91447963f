"""Many rows at once: statements without a step of ours a row on SQLite, COPY on PostgreSQL."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Final

import msgspec
from sqlalchemy import (
    ARRAY,
    BigInteger,
    Boolean,
    Column,
    ColumnElement,
    Connection,
    Double,
    Integer,
    LargeBinary,
    Table,
    Text,
    any_,
    func,
    literal,
    select,
)

STAGE: Final = "stage"


def insert(
    connection: Connection, table: Table, columns: Sequence[str], rows: Sequence[Sequence[Any]]
) -> None:
    """Add rows that are new."""
    _write(connection, table, columns, rows, "")


def insert_missing(
    connection: Connection, table: Table, columns: Sequence[str], rows: Sequence[Sequence[Any]]
) -> int:
    """Add the rows that are not there yet; gives how many."""
    return _write(connection, table, columns, rows, "ON CONFLICT DO NOTHING")


def upsert(
    connection: Connection,
    table: Table,
    columns: Sequence[str],
    rows: Sequence[Sequence[Any]],
    key: Sequence[str] = (),
    changing: Sequence[str] = (),
) -> None:
    """Add rows, or put them in the place of those with the same key; there only some columns may change."""
    key = key or [column.name for column in table.primary_key]
    named = [name for name in changing or columns if name not in key]
    changed = ", ".join(f"{_quoted(name)} = excluded.{_quoted(name)}" for name in named)
    clause = f"ON CONFLICT ({', '.join(map(_quoted, key))}) DO UPDATE SET {changed}"
    _write(connection, table, columns, rows, clause)


def update(
    connection: Connection, table: Table, columns: Sequence[str], rows: Sequence[Sequence[Any]]
) -> None:
    """Change columns of rows that are there; each row ends with its primary key."""
    if not rows:
        return
    (key,) = (column.name for column in table.primary_key)
    target = _quoted(table.name)
    if connection.dialect.name == "sqlite":
        changed = ", ".join(f"{_quoted(name)} = ?" for name in columns)
        statement = f"UPDATE {target} SET {changed} WHERE {_quoted(key)} = ?"  # noqa: S608
        connection.connection.cursor().executemany(statement, rows)
        return
    with _staged(connection, table, (*columns, key), rows) as stage:
        changed = ", ".join(f"{_quoted(name)} = {stage}.{_quoted(name)}" for name in columns)
        where = f"{target}.{_quoted(key)} = {stage}.{_quoted(key)}"
        connection.exec_driver_sql(f"UPDATE {target} SET {changed} FROM {stage} WHERE {where}")  # noqa: S608


def among(connection: Connection, column: Column[Any], values: Sequence[Any]) -> ColumnElement[bool]:
    """Whether a column holds one of many values, which go over as one parameter."""
    if connection.dialect.name == "postgresql":
        return column == any_(literal(list(values), ARRAY(column.type)))
    packed = [value.hex() if isinstance(value, bytes) else value for value in values]
    each = func.json_each(msgspec.json.encode(packed).decode()).table_valued("value").c.value
    return column.in_(select(func.unhex(each) if isinstance(column.type, LargeBinary) else each))


def _write(
    connection: Connection, table: Table, columns: Sequence[str], rows: Sequence[Sequence[Any]], clause: str
) -> int:
    if not rows:
        return 0
    names = ", ".join(map(_quoted, columns))
    if connection.dialect.name == "sqlite":
        places = ", ".join("?" * len(columns))
        statement = f"INSERT INTO {_quoted(table.name)} ({names}) VALUES ({places}) {clause}"  # noqa: S608
        cursor = connection.connection.cursor()
        cursor.executemany(statement, rows)
        return cursor.rowcount
    if clause:
        return _through_stage(connection, table, columns, rows, clause)
    _copy(connection, f"{_quoted(table.name)} ({names})", _types(table, columns), rows)
    return len(rows)


_TYPES: Final = {
    BigInteger: "int8",
    Integer: "int4",
    Double: "float8",
    Boolean: "bool",
    Text: "text",
    LargeBinary: "bytea",
}
"""What COPY has to be told where numbers go over as they are, and not as text."""


def _types(table: Table, columns: Sequence[str]) -> list[str]:
    return [_TYPES[type(table.c[name].type)] for name in columns]


def _through_stage(
    connection: Connection,
    table: Table,
    columns: Sequence[str],
    rows: Iterable[Sequence[Any]],
    clause: str,
) -> int:
    """COPY knows no conflicts, so the rows go through a table of this transaction."""
    names, target = ", ".join(map(_quoted, columns)), _quoted(table.name)
    with _staged(connection, table, columns, rows) as stage:
        taken = f"INSERT INTO {target} ({names}) SELECT {names} FROM {stage} {clause}"  # noqa: S608
        return connection.exec_driver_sql(taken).rowcount


@contextmanager
def _staged(
    connection: Connection, table: Table, columns: Sequence[str], rows: Iterable[Sequence[Any]]
) -> Iterator[str]:
    """The rows in a table of their own for as long as the block lasts."""
    stage, names = _quoted(f"{STAGE}_{table.name}"), ", ".join(map(_quoted, columns))
    empty = f"SELECT {names} FROM {_quoted(table.name)} LIMIT 0"  # noqa: S608
    connection.exec_driver_sql(f"CREATE TEMP TABLE {stage} ON COMMIT DROP AS {empty}")
    _copy(connection, f"{stage} ({names})", _types(table, columns), rows)
    yield stage
    connection.exec_driver_sql(f"DROP TABLE {stage}")


def _copy(connection: Connection, target: str, types: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    cursor = connection.connection.cursor()
    with cursor.copy(f"COPY {target} FROM STDIN (FORMAT BINARY)") as copying:
        copying.set_types(types)
        for row in rows:
            copying.write_row(row)


def _quoted(name: str) -> str:
    return f'"{name}"'
