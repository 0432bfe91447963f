"""The home's leads as figures are made of them, made anew only when something has changed."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from typing import Any

from leadlight.dashboard.visitor import PageVisit
from leadlight.flows.desk import Desk
from leadlight.store import changes


@dataclass
class Desks:
    """The last one that was made, and of what."""

    made: Desk | None = None
    version: tuple[Any, ...] = ()
    turn: threading.Lock = field(default_factory=threading.Lock)

    def now(self, visit: PageVisit) -> Desk | None:
        """Of the leads and the model of this moment; nothing where there is no model or no lead."""
        serving = visit.state.serving
        if serving is None:
            return None
        with visit.store.reading() as connection:
            standing = changes.standing(connection)
        if not standing.leads:
            return None
        version = (serving.name, *standing.version)
        with self.turn:
            if version != self.version:
                self.made, self.version = Desk.of(visit.store, serving.bundle), version
            return self.made


def desk_of(visit: PageVisit) -> Desk | None:
    """The desk of this process."""
    desks: Desks = visit.request.app.state.desks
    return desks.now(visit)
