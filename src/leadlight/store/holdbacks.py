"""Holdbacks: which share of leads is worked without regard to the score, from when to when.

Whether a lead is held back follows from its id and the key of the home alone, so that it is decided on
arrival, the same everywhere, and nobody can choose it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from sqlalchemy import Connection, insert, select, update

from leadlight.errors import StoreError
from leadlight.store import audit
from leadlight.store.store import Store
from leadlight.store.watch_tables import holdbacks

MOST: Final = 0.5


@dataclass(frozen=True)
class Holdback:
    """One experiment."""

    number: int
    share: float
    started: float
    ended: float | None
    who: str

    def draws(self, store: Store, ids: Sequence[str]) -> np.ndarray:
        """A number from 0 to 1 for each lead, the same whenever it is asked for."""
        hashes = (store.keyed("holdback", f"{self.number}:{each}".encode()) for each in ids)
        return np.array([int.from_bytes(each[:8], "big") / 2**64 for each in hashes], dtype=np.float64)

    def held(self, store: Store, ids: Sequence[str], created: np.ndarray) -> np.ndarray:
        """Which of these leads are held back: those that came while it ran, by their draw."""
        during = (created >= self.started) & (created < (np.inf if self.ended is None else self.ended))
        return during & (self.draws(store, ids) < self.share)

    def during(self, created: np.ndarray) -> np.ndarray:
        """Which leads came while it ran."""
        found: np.ndarray = (created >= self.started) & (
            created < (np.inf if self.ended is None else self.ended)
        )
        return found


def running(connection: Connection) -> Holdback | None:
    """The one that runs now."""
    query = select(holdbacks).where(holdbacks.c.ended.is_(None)).order_by(holdbacks.c.number.desc()).limit(1)
    row = connection.execute(query).mappings().first()
    return None if row is None else Holdback(**row)


def last(connection: Connection) -> Holdback | None:
    """The one that runs, else the one that ended last."""
    query = select(holdbacks).order_by(holdbacks.c.number.desc()).limit(1)
    row = connection.execute(query).mappings().first()
    return None if row is None else Holdback(**row)


def start(store: Store, share: float, at: float, who: str) -> Holdback:
    """Hold this share of the leads back that come from now on."""
    if not 0 < share <= MOST:
        raise StoreError(
            f"The share that is held back has to lie above 0 and be at most {MOST:g}.", code="holdback_share"
        )
    with store.writing() as connection:
        if running(connection) is not None:
            raise StoreError(
                "A holdback runs already.", code="holdback_runs", hint="End it: leadlight holdback stop"
            )
        row = {"share": share, "started": at, "ended": None, "who": who}
        number = connection.execute(insert(holdbacks).returning(holdbacks.c.number), row).scalar_one()
        audit.append(store, connection, who, "holdback_start", detail={"share": share}, at=at)
    return Holdback(int(number), share, at, None, who)


def stop(store: Store, at: float, who: str) -> Holdback:
    """Hold nobody back any more of those who come from now on."""
    with store.writing() as connection:
        now = running(connection)
        if now is None:
            raise StoreError(
                "No holdback runs.",
                code="no_holdback",
                hint="Begin one: leadlight holdback start --share 0.1",
            )
        connection.execute(update(holdbacks).where(holdbacks.c.number == now.number).values(ended=at))
        audit.append(store, connection, who, "holdback_stop", detail={"number": now.number}, at=at)
    return now
