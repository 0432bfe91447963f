"""The conversion rate along the margin as a smooth curve, with how unsure it is.

The curve is the margin itself plus a deviation that is straight between knots. The deviation is drawn to one
straight line as strongly as the leads ask for: several strengths are fitted, and averaged by how well each
explains the leads (empirical Bayes). The spread of that average covers the truth better than a bootstrap of
the curve does, because it knows that a smooth curve cuts corners; and it needs no random numbers.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from leadlight.model.probability import probability

Floats = NDArray[np.float64]

LEAST_ROWS = 20
_KNOTS = 24
_GROUPS = 1024
_BENDS = np.geomspace(0.25, 8.0, 6)
"""How much the slope of the log-odds may change over one unit of margin (standard deviations to try)."""
_LEVEL_SPREAD, _SLOPE_SPREAD = 2.0, 1.0
_NARROWEST_GAP = 1 / 2000
_NEAR = 1e-12


@dataclass(frozen=True)
class Curve:
    """Deviations from the margin at knots: their mean and covariance."""

    knots: Floats
    mean: Floats
    covariance: Floats

    @classmethod
    def fit(cls, y: NDArray[np.bool_], margin: Floats) -> Curve:
        """From outcomes and margins that are log-odds already, give or take a bend."""
        place, rows, conversions = _grouped(y, margin)
        knots = _knots(place, rows)
        seen = _Seen(place, rows, conversions, _weights(place, knots))
        fits = [_fitted(seen, _prior(knots, bend)) for bend in _BENDS]
        evidence = np.array([fit[2] for fit in fits])
        shares = np.exp(evidence - evidence.max())
        shares /= shares.sum()
        return cls(knots, *_averaged(shares, [fit[0] for fit in fits], [fit[1] for fit in fits]))

    def log_odds(self, margin: Floats) -> tuple[Floats, Floats]:
        """Mean and standard deviation at margins; outside the knots the last straight line goes on."""
        weights = _weights(margin, self.knots)
        variance = np.einsum("ij,jk,ik->i", weights, self.covariance, weights)
        return margin + weights @ self.mean, np.sqrt(variance)


@dataclass(frozen=True)
class _Seen:
    """Groups of neighbouring rows, and how much each knot counts for each of them."""

    place: Floats
    rows: Floats
    conversions: Floats
    weights: Floats

    def likelihood(self, prior: Floats, deviation: Floats) -> float:
        log_odds = self.place + self.weights @ deviation
        fit = (self.conversions * log_odds - self.rows * np.logaddexp(0.0, log_odds)).sum()
        return float(fit - deviation @ prior @ deviation / 2)

    def derivatives(self, prior: Floats, deviation: Floats) -> tuple[Floats, Floats]:
        rate = probability(self.place + self.weights @ deviation)
        gradient = self.weights.T @ (self.conversions - self.rows * rate) - prior @ deviation
        return gradient, (self.weights.T * (self.rows * rate * (1.0 - rate))) @ self.weights + prior


def _grouped(y: NDArray[np.bool_], margin: Floats) -> tuple[Floats, Floats, Floats]:
    """Neighbouring rows as one: mean margin, rows, conversions. The order of the input does not matter."""
    order = np.lexsort((y, margin))
    count = min(_GROUPS, len(order))
    starts = (np.arange(count) * len(order)) // count
    rows = np.diff(np.append(starts, len(order))).astype(np.float64)
    place = np.add.reduceat(margin[order], starts) / rows
    return place, rows, np.add.reduceat(y[order].astype(np.float64), starts)


def _knots(place: Floats, rows: Floats) -> Floats:
    """Centres of equal parts of the rows, at least 20 rows from either end and from one another."""
    total = rows.sum()
    count = int(np.clip(total // (2 * LEAST_ROWS), 1, _KNOTS))
    centres = (np.arange(count) + 0.5) * total / count
    found = np.interp(centres, np.cumsum(rows) - rows / 2, place)
    least = max((found[-1] - found[0]) * _NARROWEST_GAP, 1e-6)
    kept = [float(found[0])]
    for knot in found[1:].tolist():
        if knot - kept[-1] >= least:
            kept.append(knot)
    return np.array(kept) if len(kept) > 2 else np.round(kept[0]) + np.array([-1.0, 0.0, 1.0])


def _weights(place: Floats, knots: Floats) -> Floats:
    """How much each knot counts at each place."""
    left = np.clip(np.searchsorted(knots, place, side="right") - 1, 0, len(knots) - 2)
    share = (place - knots[left]) / np.diff(knots)[left]
    weights = np.zeros((len(place), len(knots)))
    row = np.arange(len(place))
    weights[row, left] = 1.0 - share
    weights[row, left + 1] = share
    return weights


def _prior(knots: Floats, bend: float) -> Floats:
    """The precision of the deviation before a lead is seen: its bends, its level, its slope over all."""
    gaps = np.diff(knots)
    slopes = np.diff(np.eye(len(knots)), axis=0) / gaps[:, None]
    bends = np.diff(slopes, axis=0) / np.sqrt((gaps[1:] + gaps[:-1]) / 2)[:, None] / bend
    level = np.full((1, len(knots)), 1 / len(knots)) / _LEVEL_SPREAD
    slope = np.zeros((1, len(knots)))
    slope[0, [0, -1]] = np.array([-1.0, 1.0]) / (knots[-1] - knots[0]) / _SLOPE_SPREAD
    rows = np.vstack([bends, level, slope])
    precision: Floats = rows.T @ rows
    return precision


def _fitted(seen: _Seen, prior: Floats) -> tuple[Floats, Floats, float]:
    """Newton's method to the likeliest deviation: it, its covariance, the evidence (by Laplace)."""
    deviation = np.zeros(len(prior))
    value = seen.likelihood(prior, deviation)
    for _ in range(60):
        gradient, information = seen.derivatives(prior, deviation)
        step = np.linalg.solve(information, gradient)
        near = gradient @ step < _NEAR
        least = value - _NEAR * abs(value)
        while (value := seen.likelihood(prior, deviation + step)) < least:
            step = step / 2
        deviation = deviation + step
        if near:
            break
    information = seen.derivatives(prior, deviation)[1]
    evidence = value + (np.linalg.slogdet(prior)[1] - np.linalg.slogdet(information)[1]) / 2
    return deviation, np.asarray(np.linalg.inv(information), dtype=np.float64), float(evidence)


def _averaged(shares: Floats, means: list[Floats], covariances: list[Floats]) -> tuple[Floats, Floats]:
    """Mean and covariance of a mixture."""
    stacked = np.stack(means)
    mean: Floats = shares @ stacked
    apart = stacked - mean
    within: Floats = np.einsum("i,ijk->jk", shares, np.stack(covariances))
    return mean, within + (apart.T * shares) @ apart
