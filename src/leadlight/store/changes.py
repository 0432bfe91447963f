"""What moved lately: scores that are new or different, who was reached, what is still to be looked at."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from sqlalchemy import Connection, func, select

from leadlight.store import bulk
from leadlight.store.tables import board, contacts, dead_letters, leads, models, outcomes, promotions, scores

MOST: Final = 500
CALLS: Final = ("call", "email", "mail", "meeting", "phone")


@dataclass(frozen=True)
class Moved:
    """A lead whose score changed: its last one, and the one before where there is one."""

    id: str
    at: float
    grade: str
    probability: float
    grade_before: str | None
    probability_before: float | None


def moved_since(connection: Connection, since: float) -> list[Moved]:
    """The latest first, at most five hundred."""
    before = (
        select(func.max(scores.c.number))
        .where(scores.c.lead == leads.c.number)
        .correlate(leads)
        .scalar_subquery()
    )
    latest = scores.alias("latest")
    earlier = scores.alias("earlier")
    previous = (
        select(func.max(earlier.c.number))
        .where(earlier.c.lead == latest.c.lead, earlier.c.number < latest.c.number)
        .correlate(latest)
        .scalar_subquery()
    )
    former = scores.alias("former")
    query = (
        select(
            leads.c.id,
            latest.c.at,
            latest.c.grade,
            latest.c.probability,
            former.c.grade,
            former.c.probability,
        )
        .select_from(
            latest.join(leads, leads.c.number == latest.c.lead).outerjoin(former, former.c.number == previous)
        )
        .where(latest.c.at >= since, latest.c.number == before, ~leads.c.suppressed)
        .order_by(latest.c.number.desc())
        .limit(MOST)
    )
    return [Moved(*row) for row in connection.execute(query)]


def new_since(connection: Connection, since: float) -> int:
    """How many leads came for the first time."""
    query = select(func.count()).select_from(board).where(board.c.created >= since)
    return int(connection.execute(query).scalar_one())


def last_reached(connection: Connection, numbers: Sequence[int]) -> dict[int, float]:
    """When those of these leads that were ever called or written to were reached last."""
    query = (
        select(contacts.c.lead, func.max(contacts.c.at))
        .where(bulk.among(connection, contacts.c.lead, numbers), contacts.c.channel.in_(CALLS))
        .group_by(contacts.c.lead)
    )
    return {number: float(at) for number, at in connection.execute(query)}


@dataclass(frozen=True)
class HomeState:
    """Counts that tell whether anything has changed, and what waits for a hand."""

    leads: int
    changed: float
    score: int
    outcome: int
    contact: int
    letters: int
    promoted: float | None
    added: float | None

    @property
    def version(self) -> tuple[float, ...]:
        """A mark that stays as long as nothing that figures are made of has changed."""
        return (self.leads, self.changed, self.score, self.outcome)


def standing(connection: Connection) -> HomeState:
    row = connection.execute(
        select(
            select(func.count()).select_from(board).scalar_subquery(),
            select(func.coalesce(func.max(board.c.changed), 0.0)).scalar_subquery(),
            select(func.coalesce(func.max(scores.c.number), 0)).scalar_subquery(),
            select(func.coalesce(func.max(outcomes.c.number), 0)).scalar_subquery(),
            select(func.coalesce(func.max(contacts.c.number), 0)).scalar_subquery(),
            select(func.count()).select_from(dead_letters).scalar_subquery(),
        )
    ).one()
    now = connection.execute(
        select(promotions.c.at, models.c.added)
        .join(models, models.c.number == promotions.c.model)
        .where(~promotions.c.undone)
        .order_by(promotions.c.number.desc())
        .limit(1)
    ).first()
    return HomeState(*row, *((None, None) if now is None else now))


def name_in_service(connection: Connection) -> str | None:
    """The name of the model that serves by now."""
    query = (
        select(models.c.name)
        .join(promotions, promotions.c.model == models.c.number)
        .where(~promotions.c.undone)
        .order_by(promotions.c.number.desc())
        .limit(1)
    )
    return connection.execute(query).scalar()
