"""Two models on the leads of a home that were decided after both were trained."""

from __future__ import annotations

from typing import Final

import numpy as np
import polars as pl

from leadlight.flows.decided import decided_rows, moments_of
from leadlight.insight.gate import ForwardLeads, GateVerdict, share_called, trained_until
from leadlight.model.bundle import Bundle
from leadlight.store import Store, watched_leads

DAY: Final = 86_400.0


def compare_forward(store: Store, champion: Bundle, challenger: Bundle) -> GateVerdict:
    """Both on the decided leads of the home that came after all that either learnt from."""
    untils = [until for until in map(trained_until, (champion, challenger)) if until is not None]
    if len(untils) < 2:
        return GateVerdict.unknown(0, "It is not known until when these models learnt.")
    if champion.events is not None or challenger.events is not None:
        return GateVerdict.unknown(0, "Models that learn from events are not compared by the gate yet.")
    rows = decided_rows(store, champion, None)
    after = np.flatnonzero(moments_of(champion, rows) > max(untils) + DAY)
    raw = rows.raw[after.tolist()]
    won = np.isin(np.array(rows.outcome, dtype=object)[after], list(champion.target.positive))
    if not raw.height:
        return ForwardLeads(np.zeros(0), np.zeros(0), np.zeros(0)).verdict()
    named = _with_columns(store, rows.numbers[after], challenger)
    margins = [champion.scorer.score(raw).margin, challenger.scorer.score(named).margin]
    return ForwardLeads(won.astype(np.float64), *margins).verdict(share_called(champion, margins[0]))


def _with_columns(store: Store, numbers: np.ndarray, bundle: Bundle) -> pl.DataFrame:
    """The columns that this model needs, of leads by number."""
    with store.reading() as connection:
        return watched_leads.of_numbers(
            connection, numbers.tolist(), [column.name for column in bundle.scorer.schema.needed]
        )
