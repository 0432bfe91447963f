"""How leads answer to spend: by how many per cent they rise where spend rises by one."""

from __future__ import annotations

import math
from typing import Final

import numpy as np

from leadlight.insight.history import DAY
from leadlight.insight.ratio import Ratio
from leadlight.model.metrics import Floats

PERIODS: Final = 12
MOVED: Final = 0.1
SURE: Final = 0.35


def response(days: Floats, amounts: Floats, arrivals: Floats) -> Ratio | None:
    """By how many per cent leads rose with each per cent of spend, from one period to the next."""
    if len(days) < PERIODS or np.isnan(days).any():
        return None
    starts, place = np.unique(days, return_inverse=True)
    spent = np.bincount(place, weights=amounts)
    usual = max(float(np.median(np.diff(starts))), DAY) if len(starts) > 1 else DAY
    number = np.searchsorted(starts, arrivals, side="right") - 1
    near = (number >= 0) & (arrivals < starts[np.maximum(number, 0)] + usual)
    leads = np.bincount(number[near], minlength=len(starts)).astype(np.float64)
    kept = spent > 0
    if kept.sum() < PERIODS or np.log(spent[kept]).std() < MOVED:
        return None
    return _elasticity(np.log(spent[kept]), leads[kept])


def _elasticity(spent: Floats, leads: Floats) -> Ratio | None:
    """A Poisson regression of leads on the logarithm of spend, with the spread that the leads really have."""
    x = np.column_stack([np.ones(len(spent)), spent - spent.mean()])
    weights = np.array([math.log(max(leads.mean(), 0.5)), 1.0])
    for _ in range(30):
        mean = np.exp(np.clip(x @ weights, -20.0, 20.0))
        bend = (x * mean[:, None]).T @ x
        step = np.linalg.solve(bend + 1e-9 * np.eye(2), x.T @ (leads - mean))
        weights = weights + np.clip(step, -1.0, 1.0)
    mean = np.exp(np.clip(x @ weights, -20.0, 20.0))
    spread = max(1.0, float(((leads - mean) ** 2 / mean).sum()) / max(len(leads) - 2, 1))
    deviation = math.sqrt(spread * float(np.linalg.inv((x * mean[:, None]).T @ x)[1, 1]))
    value = float(np.clip(weights[1], 0.0, 1.0))
    return Ratio.of(value, deviation / value) if value > 0.05 and deviation < SURE * value else None
