"""Restoring a backup whole or not at all, without bringing back who was forgotten since."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Any, Final

import apsw
from sqlalchemy import Connection, delete, insert, select, update

from leadlight.errors import StoreError
from leadlight.store import (
    audit,
    backup,
    copies,
    erasure,
    opening,
    rights_file,
    rights_log,
    schema,
    seal,
    sqlite,
    upkeep,
)
from leadlight.store.erasure import Applied
from leadlight.store.home import Home
from leadlight.store.leftovers import part_of_restore
from leadlight.store.rights_file import RightsLine
from leadlight.store.store import Store, connected
from leadlight.store.tables import audit as trail
from leadlight.store.tables import keys, sessions, users

ASIDE: Final = "damaged-{}.db"


@dataclass(frozen=True)
class Outliving:
    """What must outlive a restore: rights, the trail, and which keys and users were shut out."""

    asked: list[RightsLine] = field(default_factory=list)
    trail: list[dict[str, Any]] = field(default_factory=list)
    revoked: dict[str, float] = field(default_factory=dict)
    expiring: dict[str, float] = field(default_factory=dict)
    removed: dict[str, float] = field(default_factory=dict)
    readable: bool = False


@dataclass(frozen=True)
class Restored:
    """What a restore did."""

    rows: dict[str, int]
    applied: Applied
    trail_kept: bool
    shut_out: int
    aside: Path | None = None


def restore(home: Home, path: Path, who: str, at: float) -> Restored:
    """Put a backup in the place of what is here."""
    rows = backup.check(path)
    now, is_damaged = _read_outliving(home)
    with part_of_restore(home) as part:
        source = apsw.Connection(str(path), flags=apsw.SQLITE_OPEN_READONLY)
        try:
            with upkeep.translating_sqlite_errors(home):
                copies.pour(source, part)
        finally:
            source.close()
        with copies.opened(copies.at(home, part)) as copy:
            prepared = _prepared(copy, now, who, at)
            upkeep.vacuum(copy)
        aside = _lay_aside(home) if is_damaged else None
        _replace(home, part)
    _hear_late_requests(home, who, at)
    return Restored(rows, *prepared, aside)


def _read_outliving(home: Home) -> tuple[Outliving, bool]:
    """What stands here, and whether the database is one that nobody can read."""
    try:
        with connected(home) as store:
            return _standing(store), False
    except StoreError as problem:
        if problem.code != "damaged" or not home.is_sqlite:
            raise
    return Outliving(rights_file.read_lines(home)), True


def _lay_aside(home: Home) -> Path:
    """Damaged as it is, it is not thrown away."""
    place = Path(str(home.url.database))
    aside = next(free for n in count(1) if not (free := place.with_name(ASIDE.format(n))).exists())
    place.replace(aside)
    for journal, beside in zip(sqlite.journals(place), sqlite.journals(aside), strict=True):
        if journal.exists():
            journal.replace(beside)
    return aside


def _standing(store: Store) -> Outliving:
    with store.reading() as connection:
        noted = rights_log.noted(store, connection)
        if schema.version(connection) is None:
            return Outliving(noted)
        return Outliving(
            asked=[*noted, *rights_log.all_lines(connection)],
            trail=[dict(row._mapping) for row in audit.rows(connection)],
            revoked=_shut(connection, keys.c.prefix, keys.c.revoked),
            expiring=_shut(connection, keys.c.prefix, keys.c.expires),
            removed=_shut(connection, users.c.name, users.c.removed),
            readable=True,
        )


def _shut(connection: Connection, name: Any, since: Any) -> dict[str, float]:
    return {row[0]: row[1] for row in connection.execute(select(name, since).where(since.is_not(None)))}


def _prepared(copy: Store, now: Outliving, who: str, at: float) -> tuple[Applied, bool, int]:
    """Bring the copy up to this version, and make true in it what was asked for since."""
    with copy.writing() as connection:
        _check_key(copy, connection)
        opening.upgrade(copy, connection)
        kept = _carry_trail(connection, now.trail)
        shut = _shut_out(connection, now)
        applied = erasure.apply_rights(copy, connection, now.asked, at)
        detail = {**applied.erased.counts, "held": applied.held, "shut_out": shut}
        audit.append(copy, connection, who, "restore", None, detail, at)
    return applied, kept, shut


def _check_key(copy: Store, connection: Connection) -> None:
    """Under another key nobody in the backup could be found, and nobody forgotten be kept out."""
    if not seal.fits(copy, connection):
        raise StoreError(
            "The backup was made under the key of another home.",
            code="other_key",
            where=str(copy.home.folder),
            hint="Copy the secret.key of that home into this folder and restore again; nothing was changed.",
        )


def _carry_trail(connection: Connection, entries: Sequence[dict[str, Any]]) -> bool:
    """The trail of now goes on, where it is the same trail."""
    last = audit.head(connection)
    if not entries or last not in {audit.FIRST, *(bytes(entry["hash"]) for entry in entries)}:
        return False
    connection.execute(delete(trail))
    connection.execute(insert(trail), list(entries))
    return True


def _shut_out(connection: Connection, now: Outliving) -> int:
    """Who was shut out stays out, and everybody signs in anew."""
    count = 0
    for table, name, since, shut in (
        (keys, keys.c.prefix, "revoked", now.revoked),
        (users, users.c.name, "removed", now.removed),
    ):
        for each, when in shut.items():
            change = update(table).where(name == each, table.c[since].is_(None)).values({since: when})
            count += connection.execute(change).rowcount
    for prefix, end in now.expiring.items():
        is_later = keys.c.expires.is_(None) | (keys.c.expires > end)
        connection.execute(update(keys).where(keys.c.prefix == prefix, is_later).values(expires=end))
    connection.execute(delete(sessions))
    return count


def _replace(home: Home, part: Path) -> None:
    """One transaction: until its end the store is as it was."""
    if home.is_sqlite:
        with (
            upkeep.translating_sqlite_errors(home),
            upkeep.raw_connection(copies.at(home, part)) as source,
            upkeep.raw_connection(home) as target,
        ):
            copies.transfer(source, target)
            upkeep.checkpoint(target)
        return
    with (
        copies.opened(copies.at(home, part)) as copy,
        connected(home) as store,
        copy.reading() as source,
        store.writing() as target,
    ):
        schema.upgrade(target)
        copies.empty(target)
        copies.fill(source, target)
        copies.count_on(target)


def _hear_late_requests(home: Home, who: str, at: float) -> None:
    """Who asked while the restore ran is heard as well."""
    with connected(home) as store:
        repair(store, who, at)


def repair(store: Store, who: str, at: float) -> Applied | None:
    """Make true again in the database what was asked for, by the second file and by its log."""
    with store.writing() as connection:
        if not rights_log.unmet_keys(connection, rights_log.standing(store, connection)):
            return None
        applied = erasure.apply_rights(store, connection, rights_log.noted(store, connection), at)
        detail = {**applied.erased.counts, "held": applied.held}
        audit.append(store, connection, who, "repair", None, detail, at)
    upkeep.scrub(store)
    return applied
