"""Everything that is held about a person, as plain values that anyone may be handed."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from functools import cache
from typing import Any, Final

import numpy as np
from sqlalchemy import Connection, Table, func, select

from leadlight.model.answer import displayed
from leadlight.model.bundle import Bundle
from leadlight.store import audit, data_subject, departures, disputes, erasure, handle_keys, models, overrides
from leadlight.store.data_subject import Person
from leadlight.store.leads import StoredLead, decode
from leadlight.store.scores import codes_from_bytes, told_reasons
from leadlight.store.store import Store
from leadlight.store.tables import (
    contacts,
    current,
    dead_letters,
    events,
    inputs,
    keys,
    outcomes,
    scores,
    suppressions,
    tombstones,
    users,
)
from leadlight.store.tables import models as model_table

Changes = Callable[[Bundle, np.ndarray], Any]
READERS: Final = ("read", "write", "admin")


def person_as_json(
    store: Store, connection: Connection, person: Person, changes: Changes, at: float
) -> dict[str, Any]:
    """All of it: values with their source, every score and why, what happened, who may see it."""
    told = _LeadExport(connection, changes)
    return {
        "made": moment(at),
        "leads": [told.lead(lead) for lead in person.leads],
        "related": [lead.id for lead in person.related],
        "objected": bool(handle_keys.keys_present(connection, suppressions, person.barring)),
        "forgotten": bool(handle_keys.keys_present(connection, tombstones, person.barring)),
        "dead_letters": _letters(store, connection, person),
        "recipients": _recipients(connection),
        "models": told.models(),
        "trail": [
            {"at": moment(row.at), "who": row.who, "act": row.act}
            for row in audit.about(connection, data_subject.subjects_of(store, person))
        ],
    }


class _LeadExport:
    """Leads told one after the other; a model is loaded once."""

    def __init__(self, connection: Connection, changes: Changes) -> None:
        self.connection, self.changes = connection, changes
        self.bundle = cache(lambda number: models.load(connection, number))
        self.names: dict[int, str] = {
            row.number: row.name
            for row in connection.execute(select(model_table.c.number, model_table.c.name))
        }
        self.used: set[int] = set()

    def lead(self, lead: StoredLead) -> dict[str, Any]:
        gone = departures.since(self.connection, lead.number)
        now = self.connection.execute(select(current).where(current.c.lead == lead.number)).one_or_none()
        return {
            "id": lead.id,
            "source": lead.source,
            "first_seen": moment(lead.created),
            "last_changed": moment(lead.changed),
            "objected": lead.suppressed and gone is None,
            "deleted": None if gone is None else moment(gone),
            "fields": dict(lead.fields),
            "score": None if now is None else self.score(now),
            "scores": [self.score(row) for row in self._every(lead)],
            "overrides": [_override(each) for each in overrides.of_lead(self.connection, lead.number)],
            "events": self._rows(events, lead, ("name", "at", "properties")),
            "contacts": self._rows(contacts, lead, ("channel", "at", "who", "result")),
            "disputes": [
                {**each, "at": moment(each["at"]), "settled": each["settled"] and moment(each["settled"])}
                for each in disputes.of_lead(self.connection, lead.number)
            ],
            "outcomes": self._rows(outcomes, lead, ("outcome", "value", "at", "source")),
        }

    def score(self, row: Any) -> dict[str, Any]:
        self.used.add(row.model)
        return {
            "at": moment(row.at),
            "model": self.names[row.model],
            "score": displayed(row.probability),
            "probability": row.probability,
            "low": row.low,
            "high": row.high,
            "grade": row.grade,
            "call": bool(row.call),
            "reasons": told_reasons(row.reasons),
            "would_change_it": self._changes(row),
        }

    def _changes(self, row: Any) -> Any:
        wanted = (inputs.c.lead == row.lead) & (inputs.c.address == row.input)
        codes = self.connection.execute(select(inputs.c.codes).where(wanted)).scalar()
        return [] if codes is None else self.changes(self.bundle(row.model), codes_from_bytes([bytes(codes)]))

    def _every(self, lead: StoredLead) -> list[Any]:
        query = select(scores).where(scores.c.lead == lead.number).order_by(scores.c.number.desc())
        return list(self.connection.execute(query))

    def _rows(self, table: Table, lead: StoredLead, names: tuple[str, ...]) -> list[dict[str, Any]]:
        query = select(*(table.c[name] for name in names)).where(table.c.lead == lead.number)
        found = self.connection.execute(query.order_by(table.c.number)).mappings()
        return [{name: _plain(name, row[name]) for name in names} for row in found]

    def models(self) -> list[dict[str, Any]]:
        return [_model(self.bundle(number)) for number in sorted(self.used)]


def _model(bundle: Bundle) -> dict[str, Any]:
    return {
        "name": bundle.name,
        "family": bundle.family,
        "outcome": bundle.target.column,
        "usual_probability": _usual(bundle),
        "columns": [column.name for column in bundle.scorer.schema.inputs],
    }


def _usual(bundle: Bundle) -> float | None:
    rate = bundle.record.train.get("base_rate")
    return float(rate) if isinstance(rate, int | float) else None


def _override(each: overrides.Override) -> dict[str, Any]:
    ended = None if each.ended is None else moment(each.ended)
    return {**vars(each), "at": moment(each.at), "ended": ended}


def _plain(name: str, value: Any) -> Any:
    if name == "properties":
        return decode(value)
    return moment(value) if name == "at" else value


def moment(at: float) -> str:
    """A moment as people and programs read it."""
    try:
        return datetime.fromtimestamp(at, UTC).isoformat(timespec="seconds")
    except (OverflowError, OSError, ValueError):
        return str(at)


def _letters(store: Store, connection: Connection, person: Person) -> list[dict[str, Any]]:
    """What came in for this person and could not be used."""
    barred = set(person.keys)
    query = select(dead_letters).order_by(dead_letters.c.number)
    return [
        {"source": row.source, "reason": row.reason, "at": moment(row.at), "body": text}
        for row in connection.execute(query)
        if erasure.mentions(store, text := erasure.body_as_text(bytes(row.body)), barred)
    ]


def _recipients(connection: Connection) -> dict[str, Any]:
    """Which programs may read leads, and how many people of each role."""
    open_keys = select(keys.c.name, keys.c.scopes).where(keys.c.revoked.is_(None))
    roles = select(users.c.role, func.count()).where(users.c.removed.is_(None)).group_by(users.c.role)
    return {
        "programs": [
            name for name, scopes in connection.execute(open_keys) if any(s in scopes for s in READERS)
        ],
        "people": {row[0]: row[1] for row in connection.execute(roles)},
    }
