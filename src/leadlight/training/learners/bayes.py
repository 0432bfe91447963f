"""Naive Bayes on the codes: smoothed odds of each code, as if features were independent."""

from __future__ import annotations

import numpy as np

from leadlight.model.encode import Codes, Encoder, support_for
from leadlight.model.points import Points
from leadlight.training.learners.logistic import coarser
from leadlight.training.learners.settings import DEFAULT, Settings

SMOOTHING = 5.0


def fit(
    codes: Codes,
    outcome: np.ndarray,
    encoder: Encoder,
    *,
    seed: int = 0,
    weight: np.ndarray | None = None,
    settings: Settings = DEFAULT,
) -> Points:
    weight = np.ones(len(outcome)) if weight is None else weight
    rate = float(np.average(outcome, weights=weight))
    tables = []
    for k, feature in enumerate(encoder.features):
        bins = coarser(codes[:, k], feature.size, feature.is_ordered)
        tables.append(_odds(bins.take(codes[:, k]), int(bins.max()) + 1, outcome, weight, rate)[bins])
    return Points.of(float(np.log(rate / (1 - rate))), tables).centred(codes)


def _odds(bins: np.ndarray, size: int, outcome: np.ndarray, weight: np.ndarray, rate: float) -> np.ndarray:
    """The log of how much likelier a code is among the won, drawn towards no difference; 0 of rare codes."""
    won = np.bincount(bins, weights=weight * outcome, minlength=size)
    every = np.bincount(bins, weights=weight, minlength=size)
    share = (won + SMOOTHING * rate) / (every + SMOOTHING)
    odds: np.ndarray = np.log(share / (1 - share)) - np.log(rate / (1 - rate))
    return np.where(np.bincount(bins, minlength=size) >= support_for(len(bins)), odds, 0.0)
