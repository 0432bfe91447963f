"""Disputes that people write in a CRM: a field of the lead that becomes a dispute here, once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from leadlight.data import cells
from leadlight.insight.disputes import route_of
from leadlight.store import disputes

if TYPE_CHECKING:
    from sqlalchemy import Connection


def without_disputes(rows: Sequence[dict[str, Any]], identity: str, name: str) -> dict[str, str]:
    """Take the field out of the leads, so that nothing is learnt from it; gives what it says, by id.

    A lead that was not asked for the field is not among them; one whose field is blank is.
    """
    return {
        str(row[identity]): (cells.text_of(row.pop(name) or "") or "").strip() for row in rows if name in row
    }


def take_disputes(connection: Connection, said: Mapping[str, str], system: str, at: float) -> int:
    """Keep what is new, settle what was cleared or written anew in the system; gives how many are new."""
    last = disputes.last_of(connection, list(said), system) if said else {}
    new = 0
    for identity, text in said.items():
        note, before = text[: disputes.LONGEST], last.get(identity)
        if before is not None and before.note == note:
            continue
        if before is not None and before.settled is None:
            how = f"written anew in {system}" if note else f"cleared in {system}"
            disputes.settle(connection, before.number, how, at)
        if note and disputes.may_dispute(connection, identity):
            disputes.add(connection, identity, route_of(note), note, system, at)
            new += 1
    return new
