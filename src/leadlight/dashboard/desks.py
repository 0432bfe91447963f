"""The home's leads as figures are made of them, made anew only when something has changed."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, TypeVar

from leadlight.dashboard.visitor import PageVisit
from leadlight.flows.desk import Desk
from leadlight.store import changes

T = TypeVar("T")


@dataclass
class MadeFigures:
    """Figures of one state of the home, each worked out by whoever asks first; the others wait for it."""

    made: dict[Any, Any] = field(default_factory=dict)
    turn: threading.Lock = field(default_factory=threading.Lock)

    def once(self, key: Any, work: Callable[[], T]) -> T:
        """The figure of this name."""
        with self.turn:
            if key not in self.made:
                self.made[key] = work()
            found: T = self.made[key]
            return found


@dataclass
class Desks:
    """The last one that was made, and of what."""

    made: Desk | None = None
    figures: MadeFigures = field(default_factory=MadeFigures)
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
                self.made, self.version = None, ()
                self.made, self.version = Desk.of(visit.store, serving.bundle), version
                self.figures = MadeFigures()
            return self.made


def desk_of(visit: PageVisit) -> Desk | None:
    """The desk of this process."""
    desks: Desks = visit.request.app.state.desks
    return desks.now(visit)


def figures_of(visit: PageVisit) -> MadeFigures:
    """What was worked out of the desk so far."""
    desks: Desks = visit.request.app.state.desks
    return desks.figures
