"""An ensemble's weights, from what each of its members says of leads that it has not learnt from.

No weight is below zero, so a better score of one member never lowers the whole; they are drawn towards equal
ones, so that few leads do not pick favourites by luck.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np

from leadlight.model.calibrate import Calibrator
from leadlight.training.candidates import OutOfFold, is_installed, parted
from leadlight.training.learners import ENSEMBLE, FAMILIES, MEMBERS
from leadlight.training.learners.ensemble import joined
from leadlight.training.recipe import Recipe

DRAW: Final = 10.0
"""As if so many leads spoke for equal weights."""
LEAST: Final = 0.03
"""A member that weighs less, of one, is left out."""
DIGITS: Final = 3


def learnt(asked: Sequence[str]) -> list[str]:
    """The families that have to be learnt: an ensemble needs its members, as far as they are installed."""
    members = [name for name in MEMBERS if is_installed(name)] if ENSEMBLE in asked else []
    return [name for name in FAMILIES if name != ENSEMBLE and (name in asked or name in members)]


def stacked(members: Sequence[OutOfFold], outcome: np.ndarray) -> OutOfFold:
    """The ensemble of these candidates; the weights behind each fold's margins come from the other folds."""
    one = members[0]
    seen, margins = outcome[one.rows], np.column_stack([each.raw for each in members])
    raw, margin = np.empty(len(seen)), np.empty(len(seen))
    for out, others in parted(one.fold):
        together = margins @ weights(margins[others], seen[others])
        raw[out] = together[out]
        margin[out] = Calibrator.fit(seen[others], together[others]).apply(together[out])
    found = weights(margins, seen)
    named = {each.family: float(weight) for each, weight in zip(members, found, strict=True) if weight}
    settings = joined(named, {each.family: each.recipe.settings for each in members})
    recipe = Recipe(ENSEMBLE, settings, one.recipe.balance, one.recipe.seed)
    seconds = sum(each.seconds for each in members)
    return OutOfFold(recipe, one.rows, one.fold, raw, margin, one.learnt, seconds)


def weights(margins: np.ndarray, outcome: np.ndarray) -> np.ndarray:
    """For each column of margins its weight; the log loss of the weighted sum is least.

    Where none says anything they count alike.
    """
    count = margins.shape[1]
    found = _fitted(margins, outcome)
    kept = found >= LEAST * found.sum()
    again = np.zeros(count)
    again[kept] = np.round(_fitted(margins[:, kept], outcome), DIGITS)
    return again if again.any() else np.full(count, round(1 / count, DIGITS))


def _fitted(margins: np.ndarray, outcome: np.ndarray) -> np.ndarray:
    from scipy.optimize import minimize

    rows, count = margins.shape
    even = np.full(count, 1 / count)
    sign = np.where(outcome > 0, 1.0, -1.0)
    table = np.column_stack([np.ones(rows), margins]) * sign[:, None]

    def loss(point: np.ndarray) -> tuple[float, np.ndarray]:
        right = table @ point
        off = np.exp(-np.logaddexp(0, right))
        gap = point[1:] - even
        slope = -(off @ table)
        slope[1:] += 2 * DRAW * gap
        return float(np.logaddexp(0, -right).sum() + DRAW * gap @ gap), slope

    bounds = [(None, None), *[(0.0, None)] * count]
    found = minimize(loss, np.r_[0.0, even], jac=True, method="L-BFGS-B", bounds=bounds)
    best: np.ndarray = found.x[1:]
    return best
