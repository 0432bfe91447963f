"""Leads that became hot, kept with their scores in one transaction, and told of to a webhook afterwards.

Nothing is kept until a webhook is set. A row says only that a lead is hot and since when; what is told is
read from the score that counts at that moment, so that an erased lead leaves nothing behind and an older
score never follows a newer one.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Connection, and_, delete, func, insert, literal, or_, select, update

from leadlight.store import bulk
from leadlight.store.hot_tables import hot_leads, hot_telling
from leadlight.store.tables import current, leads, models, promotions

HOT: Final = 1
COLD: Final = -1
"""Between the two a lead stays what it was."""
NAME: Final = "hot"
LEASE_SECONDS: Final = 120.0
"""How long one sender has the webhook to itself; longer than a call with its tries takes."""
FIRST_PAUSE: Final = 5.0
LONGEST_PAUSE: Final = 3_600.0
OLDEST_SECONDS: Final = 3 * 86_400.0
"""What could not be told for so long is told no more."""


@dataclass(frozen=True)
class HotLead:
    """A lead that became hot, with the score that counts for it now."""

    lead: int
    id: str
    since: float
    score: Mapping[str, Any]
    """Its row of `current`, with the model by its name."""


def is_followed(connection: Connection) -> bool:
    """Whether anybody wants to know who becomes hot."""
    return connection.execute(select(hot_telling.c.name)).first() is not None


def follow(connection: Connection, grade: str, at: float) -> None:
    """Follow who becomes hot from here on; who is hot already is known, and not told of."""
    if is_followed(connection):
        return
    connection.execute(insert(hot_telling).values(name=NAME, since=at, busy=0.0, due=0.0, tries=0))
    already = select(current.c.lead, literal(at), literal(0)).where(current.c.grade == grade)
    connection.execute(insert(hot_leads).from_select(["lead", "since", "tries"], already))


def note(
    connection: Connection, heat: Mapping[int, int], scored_by: Mapping[int, int], model: int, at: float
) -> None:
    """Note how warm leads are by their new scores; `scored_by` is the model of the score before, if any.

    It is news that a lead is hot where the same model said otherwise before, or the lead came or changed
    since the model is in service; that another model sees it otherwise is none.
    """
    cold = [lead for lead, said in heat.items() if said == COLD]
    connection.execute(delete(hot_leads).where(bulk.among(connection, hot_leads.c.lead, cold)))
    hot = [lead for lead, said in heat.items() if said == HOT]
    known = select(hot_leads.c.lead).where(bulk.among(connection, hot_leads.c.lead, hot))
    fresh = sorted({*hot} - {*connection.execute(known).scalars()})
    came = _changed_since_promotion(connection, fresh)
    rows = [(lead, at, at if scored_by.get(lead) == model or lead in came else None, 0) for lead in fresh]
    bulk.insert_missing(connection, hot_leads, ("lead", "since", "due", "tries"), rows)


def _changed_since_promotion(connection: Connection, numbers: Sequence[int]) -> set[int]:
    if not numbers:
        return set()
    promoted = select(func.max(promotions.c.at)).where(~promotions.c.undone).scalar_subquery()
    query = select(leads.c.number).where(bulk.among(connection, leads.c.number, numbers))
    return {*connection.execute(query.where(leads.c.changed >= promoted)).scalars()}


def is_due(connection: Connection, at: float) -> bool:
    """Whether there is something to tell now, and nobody is at it."""
    free = select(hot_telling.c.name).where(hot_telling.c.busy <= at, hot_telling.c.due <= at)
    some = select(hot_leads.c.lead).where(hot_leads.c.due <= at).limit(1)
    return bool(connection.execute(free).first() is not None and connection.execute(some).first() is not None)


def take_turn(connection: Connection, at: float) -> bool:
    """Have the webhook to oneself for a while: with two at it, an old word could follow a newer one."""
    free = and_(hot_telling.c.busy <= at, hot_telling.c.due <= at)
    return connection.execute(update(hot_telling).where(free).values(busy=at + LEASE_SECONDS)).rowcount == 1


def keep_turn(connection: Connection, at: float) -> None:
    connection.execute(update(hot_telling).values(busy=at + LEASE_SECONDS))


def end_turn(connection: Connection, at: float, *, failed: bool, wait: float | None = None) -> None:
    """Let others have it; after a failure nobody tries for a while, each time for longer."""
    tries = connection.execute(select(hot_telling.c.tries)).scalar() or 0
    pause = max(min(FIRST_PAUSE * 4**tries, LONGEST_PAUSE), wait or 0.0) if failed else 0.0
    after = {"busy": 0.0, "due": at + pause, "tries": tries + 1 if failed else 0}
    connection.execute(update(hot_telling).values(**after))


def drop_unfit(connection: Connection, at: float) -> int:
    """Forget who has no score that counts any more, and do not tell what is long past; gives how many."""
    fit = select(current.c.lead).join(leads, leads.c.number == current.c.lead)
    gone = hot_leads.c.lead.not_in(fit.where(leads.c.suppressed.is_(False)))
    connection.execute(delete(hot_leads).where(gone))
    old = update(hot_leads).where(hot_leads.c.since < at - OLDEST_SECONDS, hot_leads.c.due.is_not(None))
    return connection.execute(old.values(due=None)).rowcount


def waiting(connection: Connection, grade: str, count: int, at: float) -> list[HotLead]:
    """The first who wait and are of this grade now, in the order in which they became hot."""
    own = [column for column in current.columns if column.name not in {"model", "lead"}]
    named = (hot_leads.c.lead, leads.c.id, hot_leads.c.since.label("became"), models.c.name.label("model"))
    query = (
        select(*named, *own)
        .join(leads, leads.c.number == hot_leads.c.lead)
        .join(current, current.c.lead == hot_leads.c.lead)
        .join(models, models.c.number == current.c.model)
        .where(hot_leads.c.due <= at, current.c.grade == grade)
        .order_by(hot_leads.c.since, hot_leads.c.lead)
        .limit(count)
    )
    rows = connection.execute(query).mappings()
    return [HotLead(row["lead"], row["id"], row["became"], dict(row)) for row in rows]


def settle(connection: Connection, told: Sequence[HotLead]) -> None:
    """Note who need not be told of again; one that cooled and became hot anew meanwhile is not among them."""
    if told:
        same = or_(*(and_(hot_leads.c.lead == each.lead, hot_leads.c.since == each.since) for each in told))
        connection.execute(update(hot_leads).where(same).values(due=None))


def postpone(connection: Connection, lead: HotLead, at: float) -> None:
    """Try one that was refused later, each time after longer."""
    here = hot_leads.c.lead == lead.lead
    tries = connection.execute(select(hot_leads.c.tries).where(here)).scalar() or 0
    pause = min(FIRST_PAUSE * 4 ** (tries + 1), LONGEST_PAUSE)
    connection.execute(update(hot_leads).where(here).values(due=at + pause, tries=tries + 1))


def count_waiting(connection: Connection) -> int:
    query = select(func.count()).select_from(hot_leads).where(hot_leads.c.due.is_not(None))
    return int(connection.execute(query).scalar_one())
