"""What happened to one lead: its events, contacts and outcomes."""

from __future__ import annotations

from typing import Any, Final

import msgspec
from sqlalchemy import Connection, Table, select

from leadlight.store.tables import contacts, events, outcomes

MOST: Final = 1_000
"""The newest of each."""


def what_happened(connection: Connection, lead: int) -> dict[str, list[dict[str, Any]]]:
    """Its events, contacts and outcomes, the newest first: the first outcome is the one that counts."""
    done = _rows(connection, events, lead, ("name", "at", "properties"))
    return {
        "events": [{**each, "properties": msgspec.json.decode(each["properties"])} for each in done],
        "contacts": _rows(connection, contacts, lead, ("channel", "at", "who", "result")),
        "outcomes": _rows(connection, outcomes, lead, ("outcome", "value", "at", "source")),
    }


def _rows(connection: Connection, table: Table, lead: int, names: tuple[str, ...]) -> list[dict[str, Any]]:
    query = select(*(table.c[name] for name in names)).where(table.c.lead == lead)
    newest = query.order_by(table.c.at.desc(), table.c.number.desc()).limit(MOST)
    return [dict(row) for row in connection.execute(newest).mappings()]
