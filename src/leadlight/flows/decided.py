"""The leads of a home that are decided, as far as the model in service did not learn from them."""

from __future__ import annotations

from typing import Final

import numpy as np
import polars as pl

from leadlight.insight.gate import trained_until
from leadlight.insight.outcomes import DecidedLeads, Foretold
from leadlight.model.bundle import Bundle
from leadlight.store import Store, watched_leads
from leadlight.store.watched_leads import ScoredRows

MOST: Final = 20_000


def decided_leads(
    store: Store, bundle: Bundle, number: int, *, since: float | None = None, most: int = MOST
) -> DecidedLeads:
    """What was said of them, how they ended, when they came; `since` leaves out the leads of before."""
    rows = decided_rows(store, bundle, number, most)
    moment = moments_of(bundle, rows)
    until = trained_until(bundle)
    late = np.ones(len(moment), dtype=bool) if until is None else moment > until + 86_400.0
    if since is not None:
        late &= moment >= since
    kept = np.flatnonzero(late)
    won = np.isin(np.array(rows.outcome, dtype=object), list(bundle.target.positive))
    return DecidedLeads(
        said=Foretold.of(bundle, rows.margin[kept]),
        outcome=won[kept].astype(np.float64),
        moment=moment[kept],
        source=[rows.source[row] or "not said" for row in kept.tolist()],
        sensitive={name: _words(bundle, name, rows.raw[kept.tolist()]) for name in _sensitive(bundle)},
    )


def _sensitive(bundle: Bundle) -> list[str]:
    """The columns that are kept for checks of fairness and hold words."""
    columns = bundle.scorer.schema.with_role("sensitive")
    return [column.name for column in columns if column.kind in ("category", "flag")]


def _words(bundle: Bundle, name: str, raw: pl.DataFrame) -> list[str]:
    column = bundle.scorer.schema[name]
    return [column.label(word) for word in column.read(raw[name]).fill_null("not said").to_list()]


def decided_rows(store: Store, bundle: Bundle, number: int | None, most: int = MOST) -> ScoredRows:
    """The newest decided leads with the columns that the model needs; without a number, scored by any."""
    words = (*bundle.target.positive, *bundle.target.negative)
    columns = [column.name for column in bundle.scorer.schema.needed]
    columns += [name for name in _sensitive(bundle) if name not in columns]
    with store.reading() as connection:
        return watched_leads.decided(connection, number, words, columns, most)


def moments_of(bundle: Bundle, rows: ScoredRows) -> np.ndarray:
    """When each came: by its own time where it says one, else when it was taken in."""
    schema = bundle.scorer.schema
    time = schema.name_of("time")
    if time is None or schema[time].kind != "date" or time not in rows.raw.columns:
        return rows.created
    told = schema.moments(rows.raw)
    return rows.created if told is None else np.where(np.isfinite(told), told, rows.created)
