"""Events and outcomes of the leads of a home as tables, as files beside the leads would hold them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import msgspec
import polars as pl
from sqlalchemy import Connection, Select, exists, func, select

from leadlight.data import cells, frame
from leadlight.store import bulk
from leadlight.store.field_history import is_change
from leadlight.store.tables import events, leads, outcomes

KNOWN: Final = "known_at"
"""The property of an event that says when it came to be known, where that was later."""


def has_events(connection: Connection) -> bool:
    """Whether anybody did anything; that a field was changed is not among it."""
    done = select(events.c.number).where(~is_change())
    return bool(connection.execute(select(exists(done))).scalar_one())


def event_table(
    connection: Connection, numbers: Sequence[int] | None = None, ids: Sequence[str] | None = None
) -> pl.DataFrame:
    """What leads did (lead, type, time, known_at), of all or of those with these numbers or ids."""
    query = select(leads.c.id, events.c.name, events.c.at, events.c.properties).join(leads)
    query = query.where(~is_change())
    if ids is not None:
        query = query.where(bulk.among(connection, leads.c.id, ids))
    rows = connection.execute(_of(query, connection, numbers).order_by(events.c.number)).all()
    known = [_known(properties) if KNOWN in properties else None for *_, properties in rows]
    return pl.DataFrame(
        {
            "lead": pl.Series([row[0] for row in rows], dtype=pl.String),
            "type": pl.Series([row[1] for row in rows], dtype=pl.String),
            "time": _moments([row[2] for row in rows]),
            "known_at": pl.Series(known, dtype=pl.String),
            "key": pl.int_range(len(rows), eager=True).cast(pl.String),
        }
    )


def of_ids(connection: Connection, ids: Sequence[str]) -> list[tuple[str, str, float, float]]:
    """What these leads did: id, type, when it happened and when it came to be known, in seconds."""
    query = select(leads.c.id, events.c.name, events.c.at, events.c.properties).join(leads)
    rows = connection.execute(query.where(~is_change(), bulk.among(connection, leads.c.id, ids)))
    return [(identity, name, at, _known_since(at, properties)) for identity, name, at, properties in rows]


def _known_since(at: float, properties: str) -> float:
    known = _known(properties) if KNOWN in properties else None
    moment = None if known is None else cells.parse_date(known)
    return at if moment is None else max(at, frame.seconds_of(moment))


def ended_table(connection: Connection, ids: Sequence[str]) -> pl.DataFrame:
    """When these leads were said to be decided (lead, at in seconds)."""
    query = select(leads.c.id, outcomes.c.at).join(leads).where(bulk.among(connection, leads.c.id, ids))
    rows = connection.execute(query).all()
    return pl.DataFrame(rows, schema={"lead": pl.String, "at": pl.Float64}, orient="row")


def outcome_table(connection: Connection) -> pl.DataFrame:
    """When leads were said to be decided (lead, outcome, at)."""
    query = select(leads.c.id, outcomes.c.outcome, outcomes.c.at).join(leads).order_by(outcomes.c.number)
    rows = connection.execute(query).all()
    return pl.DataFrame(
        {
            "lead": pl.Series([row[0] for row in rows], dtype=pl.String),
            "outcome": pl.Series([row[1] for row in rows], dtype=pl.String),
            "at": _moments([row[2] for row in rows]),
        }
    )


def decided_at(connection: Connection, numbers: Sequence[int]) -> dict[int, float]:
    """When these leads were last said to be decided, where anybody said it."""
    last = select(outcomes.c.lead, func.max(outcomes.c.at)).group_by(outcomes.c.lead)
    rows = connection.execute(last.where(bulk.among(connection, outcomes.c.lead, numbers)))
    return {int(number): float(at) for number, at in rows}


def _of(query: Select[Any], connection: Connection, numbers: Sequence[int] | None) -> Select[Any]:
    return query if numbers is None else query.where(bulk.among(connection, events.c.lead, numbers))


def _known(properties: str) -> str | None:
    value = msgspec.json.decode(properties).get(KNOWN)
    return None if value is None else str(value)


def _moments(seconds: Sequence[float]) -> pl.Series:
    return (pl.Series(seconds, dtype=pl.Float64) * 1e6).cast(pl.Int64).cast(pl.Datetime("us"))
