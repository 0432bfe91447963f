"""When fields of leads were filled first, by the history that their CRM keeps of them.

Each change of a field came in as an event `property:NAME` at the moment when its value became known. Such
events are nothing that a lead did: they are not learnt from, they say what was known when.
"""

from __future__ import annotations

from typing import Any, Final

import msgspec
from sqlalchemy import ColumnElement, Connection, exists, select

from leadlight.store.tables import events

PREFIX: Final = "property:"
VERSIONS: Final = 20
"""As many values of a field as HubSpot gives; where there are so many, the first may not be among them."""


def is_change() -> ColumnElement[bool]:
    """Whether an event is the change of a field."""
    return events.c.name.startswith(PREFIX)


def has_changes(connection: Connection) -> bool:
    """Whether the history of any field is here."""
    return bool(connection.execute(select(exists(select(events.c.number).where(is_change())))).scalar_one())


def first_filled(connection: Connection, first: int, last: int) -> dict[int, dict[str, float | None]]:
    """Of leads from one number to another: when each field was filled first.

    None stands for a field that had a value before its history begins.
    """
    query = select(events.c.lead, events.c.name, events.c.at, events.c.properties)
    query = query.where(is_change(), events.c.lead.between(first, last))
    found: dict[int, dict[str, list[tuple[float, Any, Any]]]] = {}
    for lead, name, at, properties in connection.execute(query.order_by(events.c.at, events.c.number)):
        said = msgspec.json.decode(properties)
        changes = found.setdefault(lead, {}).setdefault(name.removeprefix(PREFIX), [])
        changes.append((at, said.get("before"), said.get("value")))
    return {
        lead: {column: _first(changes) for column, changes in columns.items() if len(changes) < VERSIONS}
        for lead, columns in found.items()
    }


def _first(changes: list[tuple[float, Any, Any]]) -> float | None:
    if changes[0][1] not in (None, ""):
        return None
    return next((at for at, _, value in changes if value not in (None, "")), None)
