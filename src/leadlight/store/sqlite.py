"""SQLite through apsw, which carries a library of its own: the shape that SQLAlchemy asks of a driver."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from pathlib import Path
from types import ModuleType
from typing import Any, Final

import apsw
from sqlalchemy.dialects import registry
from sqlalchemy.dialects.sqlite.base import SQLiteDialect
from sqlalchemy.engine import URL

from leadlight.errors import StoreError

apilevel: Final = "2.0"
threadsafety: Final = 1
paramstyle: Final = "qmark"

Binary = bytes
Error = apsw.Error
Warning = apsw.Error  # noqa: A001
InterfaceError = apsw.MisuseError
DatabaseError = apsw.Error
DataError = apsw.MismatchError
OperationalError = apsw.BusyError
IntegrityError = apsw.ConstraintError
InternalError = apsw.InternalError
ProgrammingError = apsw.SQLError
NotSupportedError = apsw.Error

sqlite_version_info: Final = tuple(int(part) for part in apsw.sqlite_lib_version().split("."))
SAFE_WAL: Final = (3, 51, 3)
BUSY_MILLISECONDS: Final = 10_000
CACHE_KIBIBYTES: Final = 65_536


def journal(version: Sequence[int] = sqlite_version_info) -> tuple[str, str]:
    """Journal and synchronous mode that keep each commit: older libraries may damage a file in WAL."""
    return ("wal", "full") if tuple(version) >= SAFE_WAL else ("delete", "extra")


class ApswCursor:
    """One statement and its rows."""

    arraysize = 1
    lastrowid: int | None = None

    def __init__(self, connection: apsw.Connection, under_way: set[ApswCursor]) -> None:
        self._connection = connection
        self._under_way = under_way
        self._rows: Iterator[Any] = iter(())
        self._running: apsw.Cursor | None = None
        self.description: Any = None
        self.rowcount = -1

    def execute(self, statement: str, parameters: Any = ()) -> ApswCursor:
        before = self._connection.total_changes()
        self.close()
        self._running = running = self._connection.cursor()
        self._under_way.add(self)
        names: list[str] = []

        def describe(about: apsw.Cursor, *_: Any) -> bool:
            """Take the names of the columns before the first row: where none comes, apsw forgets them."""
            names.extend(each[0] for each in about.get_description())
            return True

        running.exec_trace = describe
        self._rows = iter(running.execute(statement, parameters))
        self.description = tuple((name, *[None] * 6) for name in names) or None
        self.rowcount = self._connection.total_changes() - before
        self.lastrowid = self._connection.last_insert_rowid()
        return self

    def executemany(self, statement: str, parameters: Iterable[Any]) -> ApswCursor:
        before = self._connection.total_changes()
        self._connection.executemany(statement, parameters)
        self.description, self._rows = None, iter(())
        self.rowcount = self._connection.total_changes() - before
        return self

    def fetchone(self) -> Any:
        return next(self._rows, None)

    def fetchmany(self, size: int | None = None) -> list[Any]:
        wanted = size or self.arraysize
        return list(islice(self._rows, wanted))

    def fetchall(self) -> list[Any]:
        return list(self._rows)

    def close(self) -> None:
        self._rows = iter(())
        self._under_way.discard(self)
        if self._running is not None:
            self._running.close(True)
            self._running = None


class Connection:
    """One open database; a transaction lasts from BEGIN to commit or rollback."""

    def __init__(self, path: str) -> None:
        self.raw = apsw.Connection(path)
        self._under_way: set[ApswCursor] = set()
        self.raw.set_busy_timeout(BUSY_MILLISECONDS)
        mode, synchronous = journal()
        found = self.raw.execute(f"PRAGMA journal_mode={mode}").get
        for pragma in (
            f"synchronous={synchronous}",
            "foreign_keys=on",
            "secure_delete=on",
            "trusted_schema=off",
            f"cache_size=-{CACHE_KIBIBYTES}",
            "temp_store=memory",
        ):
            self.raw.execute(f"PRAGMA {pragma}")
        if found != mode:
            raise StoreError(
                f"The database refused the journal mode {mode}, without which no write is safe.",
                code="journal",
                hint="Lay the home on a local disk, not on a network folder.",
            )

    def cursor(self) -> ApswCursor:
        return ApswCursor(self.raw, self._under_way)

    def commit(self) -> None:
        """Keep what was written; where the disk is full SQLite may have undone it all without being asked."""
        if not self.raw.in_transaction:
            raise StoreError(
                "The database took back what was to be kept.",
                code="database",
                where=self.raw.filename,
                hint="Look at the disk, make room, then run it again.",
            )
        self.raw.execute("COMMIT")

    def end_reads(self) -> None:
        """A read that nobody ended keeps what is old in sight, and nothing can be written on top of that."""
        for each in list(self._under_way):
            each.close()

    def rollback(self) -> None:
        """Undo what was not committed."""
        self.end_reads()
        if self.raw.in_transaction:
            self.raw.execute("ROLLBACK")

    def close(self) -> None:
        self.raw.close()


def connect(path: str) -> Connection:
    return Connection(path)


class ApswDialect(SQLiteDialect):
    """SQLAlchemy's SQLite over the driver above."""

    driver = "apsw"
    default_paramstyle = "qmark"
    supports_statement_cache = True
    supports_sane_rowcount_returning = False
    returns_native_bytes = True

    @classmethod
    def import_dbapi(cls) -> ModuleType:
        import sys

        return sys.modules[__name__]

    def create_connect_args(self, url: URL) -> tuple[list[Any], dict[str, Any]]:
        return [url.database], {}

    def _get_server_version_info(self, connection: Any) -> tuple[int, ...]:
        return sqlite_version_info

    def is_disconnect(self, e: Any, connection: Any, cursor: Any) -> bool:
        return isinstance(e, apsw.ConnectionClosedError)


def journals(path: object) -> list[Path]:
    """What may lie beside a file of SQLite while it is open, or after a crash."""
    return [Path(f"{path}{ending}") for ending in ("-wal", "-shm", "-journal")]


def private(connection: Connection, _: Any) -> None:
    """The files of the database are their owner's alone."""
    for name in (connection.raw.filename, connection.raw.filename_wal, connection.raw.filename_journal):
        if name and Path(name).exists():
            Path(name).chmod(0o600)


registry.register("sqlite.apsw", __name__, "ApswDialect")
