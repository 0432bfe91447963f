"""What happened to all the leads of a home, as narrow rows: contacts, touches, outcomes and spend."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import polars as pl
from sqlalchemy import JSON, ColumnElement, Connection, Select, Text, cast, func, select

from leadlight.store.tables import contacts, events, leads, outcomes, spend

NO_CONTACT: Final = ("note", "dispute")
"""What people write down of a lead without speaking to anybody."""
WORD: Final = pl.Categorical
_MOMENT: Final = {"lead": pl.String, "at": pl.Float64}
PAGE: Final = 20_000


def all_contacts(connection: Connection) -> pl.DataFrame:
    """Calls and mails: lead, at, who, channel, result, as they were written down."""
    query = (
        _of_leads(contacts, "at", "who", "channel", "result")
        .where(contacts.c.channel.not_in(NO_CONTACT))
        .order_by(contacts.c.number)
    )
    return _table(connection, query, {**_MOMENT, "who": WORD, "channel": WORD, "result": WORD})


def all_outcomes(connection: Connection) -> pl.DataFrame:
    """How leads ended, as it was said: lead, at, outcome, value, as it was written down."""
    query = _of_leads(outcomes, "at", "outcome", "value").order_by(outcomes.c.number)
    return _table(connection, query, {**_MOMENT, "outcome": WORD, "value": pl.Float64})


def all_touches(connection: Connection) -> pl.DataFrame:
    """Events that name a channel: lead, at, channel, as they came in."""
    channel = _channel(connection)
    query = (
        select(leads.c.id, events.c.at, channel)
        .join(leads, leads.c.number == events.c.lead)
        .where(channel.is_not(None))
        .order_by(events.c.number)
    )
    return _table(connection, query, {**_MOMENT, "channel": WORD})


def all_spend(connection: Connection) -> pl.DataFrame:
    """What each channel cost on a day: channel, day, amount, currency."""
    names = ("channel", "day", "amount", "currency")
    query = select(*(spend.c[name] for name in names)).order_by(spend.c.day, spend.c.channel)
    return _table(connection, query, {**dict.fromkeys(names, pl.String), "amount": pl.Float64})


def version(connection: Connection) -> tuple[float, ...]:
    """A mark that stays as long as no contact or spend has come."""
    query = select(
        select(func.coalesce(func.max(contacts.c.number), 0)).scalar_subquery(),
        select(func.count()).select_from(spend).scalar_subquery(),
        select(func.coalesce(func.sum(spend.c.amount), 0.0)).scalar_subquery(),
    )
    return tuple(float(each) for each in connection.execute(query).one())


def last_event(connection: Connection) -> int:
    """The number of the newest event."""
    return int(connection.execute(select(func.coalesce(func.max(events.c.number), 0))).scalar_one())


def _of_leads(table: Any, *names: str) -> Select[Any]:
    return select(leads.c.id, *(table.c[name] for name in names)).join(leads, leads.c.number == table.c.lead)


def _table(connection: Connection, query: Select[Any], kinds: Mapping[str, Any]) -> pl.DataFrame:
    """What was asked for as a table, made a page at a time: rows of Python take ten times the memory."""
    rows = connection.execution_options(yield_per=PAGE).execute(query)
    pages = [
        pl.DataFrame(dict(zip(kinds, zip(*part, strict=True), strict=True)), schema=dict(kinds))
        for part in rows.partitions(PAGE)
    ]
    return pl.concat(pages, rechunk=True) if pages else pl.DataFrame(schema=dict(kinds))


def _channel(connection: Connection) -> ColumnElement[Any]:
    if connection.dialect.name == "postgresql":
        return cast(events.c.properties, JSON).op("->>")("channel")
    return cast(func.json_extract(events.c.properties, "$.channel"), Text)
