"""What happened to one lead, as it is told."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import msgspec
from sqlalchemy import select

from leadlight.serve.moments import dated
from leadlight.store.tables import contacts, events, outcomes

if TYPE_CHECKING:
    from sqlalchemy import Connection, Table

MOST: Final = 1_000
"""The newest of each."""


def what_happened(connection: Connection, lead: int) -> dict[str, Any]:
    """Its events, contacts and outcomes, the newest first; the outcome that was said last counts."""
    told = _rows(connection, outcomes, lead, ("outcome", "value", "at", "source"))
    done = _rows(connection, events, lead, ("name", "at", "properties"))
    return {
        "events": [{**each, "properties": msgspec.json.decode(each["properties"])} for each in done],
        "contacts": _rows(connection, contacts, lead, ("channel", "at", "who", "result")),
        "outcome": told[0] if told else None,
        "outcomes": told,
    }


def _rows(connection: Connection, table: Table, lead: int, names: tuple[str, ...]) -> list[dict[str, Any]]:
    query = select(*(table.c[name] for name in names)).where(table.c.lead == lead)
    newest = query.order_by(table.c.at.desc(), table.c.number.desc()).limit(MOST)
    return [dated(row) for row in connection.execute(newest).mappings()]
