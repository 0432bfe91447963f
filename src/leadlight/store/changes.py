"""What moved lately: scores that are new or different, who was reached, what is still to be looked at."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Connection, Row, func, select

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
    """The latest first, at most five hundred.

    Scores are read from the newest back, a page at a time: a query over all of them at once takes minutes
    where every lead was scored lately.
    """
    latest = _latest(connection, since)
    numbers = [row.number for row in latest]
    earlier = (
        select(func.max(scores.c.number))
        .where(
            bulk.among(connection, scores.c.lead, [row.lead for row in latest]),
            ~bulk.among(connection, scores.c.number, numbers),
        )
        .group_by(scores.c.lead)
    )
    former = select(scores.c.lead, scores.c.grade, scores.c.probability).where(
        bulk.among(connection, scores.c.number, list(connection.execute(earlier).scalars()))
    )
    before = {lead: (grade, probability) for lead, grade, probability in connection.execute(former)}
    return [
        Moved(row.id, row.at, row.grade, row.probability, *before.get(row.lead, (None, None)))
        for row in latest
    ]


def _latest(connection: Connection, since: float) -> list[Row[Any]]:
    """The last scores of leads that may be shown, the newest first."""
    query = (
        select(scores.c.number, scores.c.lead, scores.c.at, scores.c.grade, scores.c.probability)
        .add_columns(leads.c.id, leads.c.suppressed)
        .join(leads, leads.c.number == scores.c.lead)
        .order_by(scores.c.number.desc())
        .limit(MOST)
    )
    seen: set[int] = set()
    shown: list[Row[Any]] = []
    page = connection.execute(query).all()
    while page and page[0].at >= since and len(shown) < MOST:
        for row in page:
            if row.lead not in seen and row.at >= since and not row.suppressed:
                shown.append(row)
            seen.add(row.lead)
        page = connection.execute(query.where(scores.c.number < page[-1].number)).all()
    return shown[:MOST]


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
