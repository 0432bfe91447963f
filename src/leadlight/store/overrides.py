"""What people set against a score, with their name and reason: shown and exported, never learnt from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, insert, select, update

from leadlight.errors import InputError
from leadlight.store import audit, bulk, handle_keys, leads
from leadlight.store.leads import StoredLead
from leadlight.store.store import Store
from leadlight.store.tables import overrides


@dataclass(frozen=True)
class Override:
    """One person's word on one lead; it counts until it is ended or another one is given."""

    probability: float
    name: str
    reason: str
    at: float
    ended: float | None = None


def give(store: Store, identity: str, said: Override, who: str) -> None:
    """Set a probability against the model's; an earlier word on the lead ends."""
    _check(said)
    with store.writing() as connection:
        lead = _lead(connection, identity)
        if lead.suppressed:
            raise InputError(
                "This person objected to being scored: nothing is set in the place of a score.",
                code="objected",
                hint="Ask them first; what takes the objection back: leadlight db allow ID --home HOME",
            )
        _end(connection, lead.number, said.at)
        connection.execute(insert(overrides), {"lead": lead.number, **vars(said)})
        audit.append(store, connection, who, "override", _subject(store, lead), None, said.at)


def end(store: Store, identity: str, who: str, at: float) -> bool:
    """Let the model's score count again; False where nothing stood against it."""
    with store.writing() as connection:
        lead = _lead(connection, identity)
        ended = _end(connection, lead.number, at)
        audit.append(store, connection, who, "override_end", _subject(store, lead), None, at)
    return ended


def of_lead(connection: Connection, lead: int) -> list[Override]:
    """Every word on a lead, the last first."""
    query = select(overrides).where(overrides.c.lead == lead).order_by(overrides.c.number.desc())
    return [_override(row) for row in connection.execute(query)]


def standing(connection: Connection, numbers: list[int]) -> dict[int, Override]:
    """The words that count now, by lead."""
    those = bulk.among(connection, overrides.c.lead, numbers)
    query = select(overrides).where(those, overrides.c.ended.is_(None))
    return {row.lead: _override(row) for row in connection.execute(query)}


def _override(row: Any) -> Override:
    return Override(row.probability, row.name, row.reason, row.at, row.ended)


def _end(connection: Connection, lead: int, at: float) -> bool:
    open_ones = update(overrides).where(overrides.c.lead == lead, overrides.c.ended.is_(None))
    return connection.execute(open_ones.values(ended=at)).rowcount > 0


def _check(said: Override) -> None:
    if not 0.0 <= said.probability <= 1.0:
        raise InputError("A probability lies between 0 and 1.", code="override_probability")
    if not said.name.strip() or not said.reason.strip():
        raise InputError(
            "Setting a score aside takes a name and a reason.",
            code="override_reason",
            hint="Say who decided it, and why.",
        )


def _lead(connection: Connection, identity: str) -> StoredLead:
    found = leads.find(connection, identity)
    if found is None:
        raise InputError(
            "No lead has this id.",
            code="no_such_lead",
            hint="Their address finds it: leadlight db find --email ADDRESS --home HOME",
        )
    return found


def _subject(store: Store, lead: StoredLead) -> bytes:
    return handle_keys.hashed_key(store, handle_keys.handles_of_lead({}, lead.id)[0])[1]
