"""The leads of a home with what became of them, and what was spent on them."""

from __future__ import annotations

import polars as pl

from leadlight.data import logs
from leadlight.data.logs import Log
from leadlight.flows.events import with_past_events
from leadlight.flows.gather import gather_leads
from leadlight.insight.history import History
from leadlight.model.bundle import Bundle
from leadlight.model.scorer import Scores
from leadlight.store import Store
from leadlight.store import logs as kept

ID = "id"


def history_of(store: Store, bundle: Bundle, at: float) -> History:
    """All leads that may be looked at, scored by this model on what their events said in time."""
    identity = bundle.scorer.schema.name_of("id") or ID
    raw = gather_leads(store, bundle.target.column, identity, objecting=False)
    raw = with_past_events(store, bundle, raw) if raw.height else raw
    return history_of_leads(store, bundle, raw, bundle.scorer.score(raw), at)


def history_of_leads(store: Store, bundle: Bundle, raw: pl.DataFrame, scores: Scores, at: float) -> History:
    """The history of leads that were gathered and scored already."""
    with store.reading() as connection:
        called, ended = kept.all_contacts(connection), kept.all_outcomes(connection)
    contacts, outcomes = (pl.DataFrame(each) if each["lead"] else None for each in (called, ended))
    return History.of(
        bundle,
        raw,
        scores,
        contacts=None if contacts is None else logs.contacts(contacts),
        outcomes=None if outcomes is None else logs.outcomes(outcomes),
        at=at,
    )


def spend_of(store: Store) -> Log | None:
    """What channels cost; nothing where nobody said."""
    with store.reading() as connection:
        found = kept.all_spend(connection)
    return logs.spend(pl.DataFrame(found)) if found["channel"] else None


def touches_of(store: Store) -> Log | None:
    """By which channels leads came, as events tell; nothing where none does."""
    with store.reading() as connection:
        found = kept.all_touches(connection)
    return logs.touches(pl.DataFrame(found)) if found["lead"] else None
