"""Many rows at once: statements without a step of ours a row on SQLite, COPY on PostgreSQL."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
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
) -> None:
    """Add rows, or put them in the place of those with the same key."""
    key = key or [column.name for column in table.primary_key]
    changed = ", ".join(f"{_quoted(name)} = excluded.{_quoted(name)}" for name in columns if name not in key)
    clause = f"ON CONFLICT ({', '.join(map(_quoted, key))}) DO UPDATE SET {changed}"
    _write(connection, table, columns, rows, clause)


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
    types = [_TYPES[type(table.c[name].type)] for name in columns]
    if clause:
        return _through_stage(connection, table, names, types, rows, clause)
    _copy(connection, f"{_quoted(table.name)} ({names})", types, rows)
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


def _through_stage(
    connection: Connection,
    table: Table,
    names: str,
    types: Sequence[str],
    rows: Iterable[Sequence[Any]],
    clause: str,
) -> int:
    """COPY knows no conflicts, so the rows go through a table of this transaction."""
    stage = f"{STAGE}_{table.name}"
    target = _quoted(table.name)
    empty = f"SELECT {names} FROM {target} LIMIT 0"  # noqa: S608
    connection.exec_driver_sql(f"CREATE TEMP TABLE {stage} ON COMMIT DROP AS {empty}")
    _copy(connection, f"{stage} ({names})", types, rows)
    taken = f"INSERT INTO {target} ({names}) SELECT {names} FROM {stage} {clause}"  # noqa: S608
    count = connection.exec_driver_sql(taken).rowcount
    connection.exec_driver_sql(f"DROP TABLE {stage}")
    return count


def _copy(connection: Connection, target: str, types: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    cursor = connection.connection.cursor()
    with cursor.copy(f"COPY {target} FROM STDIN (FORMAT BINARY)") as copying:
        copying.set_types(types)
        for row in rows:
            copying.write_row(row)


def _quoted(name: str) -> str:
    return f'"{name}"'
