"""The trail of what was done: each entry's hash covers the one before, under the key of the home."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from struct import pack
from typing import Any, Final

import msgspec
from sqlalchemy import Connection, insert, select, text

from leadlight.store.store import HASH_BYTES, Store
from leadlight.store.tables import audit

FIRST: Final = bytes(HASH_BYTES)
COLUMNS: Final = ("number", "at", "who", "act", "subject", "detail", "hash")


@dataclass(frozen=True)
class Entry:
    """One act: who did what, when, to whom (a keyed hash), with counts and codes but no value of a lead."""

    at: float
    who: str
    act: str
    subject: bytes | None
    detail: str

    def hashed(self, store: Store, before: bytes) -> bytes:
        """The link that ties it to the entry before."""
        words = (self.who, self.act, self.subject, self.detail)
        return store.keyed("audit", before + pack("<d", self.at) + msgspec.msgpack.encode(words))


@dataclass(frozen=True)
class Trail:
    """What a check of the whole trail found; `broken` is the number of the first entry that does not fit."""

    entries: int
    head: bytes
    broken: int | None = None
    noted: bool = True

    @property
    def sound(self) -> bool:
        return self.broken is None and self.noted


def append(
    store: Store,
    connection: Connection,
    who: str,
    act: str,
    subject: bytes | None = None,
    detail: Mapping[str, Any] | None = None,
    at: float = 0.0,
) -> bytes:
    """Add one act in the transaction that does it; gives the new head of the trail."""
    if connection.dialect.name == "postgresql":
        connection.execute(text("LOCK TABLE audit IN SHARE ROW EXCLUSIVE MODE"))
    entry = Entry(at, who, act, subject, msgspec.json.encode(detail or {}).decode())
    link = entry.hashed(store, head(connection))
    connection.execute(insert(audit), {**vars(entry), "hash": link})
    return link


def head(connection: Connection) -> bytes:
    """The hash of the last entry, which covers all before it."""
    last = connection.execute(select(audit.c.hash).order_by(audit.c.number.desc()).limit(1)).scalar()
    return FIRST if last is None else bytes(last)


def verify(store: Store, connection: Connection, noted: bytes | None = None) -> Trail:
    """Follow the trail from its beginning; a head that was noted elsewhere must lie on it."""
    before, count, seen = FIRST, 0, noted is None
    for row in rows(connection):
        link = bytes(row.hash)
        if _entry(row).hashed(store, before) != link:
            return Trail(count, before, row.number, seen)
        before, count, seen = link, count + 1, seen or link == noted
    return Trail(count, before, None, seen)


def rows(connection: Connection) -> Iterator[Any]:
    """Every entry, the first one first."""
    query = select(audit).order_by(audit.c.number)
    yield from connection.execution_options(yield_per=2_000).execute(query)


def about(connection: Connection, subjects: list[bytes]) -> list[Any]:
    """The entries that are about one of these."""
    query = select(audit).where(audit.c.subject.in_(subjects)).order_by(audit.c.number)
    return list(connection.execute(query))


def latest(connection: Connection, limit: int) -> list[Any]:
    """The last entries, the newest first."""
    return list(connection.execute(select(audit).order_by(audit.c.number.desc()).limit(limit)))


def detail(row: Any) -> dict[str, Any]:
    """The counts and codes of an entry."""
    return dict(msgspec.json.decode(row.detail))


def _entry(row: Any) -> Entry:
    return Entry(row.at, row.who, row.act, None if row.subject is None else bytes(row.subject), row.detail)
