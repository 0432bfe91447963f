"""Keeping the files well: erased bytes out of them, and whether all that belongs together is there."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Final

import apsw
from sqlalchemy import Connection, Table, func, select

from leadlight.errors import StoreError
from leadlight.store import audit, board, models, rights_file, rights_log, schema
from leadlight.store.home import Home
from leadlight.store.leftovers import clear_leftovers, has_leftovers
from leadlight.store.sqlite import Connection as Own
from leadlight.store.store import Store, refusal, translating_errors
from leadlight.store.tables import current, inputs, leads, scores


@dataclass(frozen=True)
class StoreCheck:
    """One thing that was looked at."""

    name: str
    passed: bool
    detail: str


def scrub(store: Store) -> bool:
    """Get erased bytes out of the files; False where somebody else holds them, to be tried again.

    PostgreSQL frees their room at once and writes over it later, for anything else would lock the tables.
    """
    try:
        vacuum(store, whole=store.home.is_sqlite)
    except StoreError as problem:
        if problem.code not in ("busy", "disk_full"):
            raise
        return False
    return not has_leftovers(store.home)


def vacuum(store: Store, *, whole: bool = True) -> None:
    """Write every page anew: a page that was split keeps copies of what has since been erased."""
    clear_leftovers(store.home)
    with translating_errors(store.home):
        if store.home.is_sqlite:
            _rewritten(store)
        else:
            with store.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
                connection.exec_driver_sql("VACUUM FULL" if whole else "VACUUM")


def _rewritten(store: Store) -> None:
    with translating_sqlite_errors(store.home), raw_connection(store.home) as database:
        database.execute("PRAGMA temp_store=file")
        database.execute("VACUUM")
        if checkpoint(database):
            raise StoreError("A reader holds the journal.", code="busy", where=str(store.home.folder))


@contextmanager
def translating_sqlite_errors(home: Home) -> Iterator[None]:
    """SQLite's own refusals in our words."""
    try:
        yield
    except apsw.Error as problem:
        raise refusal(home, problem) from None


def checkpoint(database: apsw.Connection) -> bool:
    """Empty the journal into the file; True where a reader held it up."""
    busy, *_ = database.execute("PRAGMA wal_checkpoint(TRUNCATE)").get
    return bool(busy)


@contextmanager
def raw_connection(home: Home) -> Iterator[apsw.Connection]:
    """A connection of its own to SQLite, closed at the end."""
    own = Own(str(home.url.database))
    try:
        yield own.raw
    finally:
        own.close()


def checks(store: Store) -> list[StoreCheck]:
    """Everything that `db check` looks at."""
    with store.reading() as connection:
        trail = audit.verify(store, connection)
        found = [_version(connection), *_whole(connection), _trail(trail), *_counted(connection)]
        return [*found, _rights(store, connection), _leftovers(store.home)]


def _leftovers(home: Home) -> StoreCheck:
    """A restore that was killed leaves everybody of the backup in a file of its own."""
    found = has_leftovers(home)
    return StoreCheck(
        "leftovers", not found, "restoring.db of a broken restore lies here" if found else "none"
    )


def _version(connection: Connection) -> StoreCheck:
    found = schema.version(connection)
    return StoreCheck(
        "version", found == schema.VERSION, f"{found}, and this Leadlight knows {schema.VERSION}"
    )


def _whole(connection: Connection) -> list[StoreCheck]:
    """SQLite tells whether its file is sound; PostgreSQL looks after its own."""
    if connection.dialect.name != "sqlite":
        return []
    words = [row[0] for row in connection.exec_driver_sql("PRAGMA integrity_check")]
    broken = len(connection.exec_driver_sql("PRAGMA foreign_key_check").fetchall())
    sound = words == ["ok"]
    return [
        StoreCheck("file", sound, "sound" if sound else f"{len(words)} faults"),
        StoreCheck("references", not broken, f"{broken:,} lead nowhere" if broken else "all lead somewhere"),
    ]


def _trail(trail: audit.Trail) -> StoreCheck:
    told = f"{trail.entries:,} entries" if trail.sound else f"broken at entry {trail.broken}"
    return StoreCheck("trail", trail.sound, told)


def _counted(connection: Connection) -> list[StoreCheck]:
    """What must not be: what is of no lead, scores without their input, and scores of people who objected."""
    lost = select(func.count()).select_from(scores).where(~_held())
    barred = select(func.count()).select_from(current.join(leads, _OF)).where(leads.c.suppressed)
    ownerless = sum(_astray(connection, table) for table in (current, scores, inputs))
    inputless = connection.execute(lost).scalar_one()
    scored = connection.execute(barred).scalar_one()
    differing = board.count_differing(connection)
    unfounded = connection.execute(
        select(func.count()).select_from(current).where(~_in_ledger())
    ).scalar_one()
    altered = models.count_altered(connection)
    return [
        StoreCheck("leads", not ownerless, f"{ownerless:,} scores and inputs are of no lead"),
        StoreCheck("inputs", not inputless, f"{inputless:,} scores lack what they were made from"),
        StoreCheck("current", not unfounded, f"{unfounded:,} scores that count are not in the ledger"),
        StoreCheck("models", not altered, f"{altered:,} models are not what was put in service"),
        StoreCheck("board", not differing, f"{differing:,} leads stand otherwise in lists than in the store"),
        StoreCheck("objections", not scored, f"{scored:,} people who objected have a score that counts"),
    ]


_OF: Final = leads.c.number == current.c.lead


def _astray(connection: Connection, table: Table) -> int:
    owner = select(leads.c.number).where(leads.c.number == table.c.lead).exists()
    return int(connection.execute(select(func.count()).select_from(table).where(~owner)).scalar_one())


_SAID: Final = ("lead", "model", "input", "margin", "probability", "low", "high", "grade", "call")


def _in_ledger() -> Any:
    same = [scores.c[name] == current.c[name] for name in _SAID]
    return select(scores.c.number).where(*same).correlate(current).exists()


def _held() -> Any:
    same = (inputs.c.lead == scores.c.lead) & (inputs.c.address == scores.c.input)
    return select(inputs.c.lead).where(same).correlate(scores).exists()


def _rights(store: Store, connection: Connection) -> StoreCheck:
    """Who was forgotten, objected or was allowed again, by the second file or by the log, must be so."""
    try:
        asked = rights_log.standing(store, connection)
    except StoreError as problem:
        return StoreCheck("rights", False, f"{problem.message} ({problem.where})")
    unmet = rights_log.unmet_keys(connection, asked)
    count = len(asked.forgotten) + len(asked.objected) + len(asked.allowed)
    told = f"{len(unmet):,} of {count:,} noted keys are not so in the database"
    unsigned = len(rights_file.read_unsigned(store.home))
    return StoreCheck("rights", not unmet, f"{told}; {unsigned:,} lines are of before signing")
