"""The leads of a home that are decided, as far as the model in service foretold how they would end."""

from __future__ import annotations

from typing import Final

import numpy as np
import polars as pl

from leadlight.flows.events import stored_rows, with_past_events
from leadlight.insight.gate import after_training
from leadlight.insight.outcomes import DecidedLeads, Foretold
from leadlight.model.bundle import Bundle
from leadlight.store import Store, event_rows, watched_leads
from leadlight.store.watched_leads import ScoredRows

MOST: Final = 20_000
DAY: Final = 86_400.0


def decided_leads(
    store: Store, bundle: Bundle, number: int, at: float, *, since: float | None = None, most: int = MOST
) -> DecidedLeads:
    """What was foretold of them, how they ended, when they came; `since` leaves out the leads of before.

    Only leads count that the model did not learn from, that are as old as those it learnt from were (only
    fast deciders are decided among younger ones), and of which it said something before they ended.
    """
    rows = decided_rows(store, bundle, number, most)
    moment = moments_of(bundle, rows)
    after = after_training(bundle)
    counts = moment <= at - mature_after(bundle) * DAY
    if after is not None:
        counts &= moment > after
    if since is not None:
        counts &= moment >= since
    margin = _foretold(store, bundle, number, rows, moment, np.flatnonzero(counts))
    kept = np.flatnonzero(np.isfinite(margin))
    won = np.isin(np.array(rows.outcome, dtype=object), list(bundle.target.positive))
    return DecidedLeads(
        said=Foretold.of(bundle, margin[kept]),
        outcome=won[kept].astype(np.float64),
        moment=moment[kept],
        source=[rows.source[row] or "not said" for row in kept.tolist()],
        sensitive={name: _words(bundle, name, rows.raw[kept.tolist()]) for name in _sensitive(bundle)},
    )


def mature_after(bundle: Bundle) -> float:
    """The age in days from which the model learnt from leads; none where it learnt from leads of any age."""
    told = bundle.record.maturity or bundle.record.events or {}
    return float(told.get("mature_after") or 0.0)


def _foretold(
    store: Store, bundle: Bundle, number: int, rows: ScoredRows, moment: np.ndarray, places: np.ndarray
) -> np.ndarray:
    """The log-odds that each of some rows was given before it ended; not a number where it was given none.

    A model of events judges each as it learnt: so many days after it came. Where nobody said when a lead
    ended, its score counts as given before.
    """
    found = np.full(len(moment), np.nan)
    if bundle.events is not None:
        then = moment[places] + bundle.events.moment * DAY
        places = places[undecided_at(store, rows.numbers[places], then)]
        if len(places):
            raw = with_past_events(store, bundle, stored_rows(store, bundle, rows.numbers[places].tolist()))
            found[places] = bundle.scorer.score(raw).margin
        return found
    numbers = rows.numbers[places].tolist()
    with store.reading() as connection:
        before = watched_leads.margins_before_the_end(connection, number, numbers)
    said = zip(numbers, rows.margin[places].tolist(), strict=True)
    found[places] = [before.get(lead, margin) for lead, margin in said]
    return found


def undecided_at(store: Store, numbers: np.ndarray, when: np.ndarray) -> np.ndarray:
    """Whether each lead was undecided still at a moment of its own; unknown ends count as later."""
    with store.reading() as connection:
        told = event_rows.decided_at(connection, numbers.tolist())
    ended = np.array([told.get(number, np.inf) for number in numbers.tolist()])
    undecided: np.ndarray = ended >= when
    return undecided


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
