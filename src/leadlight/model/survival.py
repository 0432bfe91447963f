"""How long it takes until something happens, where of many it is only known that it has not happened yet.

Kaplan and Meier's curve of those who still wait; Aalen and Johansen's share of those to whom one of two
things has happened (bought, and not lost before); Cox's factor by which something happens sooner.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from leadlight.model.metrics import NINETY, Floats

NEAR: Final = 1e-9
STEPS: Final = 50


@dataclass(frozen=True, eq=False)
class TimeCurve:
    """A share over time with its interval: it changes at `times` and is 0 or 1 before the first."""

    times: Floats
    share: Floats
    low: Floats
    high: Floats
    at_risk: Floats
    start: float
    """The share at the beginning: 1 for those who wait, 0 for those to whom it has happened."""

    def at(self, moment: float) -> tuple[float, float, float]:
        """The share and its interval at a moment."""
        place = int(np.searchsorted(self.times, moment, side="right")) - 1
        if place < 0:
            return self.start, self.start, self.start
        return float(self.share[place]), float(self.low[place]), float(self.high[place])

    def quantile(self, share: float) -> float | None:
        """When so many of them have got that far; nothing where the curve never comes to it."""
        done = self.share <= 1.0 - share + NEAR if self.start else self.share >= share - NEAR
        return float(self.times[int(np.argmax(done))]) if done.any() else None


def waiting(duration: ArrayLike, happened: ArrayLike) -> TimeCurve:
    """The share to whom it has not happened (Kaplan, Meier); the rest have waited so long at least."""
    steps = _Steps.of(duration, np.asarray(happened, dtype=bool).astype(np.int64))
    events = steps.first > 0
    times, died, risk = steps.times[events], steps.first[events], steps.at_risk[events]
    share = np.asarray(np.cumprod(1.0 - died / risk), dtype=np.float64)
    with np.errstate(divide="ignore", invalid="ignore"):
        spread = np.sqrt(np.cumsum(died / (risk * (risk - died))))
        tilt = NINETY * spread / np.log(share)
        low, high = share ** np.exp(-tilt), share ** np.exp(tilt)
    known = np.isfinite(tilt) & (share > 0.0) & (share < 1.0)
    return TimeCurve(times, share, np.where(known, low, 0.0), np.where(known, high, share), risk, 1.0)


def incidence(duration: ArrayLike, cause: ArrayLike) -> TimeCurve:
    """The share to whom the first thing (1) has happened, where another (2) may come before it."""
    steps = _Steps.of(duration, np.asarray(cause, dtype=np.int64))
    risk, one, either = steps.at_risk, steps.first, steps.first + steps.second
    before = np.concatenate([[1.0], np.cumprod(1.0 - either / risk)[:-1]])
    share = np.cumsum(before * one / risk)
    half = NINETY * np.sqrt(np.maximum(_variance(share, before, risk, one, either), 0.0))
    kept = one > 0
    return TimeCurve(
        steps.times[kept],
        share[kept],
        np.maximum(share - half, 0.0)[kept],
        np.minimum(share + half, 1.0)[kept],
        risk[kept],
        0.0,
    )


def _variance(share: Floats, before: Floats, risk: Floats, one: Floats, either: Floats) -> Floats:
    """By the delta method; sums over earlier times of terms in (share now - share then) are opened up."""
    with np.errstate(divide="ignore", invalid="ignore"):
        lost = np.where(risk > either, either / (risk * (risk - either)), 0.0)
    own = before**2 * (risk - one) * one / risk**3
    both = before * one / risk**2
    squares = share**2 * np.cumsum(lost) - 2 * share * np.cumsum(lost * share) + np.cumsum(lost * share**2)
    found: Floats = squares + np.cumsum(own) - 2 * (share * np.cumsum(both) - np.cumsum(both * share))
    return found


@dataclass(frozen=True, eq=False)
class _Steps:
    """The distinct times, rising: how many were still there, and to how many what happened."""

    times: Floats
    at_risk: Floats
    first: Floats
    second: Floats

    @staticmethod
    def of(duration: ArrayLike, cause: NDArray[np.int64]) -> _Steps:
        lasted = np.asarray(duration, dtype=np.float64)
        times, place = np.unique(lasted, return_inverse=True)
        left, first, second = (
            np.bincount(place, weights=each, minlength=len(times)).astype(np.float64)
            for each in (np.ones(len(lasted)), cause == 1, cause == 2)
        )
        return _Steps(times, left[::-1].cumsum()[::-1], first, second)


@dataclass(frozen=True, eq=False)
class Hazards:
    """By which factor it happens sooner for each unit of each column, all others equal."""

    coefficients: Floats
    deviations: Floats

    @property
    def factor(self) -> Floats:
        found: Floats = np.exp(self.coefficients)
        return found

    @property
    def low(self) -> Floats:
        found: Floats = np.exp(self.coefficients - NINETY * self.deviations)
        return found

    @property
    def high(self) -> Floats:
        found: Floats = np.exp(self.coefficients + NINETY * self.deviations)
        return found


def hazards(duration: ArrayLike, happened: ArrayLike, columns: ArrayLike) -> Hazards | None:
    """Cox's model, ties as Breslow takes them; nothing where the columns do not tell anybody apart."""
    lasted = np.asarray(duration, dtype=np.float64)
    order = np.argsort(-lasted, kind="stable")
    x = np.asarray(columns, dtype=np.float64).reshape(len(lasted), -1)[order]
    x = x - x.mean(axis=0)
    event = np.asarray(happened, dtype=bool)[order]
    last = np.searchsorted(-lasted[order], -lasted[order], side="right")[event] - 1
    weights = np.zeros(x.shape[1])
    for _ in range(STEPS):
        slope, bend = _likelihood(x, event, last, weights)
        try:
            step = np.linalg.solve(bend, slope)
        except np.linalg.LinAlgError:
            return None
        weights = weights + np.clip(step, -2.0, 2.0)
        if np.abs(step).max(initial=0.0) < NEAR:
            deviations = np.sqrt(np.maximum(np.diag(np.linalg.inv(bend)), 0.0))
            return Hazards(weights, deviations) if np.isfinite(deviations).all() else None
    return None


def _likelihood(
    x: Floats, event: NDArray[np.bool_], last: NDArray[np.intp], weights: Floats
) -> tuple[Floats, Floats]:
    """Slope and bend of the partial likelihood; rows stand from the longest time to the shortest."""
    size = np.exp(x @ weights)
    whole = np.cumsum(size)[last]
    mean = np.cumsum(size[:, None] * x, axis=0)[last] / whole[:, None]
    square = np.cumsum(size[:, None, None] * x[:, :, None] * x[:, None, :], axis=0)[last]
    bend = (square / whole[:, None, None]).sum(axis=0) - mean.T @ mean
    return (x[event] - mean).sum(axis=0), bend
