"""Leads out of SQL databases by URL: PostgreSQL, MySQL and MariaDB, SQLite, DuckDB. Nothing is written.

`postgresql://user@host/crm?table=leads` or `...?query=SELECT ...`. Rows are streamed; every value becomes
text one way, with numbers known as such.
"""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from types import ModuleType
from typing import Any, Final
from urllib.parse import parse_qsl, quote, unquote, urlencode, urlsplit
from uuid import UUID

import numpy as np
import polars as pl

from leadlight.connect.addresses import optional_library
from leadlight.connect.files.leads import Batches, Leads, Selection, Whole
from leadlight.connect.files.limits import BATCH_CELLS, BATCH_ROWS
from leadlight.connect.files.names import header_of
from leadlight.data import frame
from leadlight.errors import DependencyError, FileError

CONNECT_SECONDS: Final = 10
_READS: Final = re.compile(r"\s*(?:SELECT|WITH|VALUES|TABLE|FROM)\b", re.IGNORECASE)
_OURS: Final = ("table", "query")


@dataclass(frozen=True)
class _System:
    """How one kind of database is reached and asked; `open` gives a connection that cannot write."""

    quote: str
    open: Callable[[DatabaseAddress], Any]
    tables: str
    start: Callable[[Any, str], Any]


@dataclass(frozen=True)
class DatabaseAddress:
    """A database and what is read from it. `shown` is fit for every eye: no user, no password, no query."""

    system: str
    host: str
    port: int | None
    user: str | None
    password: str | None = field(repr=False)
    path: str
    options: Mapping[str, str] = field(repr=False)
    table: str | None
    query: str | None = field(repr=False)

    @staticmethod
    def of(place: str) -> DatabaseAddress:
        parts = urlsplit(place)
        asked = dict(parse_qsl(parts.query, keep_blank_values=True))
        try:
            port = parts.port
        except ValueError:
            raise _odd(parts.scheme, "The port is not a number.") from None
        return DatabaseAddress(
            _SAME.get(parts.scheme, parts.scheme),
            parts.hostname or "",
            port,
            _unquoted(parts.username),
            _unquoted(parts.password),
            unquote(parts.path[1:]),
            {name: value for name, value in asked.items() if name not in _OURS},
            asked.get("table") or None,
            asked.get("query") or None,
        )

    @property
    def shown(self) -> str:
        port = f":{self.port}" if self.port else ""
        what = f"?table={self.table}" if self.table else "?query=..." if self.query else ""
        return f"{self.system}://{self.host}{port}/{self.path}{what}"

    @property
    def file(self) -> Path:
        """The file of a database that is one."""
        path = Path(self.path).expanduser()
        if not path.is_file():
            raise FileError(
                "There is no such database file.",
                code="not_found",
                where=str(path),
                hint="sqlite:///crm.db is beside you, sqlite:////data/crm.db begins at the root.",
            )
        return path


def is_database(place: object) -> bool:
    """Whether a place where leads are is the URL of a database."""
    scheme, mark, _ = str(place).partition("://")
    return bool(mark) and scheme.lower() in {*_SYSTEMS, *_SAME}


def _unquoted(text: str | None) -> str | None:
    return None if text is None else unquote(text)


def shown(place: str) -> str:
    """A database's URL without user, password and query."""
    return DatabaseAddress.of(place).shown


def open_database(place: str, batch_rows: int = BATCH_ROWS) -> Batches:
    """Ask the database; the columns are known at once, the rows come in batches."""
    address = DatabaseAddress.of(place)
    system = _SYSTEMS[address.system]
    running = _Running(address, system, _statement(address, system))
    described = running.ask().description
    if not described:
        raise _odd(address.shown, "The query gives no columns.")
    names = header_of([str(column[0]) for column in described], address.shown)
    rows = min(batch_rows, max(BATCH_CELLS // max(len(names.names), 1), 1))

    def start(selection: Selection) -> Iterator[Leads]:
        return running.batches(names.names, rows, selection)

    return Batches(address.shown, names.names, names.notes, start)


class _Running:
    """A question that was asked once to learn its columns, and is asked again by whoever reads it twice."""

    def __init__(self, address: DatabaseAddress, system: _System, statement: str) -> None:
        self.address, self.system, self.statement = address, system, statement
        self._asked: tuple[Any, Any] | None = None

    def ask(self) -> Any:
        with_faults = _Faults(self.address, self.system)
        connection = with_faults.call(lambda: self.system.open(self.address), "connect")
        try:
            cursor = with_faults.call(lambda: self.system.start(connection, self.statement), "ask")
        except FileError:
            connection.close()
            raise
        self._asked = connection, cursor
        return cursor

    def batches(self, names: Sequence[str], rows: int, selection: Selection) -> Iterator[Leads]:
        if self._asked is None:
            self.ask()
        assert self._asked is not None
        (connection, cursor), self._asked = self._asked, None
        faults, first = _Faults(self.address, self.system), 1
        try:
            while (some := faults.call(lambda: cursor.fetchmany(rows), "read")) or first == 1:
                yield self._leads(names, some, first, selection)
                first += len(some)
                if not some:
                    break
        finally:
            connection.close()

    def _leads(
        self, names: Sequence[str], rows: Sequence[Sequence[Any]], first: int, selection: Selection
    ) -> Leads:
        wanted = names if selection.carry else selection.columns
        places = {name: place for place, name in enumerate(names)}
        columns = [_column(name, [row[places[name]] for row in rows]) for name in wanted]
        table = pl.DataFrame(columns)
        carried = Whole(table) if selection.carry else None
        lines = np.arange(first, first + len(rows), dtype=np.int64)
        return Leads(table.select(selection.columns), (), self.address.shown, (), lines, carried)


def _column(name: str, values: Sequence[Any]) -> pl.Series:
    return frame.texts(frame.column(name, [_plain(value) for value in values])).alias(name)


def _plain(value: Any) -> Any:
    """A value as our grammar knows it; what is no plain value is missing, as in a file."""
    if isinstance(value, str):
        return value or None
    if isinstance(value, UUID | timedelta):
        return str(value)
    return None if isinstance(value, bytes | bytearray | memoryview | list | dict | tuple | set) else value


def _statement(address: DatabaseAddress, system: _System) -> str:
    if (address.table is None) == (address.query is None):
        raise _odd(
            address.shown,
            "It is not said which leads are meant.",
            f"Add ?table=NAME or ?query=SELECT ... to the URL. {_tables(address, system)}",
        )
    if address.query is not None:
        if not _READS.match(address.query):
            raise _odd(address.shown, "The query does not begin with SELECT or WITH.")
        return address.query
    assert address.table is not None
    mark = system.quote
    names = [f"{mark}{part.replace(mark, mark * 2)}{mark}" for part in address.table.split(".")]
    return f"SELECT * FROM {'.'.join(names)}"  # noqa: S608


def _tables(address: DatabaseAddress, system: _System) -> str:
    faults = _Faults(address, system)
    connection = faults.call(lambda: system.open(address), "connect")
    try:
        found = faults.call(lambda: system.start(connection, system.tables).fetchmany(20), "ask")
    finally:
        connection.close()
    return f"There are: {', '.join(sorted(str(row[0]) for row in found))}." if found else ""


@dataclass(frozen=True)
class _Faults:
    """What a driver raises, as FileError: about names and grammar in its own words, else without them."""

    address: DatabaseAddress
    system: _System

    def call(self, work: Callable[[], Any], when: str) -> Any:
        try:
            return work()
        except FileError:
            raise
        except DependencyError:
            raise
        except Exception as problem:  # noqa: BLE001
            raise self._told(problem, when) from None

    def _told(self, problem: Exception, when: str) -> FileError:
        if when == "connect":
            return FileError(
                f"The database did not let us in{_fatal(problem)}.",
                code="database_unreachable",
                where=self.address.shown,
                hint="Check host, port, user and password; a % in a password is written %25.",
            )
        said = f": {_about_names(problem)}" if _about_names(problem) else f" ({type(problem).__name__})."
        return FileError(
            f"The database refused{said}",
            code="database_refused",
            where=self.address.shown,
            hint="Try the query in the database's own client." if self.address.query else self._tables(),
        )

    def _tables(self) -> str | None:
        try:
            return _tables(self.address, self.system) or None
        except FileError:
            return None


def _fatal(problem: Exception) -> str:
    found = re.search(r"FATAL:\s+(password authentication failed|database|role|no pg_hba)", str(problem))
    return f": {found[1]} refused" if found else ""


_NAMED: Final = {"ProgrammingError", "CatalogException", "BinderException", "ParserException"}


def _about_names(problem: Exception) -> str:
    """A driver's words about tables, columns and grammar, which hold no lead's values."""
    state = str(getattr(problem, "sqlstate", None) or "")
    kind = type(problem).__name__
    fits = state.startswith("42") or kind in _NAMED or (not state and kind == "OperationalError")
    words = problem.args[1] if len(problem.args) > 1 else str(problem)
    return str(words).strip().splitlines()[0][:300] if fits and str(words).strip() else ""


def _odd(where: str, message: str, hint: str | None = None) -> FileError:
    example = "For example postgresql://user@host/crm?table=leads"
    return FileError(message, code="database_url", where=where, hint=hint or example)


def _driver(name: str, extra: str) -> ModuleType:
    return optional_library(name, "Reading this database needs", extra)


def _open_postgresql(address: DatabaseAddress) -> Any:
    psycopg = _driver("psycopg", "leadlight[postgres]")
    user = "" if address.user is None else quote(address.user, safe="")
    if address.password is not None:
        user += f":{quote(address.password, safe='')}"
    port = f":{address.port}" if address.port else ""
    host = f"[{address.host}]" if ":" in address.host else address.host
    options = urlencode({"connect_timeout": CONNECT_SECONDS, **address.options}, quote_via=quote)
    place = f"{user + '@' if user else ''}{host}{port}/{quote(address.path)}"
    connection = psycopg.connect(f"postgresql://{place}?{options}")
    connection.read_only = True
    return connection


def _open_mysql(address: DatabaseAddress) -> Any:
    pymysql = _driver("pymysql", "leadlight[connect]")
    cursors = _driver("pymysql.cursors", "leadlight[connect]")
    unknown = [name for name in address.options if name not in {"ssl_ca", "unix_socket"}]
    if unknown:
        known = "Known are ssl_ca and unix_socket."
        raise _odd(address.shown, f"There is no option {unknown[0]!r} of this URL.", known)
    connection = pymysql.connect(
        host=address.host or "localhost",
        port=address.port or 3306,
        user=address.user,
        password=address.password or "",
        database=address.path or None,
        charset="utf8mb4",
        connect_timeout=CONNECT_SECONDS,
        cursorclass=cursors.SSCursor,
        read_default_file=None if address.password else "~/.my.cnf",
        **address.options,
    )
    with connection.cursor() as cursor:
        cursor.execute("SET SESSION TRANSACTION READ ONLY")
        cursor.execute("SET time_zone = '+00:00'")
    return connection


def _open_sqlite(address: DatabaseAddress) -> Any:
    connection = sqlite3.connect(f"file:{quote(str(address.file))}?mode=ro", uri=True)
    connection.text_factory = lambda raw: raw.decode("utf-8", "replace")
    connection.execute("PRAGMA query_only = ON")
    return connection


def _open_duckdb(address: DatabaseAddress) -> Any:
    settings = {"enable_external_access": False, "lock_configuration": True}
    return _driver("duckdb", "duckdb").connect(str(address.file), read_only=True, config=settings)


def _streamed(connection: Any, statement: str) -> Any:
    """A cursor on the server takes one statement that reads, and nothing else."""
    cursor = connection.cursor(name="leads")
    cursor.execute(statement)
    return cursor


def _executed(connection: Any, statement: str) -> Any:
    cursor = connection.cursor()
    cursor.execute(statement)
    return cursor


_LISTED: Final = (
    "SELECT table_name FROM information_schema.tables"
    " WHERE table_schema NOT IN ('information_schema', 'pg_catalog', 'mysql', 'sys', 'performance_schema')"
)
_SAME: Final = {"postgres": "postgresql", "mariadb": "mysql"}
_SYSTEMS: Final = {
    "postgresql": _System('"', _open_postgresql, _LISTED, _streamed),
    "mysql": _System("`", _open_mysql, _LISTED, _executed),
    "sqlite": _System(
        '"', _open_sqlite, "SELECT name FROM sqlite_master WHERE type IN ('table', 'view')", _executed
    ),
    "duckdb": _System('"', _open_duckdb, _LISTED, _executed),
}
