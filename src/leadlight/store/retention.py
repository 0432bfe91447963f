"""Keeping nobody longer than said: leads about whom nothing was heard for a while are erased."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Connection, and_, delete, exists, func, select

from leadlight.errors import InputError
from leadlight.store import audit, erasure, upkeep
from leadlight.store.store import Store
from leadlight.store.tables import contacts, dead_letters, events, idempotency, leads, outcomes

DAY: Final = 86_400.0
PAGE: Final = 1_000


@dataclass(frozen=True)
class Expired:
    """What is older than it may be."""

    leads: int
    letters: int
    answers: int
    clean: bool = True

    @property
    def counts(self) -> dict[str, int]:
        return {"leads": self.leads, "letters": self.letters, "answers": self.answers}


def expired(connection: Connection, days: float, at: float) -> Expired:
    """What would be erased now."""
    before = _before(days, at)
    found = [
        connection.execute(select(func.count()).select_from(table).where(old)).scalar_one()
        for table, old in (
            (leads, _silent(before)),
            (dead_letters, dead_letters.c.at < before),
            (idempotency, idempotency.c.at < before),
        )
    ]
    return Expired(found[0], found[1], found[2])


def expire(store: Store, days: float, who: str, at: float) -> Expired:
    """Erase it, a page at a time; they may come back with what is new, for they asked for nothing."""
    before = _before(days, at)
    gone = 0
    while True:
        with store.writing() as connection:
            page = (
                connection.execute(select(leads.c.number).where(_silent(before)).limit(PAGE)).scalars().all()
            )
            erasure.erase(connection, page)
        gone += len(page)
        if not page:
            break
    with store.writing() as connection:
        letters = connection.execute(delete(dead_letters).where(dead_letters.c.at < before)).rowcount
        answers = connection.execute(delete(idempotency).where(idempotency.c.at < before)).rowcount
        found = Expired(gone, letters, answers)
        audit.append(store, connection, who, "retention", None, {"days": days, **found.counts}, at)
    return Expired(**found.counts, clean=not any(found.counts.values()) or upkeep.scrub(store))


def _before(days: float, at: float) -> float:
    if not days > 0:
        raise InputError("Days to keep are more than none.", code="retention_days")
    return at - days * DAY


def _silent(before: float) -> Any:
    """Leads whose values are older, and of whom nothing has been heard since."""
    heard = [
        ~exists().where(and_(table.c.lead == leads.c.number, table.c.at >= before))
        for table in (events, contacts, outcomes)
    ]
    return and_(leads.c.changed < before, *heard)
