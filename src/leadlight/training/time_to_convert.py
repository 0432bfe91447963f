"""How long leads take to be won, told from those that are won, lost, and still open."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

OPEN: Final = 0
WON: Final = 1
LOST: Final = 2
MATURE: Final = 0.9
"""A lead is old enough once so many of those who will buy have bought."""
FEWEST: Final = 20
SHOWN: Final = (0.1, 0.25, 0.5, 0.75, 0.9)


@dataclass(frozen=True)
class TimeToConvert:
    """The share of all leads that is won by each age in days: a curve that open leads are censored in."""

    days: Floats
    share: Floats

    @staticmethod
    def fit(age: Floats, kind: NDArray[np.int64]) -> TimeToConvert | None:
        """From the days until each was won or lost, or for how long it has been open; none of too few."""
        if int((kind == WON).sum()) < FEWEST:
            return None
        days, share = cumulative_incidence(age, kind)
        return TimeToConvert(days, share)

    def until(self, part: float) -> float:
        """The age by which this part of those who buy have bought."""
        place = int(np.searchsorted(self.share, part * self.share[-1] - 1e-12))
        return float(self.days[min(place, len(self.days) - 1)])

    def to_json(self) -> dict[str, Any]:
        """Whole days and thousandths, so that nobody's own time shows."""
        ages = np.unique(np.ceil([self.until(part) for part in np.linspace(0.0, 1.0, 21)[1:]]))
        place = np.searchsorted(self.days, ages, side="right") - 1
        curve = [[float(age), round(float(self.share[at]), 3)] for age, at in zip(ages, place, strict=True)]
        quantiles = {f"{part:g}": float(np.ceil(self.until(part))) for part in SHOWN}
        return {"days_until": quantiles, "curve": curve}


def cumulative_incidence(age: Floats, kind: NDArray[np.int64]) -> tuple[Floats, Floats]:
    """The Aalen-Johansen estimate of being won by each age: being lost competes, open is censored."""
    order = np.argsort(age, kind="stable")
    days, first = np.unique(age[order], return_index=True)
    at_risk = len(age) - first
    won, lost = (np.add.reduceat(kind[order] == what, first).astype(np.float64) for what in (WON, LOST))
    waiting = np.cumprod(1.0 - (won + lost) / at_risk)
    before = np.concatenate([[1.0], waiting[:-1]])
    share: Floats = np.cumsum(before * won / at_risk)
    return days, share
