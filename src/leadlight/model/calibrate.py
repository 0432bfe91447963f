"""From a learner's margin to log-odds that hold, and how sure the rate at a score is.

`Calibrator` is a straight line on the log-odds, which folds into a points table; where the leads show that a
line is not enough, a lift that is straight between knots is added. `Interval` is the 90 % interval of the
conversion rate among leads with a score.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, Self, overload

import numpy as np
from numpy.typing import ArrayLike, NDArray

from leadlight.errors import BundleError
from leadlight.model.curve import Curve
from leadlight.model.metrics import NINETY, auc
from leadlight.model.polyline import Polyline, number
from leadlight.model.probability import logit, probability

__all__ = ["Calibrator", "Interval", "choose", "logit", "probability"]

Floats = NDArray[np.float64]

_CELLS = 1 << 16
_NEAR = 1e-12
_LEAST_SLOPE = 0.01
_APART = 0.995
"""An area from which on the likeliest line is about as bold as one cares to go."""
_LEAST_RISE = 0.02
"""Of the line's slope, wherever a lift would hold the curve level."""
_BEYOND = np.array([0.5, 1.0, 2.0, 4.0])


@dataclass(frozen=True)
class Calibrator:
    """margin -> slope x margin + intercept, plus a lift where a line is not enough; strictly increasing."""

    slope: float
    intercept: float
    lift: Polyline | None = None

    @classmethod
    def fit(cls, y: ArrayLike, margin: ArrayLike, weight: ArrayLike | None = None) -> Self:
        """The likeliest line. Platt's targets keep it finite on few or perfectly separated leads."""
        outcome, place = np.asarray(y, dtype=bool), np.asarray(margin, dtype=np.float64)
        weights = np.ones(len(place)) if weight is None else np.asarray(weight, dtype=np.float64)
        target = _softened(outcome, weights)
        centre, spread = float(np.average(place, weights=weights)), float(place.std())
        if spread < 1e-9:
            return cls(1.0, _digits(_level(target, place, weights)))
        level, slope = _line(*_thinned((place - centre) / spread, target, weights))
        if slope >= _LEAST_SLOPE:
            return cls(_digits(slope / spread), _digits(level - slope * centre / spread))
        gentle = _LEAST_SLOPE / spread
        return cls(_digits(gentle), _digits(_level(target, gentle * place, weights)))

    @classmethod
    def fit_curve(cls, y: ArrayLike, margin: ArrayLike) -> Self:
        """The line and a lift."""
        return cls.fit(y, margin).lifted(y, margin)

    def lifted(self, y: ArrayLike, margin: ArrayLike) -> Self:
        """This line with what the leads deviate from it."""
        place = self.apply(np.asarray(margin, dtype=np.float64))
        curve = Curve.fit(np.asarray(y, dtype=bool), place)
        rising = _pooled(curve.knots + curve.mean)
        lift = (rising - curve.knots) * (1.0 - _LEAST_RISE)
        knots = (curve.knots - self.intercept) / self.slope
        return replace(self, lift=Polyline.fit(knots, lift))

    def tamed(self, y: ArrayLike, margin: ArrayLike) -> Self:
        """A gentler line where won and lost leads hardly overlap: no surer than so many leads allow."""
        outcome, place = np.asarray(y, dtype=bool), self.apply(np.asarray(margin, dtype=np.float64))
        if outcome.all() or not outcome.any() or auc(outcome, place) < _APART:
            return self
        most = np.log(2.0 * np.array([outcome.sum(), (~outcome).sum()]) + 1.0)
        ends = np.array([place.max(), -place.min()])
        gentle = float(np.min(most / np.maximum(ends, most)))
        return replace(
            self, slope=_digits(self.slope * gentle), intercept=_digits(self.intercept * gentle), lift=None
        )

    @overload
    def apply(self, margin: float) -> float: ...
    @overload
    def apply(self, margin: Floats) -> Floats: ...
    def apply(self, margin: float | Floats) -> float | Floats:
        line = margin * self.slope + self.intercept
        return line if self.lift is None else line + self.lift.apply(margin)

    def to_json(self) -> dict[str, Any]:
        lift = None if self.lift is None else self.lift.to_json()
        return {"slope": self.slope, "intercept": self.intercept, "lift": lift}

    @classmethod
    def from_json(cls, plain: Any) -> Self:
        if not isinstance(plain, dict):
            raise BundleError("A calibrator must be an object.")
        lift = None if plain.get("lift") is None else Polyline.from_json(plain["lift"])
        made = cls(number(plain.get("slope"), "slope"), number(plain.get("intercept"), "intercept"), lift)
        if made.slope <= 0 or (lift and np.any(np.diff(made.apply(np.array(lift.knots))) <= 0)):
            raise BundleError("A calibrator must increase.")
        return made


def choose(y: ArrayLike, margin: ArrayLike, folds: ArrayLike) -> Calibrator:
    """The line, unless the lift wins on out-of-fold log loss beyond doubt (19 in 20)."""
    outcome, place = np.asarray(y, dtype=bool), np.asarray(margin, dtype=np.float64)
    fold = np.asarray(folds)
    gain = np.zeros(len(place))
    for held in np.unique(fold):
        out = fold == held
        line = Calibrator.fit(outcome[~out], place[~out])
        curve = line.lifted(outcome[~out], place[~out])
        gain[out] = _losses(outcome[out], line.apply(place[out])) - _losses(
            outcome[out], curve.apply(place[out])
        )
    if gain.mean() > NINETY * gain.std() / np.sqrt(len(gain)):
        return Calibrator.fit_curve(outcome, place)
    return Calibrator.fit(outcome, place)


@dataclass(frozen=True)
class Interval:
    """Between which two rates, nine times in ten, the leads with a (calibrated) margin convert."""

    low: Polyline
    high: Polyline

    @classmethod
    def fit(cls, y: ArrayLike, margin: ArrayLike) -> Self:
        """From out-of-fold margins that are calibrated."""
        place = np.asarray(margin, dtype=np.float64)
        curve = Curve.fit(np.asarray(y, dtype=bool), place)
        knots = _finer(curve.knots)
        return cls._between(knots, *curve.log_odds(knots))

    @classmethod
    def of_doubt(cls, margin: Floats, doubt: Floats) -> Self:
        """From what is not known of each lead's log-odds (a variance), where no outcomes can tell."""
        knots = _finer(np.unique(np.round(np.quantile(margin, np.linspace(0, 1, 17)), 6)))
        spread = np.sqrt(_smooth(margin, doubt, knots))
        return cls._between(knots, knots, spread)

    @classmethod
    def _between(cls, knots: Floats, middle: Floats, spread: Floats) -> Self:
        low, high = _pooled(middle - NINETY * spread), _pooled(middle + NINETY * spread)
        centre = probability(knots)
        return cls(
            Polyline.fit(knots, np.minimum(probability(low), centre)),
            Polyline.fit(knots, np.maximum(probability(high), centre)),
        )

    @overload
    def apply(self, margin: float) -> tuple[float, float]: ...
    @overload
    def apply(self, margin: Floats) -> tuple[Floats, Floats]: ...
    def apply(self, margin: float | Floats) -> tuple[float, float] | tuple[Floats, Floats]:
        """Low and high; the probability is never outside them."""
        if isinstance(margin, np.ndarray):
            rates = probability(margin)
            return np.minimum(self.low.apply(margin), rates), np.maximum(self.high.apply(margin), rates)
        rate = probability(margin)
        return min(self.low.apply(margin), rate), max(self.high.apply(margin), rate)

    def to_json(self) -> dict[str, Any]:
        return {"low": self.low.to_json(), "high": self.high.to_json()}

    @classmethod
    def from_json(cls, plain: Any) -> Self:
        if not isinstance(plain, dict):
            raise BundleError("An interval must be an object.")
        low, high = Polyline.from_json(plain.get("low")), Polyline.from_json(plain.get("high"))
        if min(low.values) < 0.0 or max(high.values) > 1.0:
            raise BundleError("The rates of an interval must be between 0 and 1.")
        return cls(low, high)


def _smooth(place: Floats, values: Floats, knots: Floats) -> Floats:
    """A parabola through the values, never beyond the least and the greatest of them."""
    degree = min(2, len(np.unique(place)) - 1)
    curve = np.polyval(np.polyfit(place, values, degree), knots)
    return np.clip(curve, values.min(), values.max())


def _digits(number: float) -> float:
    """Twelve of them: more would tell one processor from another."""
    return float(f"{number:.12g}")


def _softened(outcome: NDArray[np.bool_], weights: Floats) -> Floats:
    """Targets a little inside 0 and 1, by as much as one lead more of each kind would ask."""
    positive = float(weights[outcome].sum())
    negative = float(weights.sum()) - positive
    return np.where(outcome, (positive + 1.0) / (positive + 2.0), 1.0 / (negative + 2.0))


def _thinned(place: Floats, target: Floats, weights: Floats) -> tuple[Floats, Floats, Floats]:
    """Many rows as the means of as narrow cells: the line changes in its seventh digit, the time tenfold."""
    if len(place) <= _CELLS:
        return place, target, weights
    low, high = float(place.min()), float(place.max())
    cell = ((place - low) * ((_CELLS - 1) / (high - low))).astype(np.intp)
    mass, places, targets = (
        np.bincount(cell, weights * each) for each in (np.ones(len(cell)), place, target)
    )
    held = np.flatnonzero(mass > 0)
    return places[held] / mass[held], targets[held] / mass[held], mass[held].astype(np.float64)


def _line(place: Floats, target: Floats, weights: Floats) -> tuple[float, float]:
    """Newton's method on level and slope; a step that makes it worse is halved."""
    found = np.zeros(2)
    design = np.stack([np.ones(len(place)), place])
    value = _fit_of(found @ design, target, weights)
    for _ in range(60):
        rate = probability(found @ design)
        gradient = design @ (weights * (target - rate))
        information = (design * (weights * rate * (1.0 - rate))) @ design.T + 1e-9 * np.eye(2)
        step = np.linalg.solve(information, gradient)
        near = gradient @ step < _NEAR
        least = value - _NEAR * abs(value)
        while (value := _fit_of((found + step) @ design, target, weights)) < least:
            step = step / 2
        found = found + step
        if near:
            break
    return float(found[0]), float(found[1])


def _level(target: Floats, offset: Floats, weights: Floats) -> float:
    """The intercept at which mean rate and mean target agree, by halving."""
    goal = float(weights @ target)
    low, high = -50.0 - float(offset.max()), 50.0 - float(offset.min())
    for _ in range(80):
        middle = (low + high) / 2
        if float(weights @ probability(offset + middle)) < goal:
            low = middle
        else:
            high = middle
    return (low + high) / 2


def _fit_of(log_odds: Floats, target: Floats, weights: Floats) -> float:
    return float(weights @ (target * log_odds - np.logaddexp(0.0, log_odds)))


def _losses(outcome: NDArray[np.bool_], log_odds: Floats) -> Floats:
    return np.logaddexp(0.0, np.where(outcome, -log_odds, log_odds))


def _pooled(values: Floats) -> Floats:
    """The nearest values that never fall (pool adjacent violators)."""
    blocks: list[tuple[float, int]] = []
    for value in values.tolist():
        size = 1
        while blocks and blocks[-1][0] >= value:
            before, count = blocks.pop()
            value, size = (before * count + value * size) / (count + size), size + count
        blocks.append((value, size))
    return np.repeat([value for value, _ in blocks], [size for _, size in blocks])


def _finer(knots: Floats) -> Floats:
    """The knots, the middles between them, and some outside: the curve goes on where few leads are."""
    middles = (knots[1:] + knots[:-1]) / 2
    return np.concatenate([knots[0] - _BEYOND[::-1], np.sort(np.append(knots, middles)), knots[-1] + _BEYOND])
