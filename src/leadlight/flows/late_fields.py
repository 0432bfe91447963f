"""Which fields of a CRM are filled in only after a lead arrived, as its own history of them shows."""

from __future__ import annotations

from collections import Counter
from functools import cache
from importlib import import_module
from typing import Final

from leadlight.connect.moments import seconds_of
from leadlight.connect.systems import SYSTEMS
from leadlight.store import Store, field_history, leads
from leadlight.store.leads import StoredLead

DAY: Final = 86_400.0
LEAST: Final = 20
"""Leads of whom the history of a field has to be known before it says anything."""


def late_fields(store: Store) -> dict[str, float]:
    """Of fields with a history: the share of their values that came more than a day after the lead."""
    valued, known, late = Counter[str](), Counter[str](), Counter[str]()
    with store.reading() as connection:
        if not field_history.has_changes(connection):
            return {}
        for page in leads.pages(connection):
            filled = field_history.first_filled(connection, page[0].number, page[-1].number)
            for lead in page:
                valued.update(lead.fields.keys())
                _count(lead, filled.get(lead.number, {}), known, late)
    return {name: late[name] / valued[name] for name in sorted(known) if known[name] >= LEAST}


def _count(
    lead: StoredLead, filled: dict[str, float | None], known: Counter[str], late: Counter[str]
) -> None:
    """Add one lead to the counts, where it is said when it arrived."""
    arrived = seconds_of(lead.fields.get(_time_of(lead.source)))
    if arrived is None:
        return
    for name, at in filled.items():
        if name in lead.fields:
            known[name] += 1
            late[name] += at is not None and at > arrived + DAY


@cache
def _time_of(source: str) -> str:
    """The column that says when a lead of a system arrived."""
    if source not in SYSTEMS:
        return ""
    mapping = getattr(import_module(f"leadlight.connect.{source}"), "MAPPING", None)
    return "" if mapping is None else str(mapping.time)
