"""Scores on their way to other systems: who waits, who has what, and what was refused.

A row says only that a lead waits. What is sent is read from the score that counts at that moment, so that an
erased lead leaves nothing behind and an older score never follows a newer one.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from sqlalchemy import Connection, Float, and_, delete, func, insert, literal, or_, select, update

from leadlight.store import bulk
from leadlight.store.connection_tables import delivered
from leadlight.store.connection_tables import score_outbox as outbox
from leadlight.store.scores import told_reasons
from leadlight.store.tables import current, leads, models

LEASE_SECONDS: Final = 300.0
"""How long one sender has a lead to itself; longer than a call with all its tries takes."""
FIRST_PAUSE: Final = 60.0
LONGEST_PAUSE: Final = 6 * 3600.0


@dataclass(frozen=True)
class WaitingScore:
    """A lead that waits, with the score that counts for it."""

    lead: int
    id: str
    probability: float
    grade: str
    reasons: Sequence[str]
    model: int
    model_name: str
    at: float


def queue(connection: Connection, name: str, source: str, hysteresis: float, at: float) -> None:
    """Put in line whose score differs by at least so much from what the system shows."""
    there = and_(delivered.c.connection == name, delivered.c.lead == current.c.lead)
    moved = func.abs(current.c.probability - delivered.c.probability) >= hysteresis
    regraded = and_(delivered.c.model != current.c.model, delivered.c.grade != current.c.grade)
    waiting = select(outbox.c.lead).where(outbox.c.connection == name)
    asked = (
        select(
            literal(name),
            current.c.lead,
            literal(at, Float),
            literal(at, Float),
            literal(0),
            literal(""),
        )
        .join(leads, leads.c.number == current.c.lead)
        .outerjoin(delivered, there)
        .where(leads.c.source == source, leads.c.suppressed.is_(False))
        .where(or_(delivered.c.lead.is_(None), moved, regraded))
        .where(current.c.lead.not_in(waiting))
    )
    columns = ["connection", "lead", "since", "due", "tries", "problem"]
    connection.execute(insert(outbox).from_select(columns, asked))
    _ask_again(connection, name, at)


def _ask_again(connection: Connection, name: str, at: float) -> None:
    """A score that was refused is sent again once there is a newer one."""
    newer = select(current.c.lead).where(current.c.lead == outbox.c.lead, current.c.at > outbox.c.since)
    refused = and_(outbox.c.connection == name, outbox.c.due.is_(None), newer.exists())
    connection.execute(update(outbox).where(refused).values(due=at, since=at, tries=0))


def claim(connection: Connection, name: str, count: int, at: float) -> list[WaitingScore]:
    """Take the first who wait for oneself for a while, with their scores."""
    query = (
        select(
            leads.c.number,
            leads.c.id,
            current.c.probability,
            current.c.grade,
            current.c.reasons,
            current.c.model,
            models.c.name,
            current.c.at,
        )
        .select_from(outbox)
        .join(leads, leads.c.number == outbox.c.lead)
        .join(current, current.c.lead == outbox.c.lead)
        .join(models, models.c.number == current.c.model)
        .where(outbox.c.connection == name, outbox.c.due <= at, leads.c.suppressed.is_(False))
        .order_by(outbox.c.due, outbox.c.lead)
        .limit(count)
    )
    found = [
        WaitingScore(*row[:4], [each["text"] for each in told_reasons(row[4])], *row[5:])
        for row in connection.execute(query)
    ]
    _postpone(connection, name, [each.lead for each in found], at + LEASE_SECONDS)
    return found


def settle(connection: Connection, name: str, taken: Iterable[WaitingScore], at: float) -> None:
    """Note what the system shows from now on."""
    rows = [(name, each.lead, each.probability, each.grade, each.model, each.at) for each in taken]
    columns = ("connection", "lead", "probability", "grade", "model", "at")
    here = bulk.among(connection, leads.c.number, [row[1] for row in rows])
    still = {*connection.execute(select(leads.c.number).where(here)).scalars()}
    bulk.upsert(connection, delivered, columns, [row for row in rows if row[1] in still])
    _remove(connection, name, [row[1] for row in rows])


def give_back(connection: Connection, name: str, problems: Mapping[int, str], at: float) -> None:
    """Put leads in line again for later, each time for longer."""
    for lead, problem in problems.items():
        here = and_(outbox.c.connection == name, outbox.c.lead == lead)
        tries = connection.execute(select(outbox.c.tries).where(here)).scalar() or 0
        pause = min(FIRST_PAUSE * 2**tries, LONGEST_PAUSE)
        change = update(outbox).where(here).values(due=at + pause, tries=tries + 1, problem=problem)
        connection.execute(change)


def refuse(connection: Connection, name: str, problems: Mapping[int, str], at: float) -> None:
    """Keep what the system will not take where people see it, until there is a newer score."""
    for lead, problem in problems.items():
        here = and_(outbox.c.connection == name, outbox.c.lead == lead)
        connection.execute(update(outbox).where(here).values(due=None, since=at, problem=problem))


def drop_objectors(connection: Connection, name: str) -> None:
    """Nobody who objected, or has no score any more, waits."""
    fit = select(current.c.lead).join(leads, leads.c.number == current.c.lead)
    allowed = fit.where(leads.c.suppressed.is_(False))
    connection.execute(delete(outbox).where(outbox.c.connection == name, outbox.c.lead.not_in(allowed)))


def waiting(connection: Connection, name: str) -> dict[str, int]:
    """How many wait, and how many were refused, by reason."""
    query = select(outbox.c.problem, outbox.c.due.is_(None), func.count()).where(outbox.c.connection == name)
    found: dict[str, int] = {"waiting": 0}
    for problem, refused, count in connection.execute(
        query.group_by(outbox.c.problem, outbox.c.due.is_(None))
    ):
        key = problem if refused else "waiting"
        found[key] = found.get(key, 0) + count
    return found


def _postpone(connection: Connection, name: str, numbers: Sequence[int], due: float) -> None:
    here = and_(outbox.c.connection == name, bulk.among(connection, outbox.c.lead, numbers))
    connection.execute(update(outbox).where(here).values(due=due))


def _remove(connection: Connection, name: str, numbers: Sequence[int]) -> None:
    here = and_(outbox.c.connection == name, bulk.among(connection, outbox.c.lead, numbers))
    connection.execute(delete(outbox).where(here))
