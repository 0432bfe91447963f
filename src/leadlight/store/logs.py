"""What happened to all the leads of a home, as narrow rows: contacts, touches, outcomes and spend."""

from __future__ import annotations

from typing import Any, Final

from sqlalchemy import JSON, ColumnElement, Connection, Select, Text, cast, func, select

from leadlight.store.tables import contacts, events, leads, outcomes, spend

NO_CONTACT: Final = ("note", "dispute")
"""What people write down of a lead without speaking to anybody."""
Columns = dict[str, list[Any]]


def all_contacts(connection: Connection) -> Columns:
    """Calls and mails: lead, at, who, channel, result; the oldest first."""
    query = (
        _of_leads(contacts, "at", "who", "channel", "result")
        .where(contacts.c.channel.not_in(NO_CONTACT))
        .order_by(contacts.c.at, contacts.c.number)
    )
    return _columns(connection, query, ("lead", "at", "who", "channel", "result"))


def all_outcomes(connection: Connection) -> Columns:
    """How leads ended, as it was said: lead, at, outcome, value; the oldest first."""
    query = _of_leads(outcomes, "at", "outcome", "value").order_by(outcomes.c.at, outcomes.c.number)
    return _columns(connection, query, ("lead", "at", "outcome", "value"))


def all_touches(connection: Connection) -> Columns:
    """Events that name a channel: lead, at, channel; the oldest first."""
    channel = _channel(connection)
    query = (
        select(leads.c.id, events.c.at, channel)
        .join(leads, leads.c.number == events.c.lead)
        .where(channel.is_not(None))
        .order_by(events.c.at, events.c.number)
    )
    return _columns(connection, query, ("lead", "at", "channel"))


def all_spend(connection: Connection) -> Columns:
    """What each channel cost on a day: channel, day, amount, currency."""
    names = ("channel", "day", "amount", "currency")
    query = select(*(spend.c[name] for name in names)).order_by(spend.c.day, spend.c.channel)
    return _columns(connection, query, names)


def version(connection: Connection) -> tuple[float, ...]:
    """A mark that stays as long as no contact, event or spend has come."""
    query = select(
        select(func.coalesce(func.max(contacts.c.number), 0)).scalar_subquery(),
        select(func.coalesce(func.max(events.c.number), 0)).scalar_subquery(),
        select(func.count()).select_from(spend).scalar_subquery(),
        select(func.coalesce(func.sum(spend.c.amount), 0.0)).scalar_subquery(),
    )
    return tuple(float(each) for each in connection.execute(query).one())


def _of_leads(table: Any, *names: str) -> Select[Any]:
    return select(leads.c.id, *(table.c[name] for name in names)).join(leads, leads.c.number == table.c.lead)


def _columns(connection: Connection, query: Select[Any], names: tuple[str, ...]) -> Columns:
    rows = connection.execute(query).all()
    parts = zip(*rows, strict=True) if rows else ((),) * len(names)
    return {name: list(part) for name, part in zip(names, parts, strict=True)}


def _channel(connection: Connection) -> ColumnElement[Any]:
    if connection.dialect.name == "postgresql":
        return cast(events.c.properties, JSON).op("->>")("channel")
    return cast(func.json_extract(events.c.properties, "$.channel"), Text)
