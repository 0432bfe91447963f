"""Leads that are held back from the score, beside the list that is made by it, and what came of both."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import polars as pl

from leadlight.data import rows
from leadlight.errors import StoreError
from leadlight.flows.decided import decided_rows
from leadlight.flows.watch import serving_model
from leadlight.insight.holdback import Benefit, benefit, benefits_by
from leadlight.insight.pool import Pool
from leadlight.model.bundle import Bundle
from leadlight.store import Store, holdbacks, watched_leads
from leadlight.store.holdbacks import Holdback

MOST: Final = 200_000


@dataclass(frozen=True)
class HeldBack:
    """The open leads that are held back: how many, and which of them were drawn to be called all the same."""

    share: float
    left_out: int
    drawn: tuple[str, ...]

    def to_json(self) -> dict[str, Any]:
        return {"share": self.share, "left_out": self.left_out, "drawn": list(self.drawn)}


@dataclass(frozen=True, eq=False)
class PartedLeads:
    """The leads of a home that are worked by the score, and those that are held back from it."""

    by_score: pl.DataFrame
    held: pl.DataFrame
    draws: np.ndarray
    holdback: Holdback | None
    is_held: np.ndarray
    """Which of all rows are held back."""

    @staticmethod
    def of(store: Store, raw: pl.DataFrame, identity: str) -> PartedLeads:
        """As the holdback parts them that runs now; all are worked by the score where none runs."""
        with store.reading() as connection:
            now = holdbacks.running(connection)
            since = {} if now is None else watched_leads.created_since(connection, now.started)
        if now is None or not since:
            return PartedLeads(raw, raw.head(0), np.zeros(0), now, np.zeros(raw.height, dtype=bool))
        ids = rows.identities(raw[identity]).fill_null("").to_list()
        created = np.array([since.get(each, -np.inf) for each in ids])
        draws = now.draws(store, ids)
        held = now.during(created) & (draws < now.share)
        return PartedLeads(raw.filter(~held), raw.filter(held), draws[held], now, held)

    def drawn(self, bundle: Bundle, identity: str, listed: int, considered: int) -> HeldBack | None:
        """As large a part of the held leads as the list is of the others, in the order of their draw."""
        if self.holdback is None:
            return None
        if not self.held.height:
            return HeldBack(self.holdback.share, 0, ())
        ids = rows.identities(self.held[identity]).fill_null("").to_list()
        pool = Pool.of(bundle, self.held)
        open_ids = rows.identities(pool.frame[identity]).fill_null("").to_list()
        free = [each for each, barred in zip(open_ids, pool.barred.tolist(), strict=True) if not barred]
        draw = dict(zip(ids, self.draws.tolist(), strict=True))
        wanted = round(len(free) * listed / considered) if considered else 0
        return HeldBack(self.holdback.share, len(free), tuple(sorted(free, key=draw.__getitem__)[:wanted]))


@dataclass(frozen=True)
class HoldbackResult:
    """What the score brought, in all and by source of the leads."""

    holdback: Holdback
    whole: Benefit
    segments: tuple[Benefit, ...]

    def to_json(self) -> dict[str, Any]:
        return {
            "share": self.holdback.share,
            "started": self.holdback.started,
            "ended": self.holdback.ended,
            "all": self.whole.to_json(),
            "segments": [each.to_json() for each in self.segments],
        }


def holdback_result(store: Store) -> HoldbackResult:
    """The decided leads that came while the holdback ran; refused where there was none."""
    kept, bundle = serving_model(store)
    with store.reading() as connection:
        found = holdbacks.last(connection)
    if found is None:
        raise StoreError(
            "No leads were ever held back, so that nobody can say what the score brings over chance.",
            code="no_holdback",
            hint="Begin: leadlight holdback start --share 0.1; how long it takes: leadlight holdback plan",
        )
    known = decided_rows(store, bundle, kept.number, MOST)
    with store.reading() as connection:
        ids = watched_leads.ids_of(connection, known.numbers.tolist())
    during = found.during(known.created)
    held = found.held(store, ids, known.created)[during]
    won = np.isin(np.array(known.outcome, dtype=object), list(bundle.target.positive))[during]
    source = [known.source[row] or "not said" for row in np.flatnonzero(during).tolist()]
    return HoldbackResult(found, benefit(won, held), tuple(benefits_by(won, held, source)))
