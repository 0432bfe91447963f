"""What became of the home's leads as pages tell it, worked out anew only when something has changed."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass, field
from typing import Any, Final

from leadlight.dashboard.desks import MadeFigures, desk_of
from leadlight.dashboard.visitor import PageVisit
from leadlight.data.logs import Log
from leadlight.flows.lead_history import history_of, history_of_roster, spend_of, with_contacts_of
from leadlight.insight.history import History
from leadlight.store import Store, changes, logs

HOUR: Final = 3_600.0


@dataclass
class Known(MadeFigures):
    """One state of the home, and the figures that were asked of it so far."""

    history: History = field(kw_only=True)
    """Without contacts, where the home has many of them: not every page asks."""
    spend: Log | None = field(kw_only=True)
    store: Store = field(kw_only=True)

    @property
    def contacted(self) -> History:
        """The history with the contacts."""
        return self.once("contacts", lambda: with_contacts_of(self.store, self.history))


@dataclass
class Histories:
    """The last state that was looked at."""

    made: Known | None = None
    version: tuple[Any, ...] = ()
    turn: threading.Lock = field(default_factory=threading.Lock)

    def now(self, visit: PageVisit) -> Known | None:
        """Of this hour; nothing where there is no model or no lead."""
        desk = desk_of(visit)
        if desk is None:
            return None
        at = time.time()
        with visit.store.reading() as connection:
            version = (desk.bundle.name, changes.standing(connection).version, logs.version(connection))
        with self.turn:
            if (*version, at // HOUR) != self.version:
                history = (
                    history_of_roster(visit.store, desk.roster, at, contacts=False)
                    if desk.bundle.events is None
                    else history_of(visit.store, desk.bundle, at)
                )
                self.made = Known(history=history, spend=spend_of(visit.store), store=visit.store)
                self.version = (*version, at // HOUR)
            return self.made


def known_of(visit: PageVisit) -> Known | None:
    """What this process knows of the home's leads."""
    histories: Histories = visit.request.app.state.histories
    return histories.now(visit)
