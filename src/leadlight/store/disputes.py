"""Disputes of scores: what people say is wrong, where it goes, and how it was settled."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Connection, Select, insert, select, update

from leadlight.errors import InputError
from leadlight.store import bulk, leads, models
from leadlight.store.tables import current
from leadlight.store.tables import leads as lead_table
from leadlight.store.watch_tables import disputes

LONGEST: Final = 1_000


@dataclass(frozen=True)
class Dispute:
    """One of them, with the score of the lead then and now."""

    number: int
    id: str
    model: str
    probability: float
    kind: str
    column: str
    note: str
    who: str
    at: float
    settled: float | None
    settlement: str
    now: float | None


def add(
    connection: Connection, identity: str, kind: str, note: str, who: str, at: float, column: str = ""
) -> int:
    """Keep what somebody disputes; gives its number."""
    if not note.strip() or len(note) > LONGEST:
        raise InputError(f"Say what is wrong, in 1 to {LONGEST:,} characters.", code="dispute_note")
    lead = leads.find(connection, identity)
    if lead is None or lead.suppressed:
        raise InputError("There is no such lead to dispute.", code="no_such_lead")
    rate = connection.execute(select(current.c.probability).where(current.c.lead == lead.number)).scalar()
    now = models.in_service(connection)
    row = {
        "lead": lead.number,
        "model": "" if now is None else now.name,
        "probability": rate or 0.0,
        "kind": kind,
        "column": column,
        "note": note.strip(),
        "who": who,
        "at": at,
        "settled": None,
        "settlement": "",
    }
    return int(connection.execute(insert(disputes).returning(disputes.c.number), row).scalar_one())


def may_dispute(connection: Connection, identity: str) -> bool:
    """Whether there is such a lead, and it does not object."""
    lead = leads.find(connection, identity)
    return lead is not None and not lead.suppressed


def last_of(connection: Connection, ids: Sequence[str], who: str) -> dict[str, Dispute]:
    """The last dispute of each of these leads by somebody."""
    wanted = bulk.among(connection, lead_table.c.id, ids) & (disputes.c.who == who)
    rows = connection.execute(_told().where(wanted).order_by(disputes.c.number)).mappings()
    found = (Dispute(**{name: row[name] for name in Dispute.__dataclass_fields__}) for row in rows)
    return {each.id: each for each in found}


def settle(connection: Connection, number: int, settlement: str, at: float) -> None:
    """Note how a dispute was settled."""
    wanted = (disputes.c.number == number) & disputes.c.settled.is_(None)
    done = connection.execute(update(disputes).where(wanted).values(settled=at, settlement=settlement))
    if not done.rowcount:
        raise InputError("There is no open dispute of this number.", code="no_dispute")


def latest(connection: Connection, count: int = 200) -> list[Dispute]:
    """The newest ones first, with the scores of their leads now."""
    rows = connection.execute(_told().order_by(disputes.c.number.desc()).limit(count)).mappings()
    return [Dispute(**{name: row[name] for name in Dispute.__dataclass_fields__}) for row in rows]


def _told() -> Select[Any]:
    return (
        select(disputes, lead_table.c.id.label("id"), current.c.probability.label("now"))
        .join(lead_table, lead_table.c.number == disputes.c.lead)
        .outerjoin(current, current.c.lead == disputes.c.lead)
    )


def of_lead(connection: Connection, lead: int) -> list[dict[str, Any]]:
    """What was said of one lead, the newest first."""
    names = ("kind", "column", "note", "who", "at", "settled", "settlement")
    query = select(*(disputes.c[name] for name in names)).where(disputes.c.lead == lead)
    return [dict(row) for row in connection.execute(query.order_by(disputes.c.number.desc())).mappings()]
