"""Two models on the leads of a home that were decided after both were trained."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
import polars as pl

from leadlight.flows.decided import decided_rows, moments_of, undecided_at
from leadlight.flows.events import stored_rows, with_past_events
from leadlight.insight.gate import ForwardLeads, GateVerdict, after_training, share_called
from leadlight.model.bundle import Bundle
from leadlight.store import Store
from leadlight.store.watched_leads import ScoredRows

DAY: Final = 86_400.0


def compare_forward(store: Store, champion: Bundle, challenger: Bundle) -> GateVerdict:
    """Both on the decided leads of the home that came after all that either learnt from.

    A model of events sees each lead as it learnt: so many days after arrival. Leads that were decided before
    are no test of it, since what they did then may follow from how they ended.
    """
    begin = after_training(champion, challenger)
    if begin is None:
        return GateVerdict.unknown(0, "It is not known until when these models learnt.")
    rows = decided_rows(store, champion, None)
    moments = moments_of(champion, rows)
    open_then = _undecided(store, rows, moments, [champion, challenger])
    after = np.flatnonzero((moments > begin) & open_then)
    won = np.isin(np.array(rows.outcome, dtype=object)[after], list(champion.target.positive))
    if not len(after):
        return ForwardLeads(np.zeros(0), np.zeros(0), np.zeros(0)).verdict()
    numbers = rows.numbers[after].tolist()
    margins = [each.scorer.score(_as_learnt(store, each, numbers)).margin for each in (champion, challenger)]
    return ForwardLeads(won.astype(np.float64), *margins).verdict(share_called(champion, margins[0]))


def _undecided(store: Store, rows: ScoredRows, moments: np.ndarray, bundles: Sequence[Bundle]) -> np.ndarray:
    """Whether each was undecided still when a model of events looks at it; unknown days count as later."""
    days = max((each.events.moment for each in bundles if each.events is not None), default=0.0)
    if not days:
        return np.ones(len(moments), dtype=bool)
    return undecided_at(store, rows.numbers, moments + days * DAY)


def _as_learnt(store: Store, bundle: Bundle, numbers: Sequence[int]) -> pl.DataFrame:
    """These leads with all that the model needs, events as of the moment that it learnt them at."""
    return with_past_events(store, bundle, stored_rows(store, bundle, numbers))
