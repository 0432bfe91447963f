"""Fairness over time in a home: how the model in service treats the groups of sensitive columns by month."""

from __future__ import annotations

from typing import Final

import numpy as np
import polars as pl

from leadlight.flows.decided import moments_of
from leadlight.insight.explore.counts import LEVELS, grouping
from leadlight.insight.fairness import BANDS
from leadlight.insight.fairness_trend import MONTHS, FairnessTrend, TreatedLeads, fairness_trends
from leadlight.insight.gate import after_training
from leadlight.model.bundle import Bundle
from leadlight.store import Store, watched_leads
from leadlight.store.watched_leads import ScoredRows

DAY: Final = 86_400.0
MONTH: Final = 30.5 * DAY
MOST: Final = 3_000
"""Leads of a month that are looked at, the newest."""


def fairness_of_home(store: Store, bundle: Bundle, number: int, at: float) -> tuple[FairnessTrend, ...]:
    """By month of arrival; nothing where no column is sensitive.

    Whether the called bought is told only of leads that the model did not learn from.
    """
    columns = bundle.scorer.schema.with_role("sensitive")
    if not columns:
        return ()
    needed = [column.name for column in (*bundle.scorer.schema.needed, *columns)]
    parts = list(_parts(store, number, list(dict.fromkeys(needed)), at))
    if not parts:
        return ()
    raw = pl.concat([part.raw for part in parts], how="vertical_relaxed")
    moment = np.concatenate([moments_of(bundle, part) for part in parts])
    margin = np.concatenate([part.margin for part in parts])
    outcome = np.array([word for part in parts for word in part.outcome], dtype=object)
    leads = TreatedLeads(
        month=(moment * 1e6).astype("datetime64[us]").astype("datetime64[M]"),
        call=bundle.scorer.grades.call(margin),
        bought=_bought(bundle, outcome, moment),
    )
    groups = {}
    for column in columns:
        words = column.kind in ("category", "flag")
        groups[column.name] = grouping(column, column.read(raw[column.name]), LEVELS if words else BANDS)
    return fairness_trends(leads, groups)


def _parts(store: Store, number: int, columns: list[str], at: float) -> list[ScoredRows]:
    """Leads by the month in which they were taken in, so that a month of many does not hide the others."""
    found = []
    with store.reading() as connection:
        for month in range(MONTHS + 1):
            until = at - month * MONTH if month else np.inf
            rows = watched_leads.taken_between(
                connection, number, columns, at - (month + 1) * MONTH, float(until), MOST
            )
            found += [rows] if rows.raw.height else []
    return found


def _bought(bundle: Bundle, outcome: np.ndarray, moment: np.ndarray) -> np.ndarray:
    """1 bought, 0 did not; nan where it is open, or the model knew."""
    bought = np.full(len(outcome), np.nan)
    bought[np.isin(outcome, list(bundle.target.negative))] = 0.0
    bought[np.isin(outcome, list(bundle.target.positive))] = 1.0
    after = after_training(bundle)
    if after is not None:
        bought[moment <= after] = np.nan
    return bought
