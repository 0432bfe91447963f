"""What happened to leads: events, contacts and outcomes, and what was spent."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
from sqlalchemy import Connection, select

from leadlight.errors import InputError
from leadlight.store import board, bulk
from leadlight.store import leads as leads_table
from leadlight.store.tables import contacts, events, leads, outcomes, spend


def add_events(connection: Connection, rows: Sequence[Mapping[str, Any]]) -> int:
    """Take in what leads did: id, name, at, properties and, so that none counts twice, key.

    The leads are to be scored again.
    """
    found = _numbers(connection, rows)
    plain = [
        (
            found[row["id"]],
            row["name"],
            row["at"],
            msgspec.json.encode(row.get("properties", {})).decode(),
            row.get("key"),
        )
        for row in rows
    ]
    count = bulk.insert_missing(connection, events, ("lead", "name", "at", "properties", "key"), plain)
    if count:
        leads_table.ask_for_scores(connection, sorted(set(found.values())))
    return count


def add_contacts(connection: Connection, rows: Sequence[Mapping[str, Any]]) -> int:
    """Take in calls and mails to leads: id, channel, at, who, result and key."""
    found = _numbers(connection, rows)
    plain = [
        (
            found[row["id"]],
            row["channel"],
            row["at"],
            row.get("who", ""),
            row.get("result", ""),
            row.get("key"),
        )
        for row in rows
    ]
    return bulk.insert_missing(connection, contacts, ("lead", "channel", "at", "who", "result", "key"), plain)


def add_outcomes(connection: Connection, rows: Sequence[Mapping[str, Any]], source: str) -> int:
    """Take in how leads ended: id, outcome, value and at."""
    found = _numbers(connection, rows)
    plain = [(found[row["id"]], str(row["outcome"]), row.get("value"), row["at"], source) for row in rows]
    count = bulk.insert_missing(connection, outcomes, ("lead", "outcome", "value", "at", "source"), plain)
    board.put_outcomes(connection, found.values())
    return count


def put_spend(connection: Connection, rows: Sequence[Mapping[str, Any]]) -> int:
    """Take in what a channel cost on a day; said again, it replaces what was said."""
    plain = {(row["channel"], row["day"], row.get("currency", "")): float(row["amount"]) for row in rows}
    values = [(channel, day, currency, amount) for (channel, day, currency), amount in plain.items()]
    key = ("channel", "day", "currency")
    bulk.upsert(connection, spend, (*key, "amount"), values, key=key)
    return len(values)


def _numbers(connection: Connection, rows: Sequence[Mapping[str, Any]]) -> dict[str, int]:
    ids = list({row["id"] for row in rows})
    query = select(leads.c.id, leads.c.number).where(leads.c.id.in_(ids))
    found = {row.id: row.number for row in connection.execute(query)}
    if len(found) < len(ids):
        first = next(place for place, row in enumerate(rows) if row["id"] not in found)
        raise InputError(
            f"{len(ids) - len(found)} of these leads are not in the store.",
            code="unknown_lead",
            where=f"item {first}",
            hint="Load the leads first: POST /v1/leads.",
        )
    return found


def latest_outcomes(connection: Connection, numbers: Sequence[int] | None = None) -> dict[int, str]:
    """How each lead ended, or each of these, as it was said last."""
    query = select(outcomes.c.lead, outcomes.c.outcome).order_by(outcomes.c.at, outcomes.c.number)
    if numbers is not None:
        query = query.where(bulk.among(connection, outcomes.c.lead, numbers))
    return {row.lead: row.outcome for row in connection.execute(query)}


def latest_values(connection: Connection) -> dict[int, float]:
    """What the deal with each lead came to, as it was said last."""
    query = select(outcomes.c.lead, outcomes.c.value).where(outcomes.c.value.is_not(None))
    rows = connection.execute(query.order_by(outcomes.c.at, outcomes.c.number))
    return {row.lead: float(row.value) for row in rows}


def of_lead(connection: Connection, lead: int) -> dict[str, list[dict[str, Any]]]:
    """What happened to one lead, the last first: events, contacts, outcomes."""
    found = {}
    for table in (events, contacts, outcomes):
        query = select(table).where(table.c.lead == lead).order_by(table.c.at.desc(), table.c.number.desc())
        found[table.name] = [dict(row) for row in connection.execute(query).mappings()]
    return found
