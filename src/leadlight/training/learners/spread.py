"""How far the values of a table spread about zero: as far as makes the leads behind them most likely."""

from __future__ import annotations

from typing import Final

import numpy as np

from leadlight.model.probability import probability

SPREADS: Final = np.append(0.0, np.geomspace(1e-4, 30.0, 40))
"""Variances of log-odds that are tried."""
LEAST: Final = 1e-9


def left_over(
    outcome: np.ndarray, margin: np.ndarray, weight: np.ndarray | None
) -> tuple[np.ndarray, np.ndarray]:
    """What the margin of each lead does not explain, and how surely that is known.

    The second is the variance of the first, and how much a change of the margin would explain. A lead that
    weighs as ten is one answer all the same: with weights both are less by as much as they overstate.
    """
    share = probability(margin)
    left, sure = outcome - share, share * (1.0 - share)
    if weight is None:
        return left, sure
    left, sure = weight * left, weight * sure
    overstated = max(1.0, float((left**2).sum() / max(sure.sum(), LEAST)))
    return left / overstated, sure / overstated


def likeliest(strength: np.ndarray, seen: np.ndarray) -> float:
    """The variance of the values; none where chance explains them as well.

    `strength` is how surely each is known, one over the variance of its error; `seen` is what it is seen to
    be, in standard errors.
    """
    spread = SPREADS[:, None] * strength
    unlikely = (np.log1p(spread) + seen**2 / (1.0 + spread)).sum(axis=1)
    return float(SPREADS[int(np.argmin(unlikely))])
