"""What became of the home's leads as pages tell it, worked out anew only when something has changed."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final, TypeVar

from leadlight.dashboard.desks import desk_of
from leadlight.dashboard.visitor import PageVisit
from leadlight.data.logs import Log
from leadlight.flows.lead_history import history_of, history_of_leads, spend_of, touches_of
from leadlight.insight.history import History
from leadlight.store import changes, logs

HOUR: Final = 3_600.0
T = TypeVar("T")


@dataclass
class Known:
    """One state of the home, and the figures that were asked of it so far."""

    history: History
    spend: Log | None
    touches: Log | None
    figures: dict[Any, Any] = field(default_factory=dict)
    turn: threading.Lock = field(default_factory=threading.Lock)

    def once(self, key: Any, work: Callable[[], T]) -> T:
        """The figure of this name, worked out by whoever asks first."""
        with self.turn:
            if key not in self.figures:
                self.figures[key] = work()
            found: T = self.figures[key]
            return found


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
                    history_of_leads(visit.store, desk.bundle, desk.raw, desk.scores, at)
                    if desk.bundle.events is None
                    else history_of(visit.store, desk.bundle, at)
                )
                self.made = Known(history, spend_of(visit.store), touches_of(visit.store))
                self.version = (*version, at // HOUR)
            return self.made


def known_of(visit: PageVisit) -> Known | None:
    """What this process knows of the home's leads."""
    histories: Histories = visit.request.app.state.histories
    return histories.now(visit)
