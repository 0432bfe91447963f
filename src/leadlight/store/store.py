"""The store: one database, reads in snapshots, writes one after the other, each durable when it returns."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from hashlib import blake2b
from typing import Any, Final, cast

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from leadlight.errors import DependencyError, StoreError
from leadlight.store import sqlite
from leadlight.store.home import Home

HASH_BYTES: Final = 16
POOL: Final = 8
TURN: Final = 5_326_483_710
TURN_MILLISECONDS: Final = 30_000


@dataclass(frozen=True)
class Store:
    """An open home; share one a process."""

    home: Home
    engine: Engine
    secret: bytes
    _turn: threading.RLock = field(default_factory=threading.RLock, repr=False)

    @staticmethod
    def connect(home: Home) -> Store:
        """A home that exists, whatever version its database is at."""
        return Store(home, engine(home), home.secret())

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """One snapshot; short, so that a checkpoint is not held up."""
        with translating_errors(self.home), self._reader.connect() as connection:
            yield connection

    @property
    def _reader(self) -> Engine:
        if self.home.is_sqlite:
            return self.engine
        return self.engine.execution_options(isolation_level="REPEATABLE READ")

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """One transaction that is on the disk when the block ends; undone where the block fails."""
        with self._turn, translating_errors(self.home):
            writer = self.engine.execution_options(writing=True)
            with writer.begin() as connection:
                yield connection

    def keyed(self, kind: str, content: bytes) -> bytes:
        """A hash that nobody can make or try out without the key of the home."""
        return blake2b(content, digest_size=HASH_BYTES, key=self.secret, person=kind.encode()[:16]).digest()

    def fault(self) -> str | None:
        """The first thing that is wrong with the database's own order, if anything."""
        if not self.home.is_sqlite:
            with self.reading() as connection:
                connection.exec_driver_sql("SELECT 1")
            return None
        with self.reading() as connection:
            found = connection.exec_driver_sql("PRAGMA integrity_check(1)").scalar()
        return None if found == "ok" else str(found)

    def close(self) -> None:
        self.engine.dispose()


@contextmanager
def connected(home: Home) -> Iterator[Store]:
    """A home of whatever version for as long as the block lasts."""
    store = Store.connect(home)
    try:
        yield store
    finally:
        store.close()


def engine(home: Home) -> Engine:
    """Connections to the database of a home."""
    if home.is_sqlite:
        return _sqlite(home)
    try:
        made = create_engine(home.url, pool_size=POOL, pool_pre_ping=True, hide_parameters=True)
    except ModuleNotFoundError:
        raise DependencyError(
            "PostgreSQL needs a part that is not installed.",
            code="missing_extra",
            hint="pip install 'leadlight[postgres]'",
        ) from None
    event.listen(made, "connect", _durable)
    event.listen(made, "begin", _take_turn)
    return made


def _sqlite(home: Home) -> Engine:
    made = create_engine(home.url, pool_size=POOL, hide_parameters=True)
    event.listen(made, "connect", sqlite.private)
    event.listen(made, "begin", _begin)
    return made


def _begin(connection: Connection) -> None:
    writing = connection.get_execution_options().get("writing", False)
    cast(sqlite.Connection, connection.connection.dbapi_connection).end_reads()
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writing else "BEGIN")


def _take_turn(connection: Connection) -> None:
    """One writer at a time, as on SQLite, whichever process and machine it is in."""
    if connection.get_execution_options().get("writing", False):
        connection.exec_driver_sql(f"SET LOCAL lock_timeout = {TURN_MILLISECONDS}")
        connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({TURN})")


def _durable(connection: Any, _: Any) -> None:
    connection.autocommit = True
    connection.execute("SET synchronous_commit = on")
    connection.execute("SET TIME ZONE 'UTC'")
    connection.autocommit = False


@contextmanager
def translating_errors(home: Home) -> Iterator[None]:
    """The database's refusals in our words, without what was written."""
    try:
        yield
    except DBAPIError as problem:
        raise refusal(home, problem.orig) from None
    except SQLAlchemyError as problem:
        raise StoreError(f"The database refused: {type(problem).__name__}.", where=str(home.folder)) from None
    except _raw(home) as problem:
        raise refusal(home, problem) from None


def _raw(home: Home) -> type[Exception]:
    """What the driver itself raises where rows go past SQLAlchemy."""
    if home.is_sqlite:
        return sqlite.Error
    import psycopg

    return psycopg.Error


def refusal(home: Home, problem: BaseException | None) -> StoreError:
    name = type(problem).__name__
    code, message, hint = next(
        (found for kinds, found in _REFUSALS if name in kinds),
        ("database", f"The database refused: {name}.", "Look at it with: leadlight db check --home HOME"),
    )
    return StoreError(message, code=code, where=str(home.folder), hint=hint)


_REFUSALS: Final = (
    (("FullError", "DiskFull"), ("disk_full", "The disk is full.", "Make room, then run it again.")),
    (
        ("IOError",),
        ("disk", "The disk could not be read or written.", "Look at the disk, make room, then run it again."),
    ),
    (
        ("BusyError", "LockedError", "LockNotAvailable"),
        ("busy", "Another process holds the database.", "Try again when it has ended."),
    ),
    (
        (
            *("CantOpenError", "PermissionsError", "ReadOnlyError", "AuthError", "OperationalError"),
            *("AdminShutdown", "CrashShutdown", "CannotConnectNow"),
        ),
        ("unreachable", "The database cannot be opened.", "Check that it runs, and the rights on it."),
    ),
    (
        ("CorruptError", "NotADBError"),
        ("damaged", "The database is damaged.", "Restore a backup: leadlight db restore FILE --home HOME"),
    ),
)
