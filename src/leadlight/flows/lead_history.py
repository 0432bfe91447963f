"""The leads of a home with what became of them, and what was spent on them."""

from __future__ import annotations

from leadlight.data import logs
from leadlight.data.logs import Log
from leadlight.flows.roster import Roster
from leadlight.insight.history import History
from leadlight.model.bundle import Bundle
from leadlight.store import Store
from leadlight.store import logs as kept


def history_of(store: Store, bundle: Bundle, at: float) -> History:
    """All leads that may be looked at, scored by this model on what their events said in time."""
    return history_of_roster(store, Roster.of(store, bundle, past=True), at)


def history_of_roster(store: Store, roster: Roster, at: float, *, contacts: bool = True) -> History:
    """The history of leads that were read and scored already; contacts, which are many, may come later."""
    with store.reading() as connection:
        outcomes = kept.all_outcomes(connection)
    history = History.of(
        roster.bundle,
        roster.raw,
        roster.scores,
        outcomes=logs.outcomes(outcomes) if outcomes.height else None,
        at=at,
        more=roster,
    )
    return with_contacts_of(store, history) if contacts else history


def with_contacts_of(store: Store, history: History) -> History:
    """A history with the contacts that the home holds, where it holds any."""
    with store.reading() as connection:
        contacts = kept.all_contacts(connection)
    return history.with_contacts(logs.contacts(contacts)) if contacts.height else history


def spend_of(store: Store) -> Log | None:
    """What channels cost; nothing where nobody said."""
    with store.reading() as connection:
        found = kept.all_spend(connection)
    return logs.spend(found) if found.height else None


def touches_of(store: Store) -> Log | None:
    """By which channels leads came, as events tell; nothing where none does."""
    with store.reading() as connection:
        found = kept.all_touches(connection)
    return logs.touches(found) if found.height else None
